"""A whole client of jindu.v1, written from server/PROTOCOL.md alone: python examples/fifty_lines.py URL JOB_ID

It survives cut sockets and restarts: whatever happens, each partial result is printed once, in order, then the end.
"""

import asyncio
import json
import random
import sys

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake


async def watch(url, job, show):
    """Call `show(frame)` for each frame that is news; returns the state at the end."""
    held, epoch, failures, wait = 0, "", 0, None
    while True:
        try:
            async with connect(url.replace("http", "ws", 1) + "/v1/ws", subprotocols=["jindu.v1"]) as socket:
                await socket.send(json.dumps({"type": "subscribe", "epoch": epoch, "channels": {f"job:{job}": held}}))
                while True:
                    message = json.loads(await asyncio.wait_for(socket.recv(), 45))  # 2 x ping + 5: silence is death
                    for frame in message if isinstance(message, list) else [message]:
                        kind = frame["type"]
                        if kind == "hello":
                            held, epoch, failures = held if frame["epoch"] == epoch else 0, frame["epoch"], 0
                        elif kind == "ping":
                            await socket.send('{"type":"pong"}')
                        elif kind == "bye":
                            wait = None if frame["retry_ms"] is None else frame["retry_ms"] / 1000
                            if frame["stop"]:
                                raise SystemExit(frame["why"])
                        elif kind == "problem":
                            raise SystemExit(frame["title"]["en"])
                        elif frame.get("job") != job or frame.get("feed"):
                            continue
                        elif kind == "reset":
                            held = 0
                        elif frame.get("seq", 0) > held:  # the one rule: apply if greater
                            held = frame["seq"]
                            show(frame)
                            if kind in ("complete", "error"):
                                return frame["state"]
        except (ConnectionClosed, InvalidHandshake, OSError, EOFError, TimeoutError):
            pause = random.uniform(0, min(20, 0.5 * 2**failures)) if wait is None else wait
            failures, wait = failures + 1, None
            await asyncio.sleep(pause)


if __name__ == "__main__":
    print(json.dumps(asyncio.run(watch(sys.argv[1], sys.argv[2], lambda frame: print(json.dumps(frame))))))
