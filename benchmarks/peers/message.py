"""What every peer in Python sends, and when: a message of about 200 bytes, a publisher and the body of a job.

Times are CLOCK_MONOTONIC in nanoseconds, shared with the load client on the same machine.
"""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import Any

TEXT = "Fetching sources and ranking candidates"
EVERY = 64  # single messages between two turns of the loop, so that each is a write of its own


def message(job: str, seq: int, percent: float) -> dict[str, Any]:
    return {
        "type": "progress",
        "job": job,
        "seq": seq,
        "progress": percent,
        "stage": "ai_fetching",
        "message": TEXT,
        "ts": time.monotonic_ns(),
        "pad": "0123456789",
    }


def broadcast(channel: int, seq: int) -> dict[str, Any]:
    return message(f"01J9ZK4T7Q8W3N5M6P2R{channel:06d}", seq, seq % 1000 / 10)


Send = Callable[[int], Awaitable[None] | None]


async def publish(go: dict[str, Any], send: Send, congested: Callable[[], bool] | None = None) -> None:
    """`go`: {"rate": broadcasts a second (0: as fast as it goes), "seconds"}. One turn of the loop for each broadcast; none
    while the sockets are `congested`, for peers whose send only queues."""
    begun, count = time.monotonic(), 0
    while (now := time.monotonic()) < begun + go["seconds"]:
        if go["rate"] and count > (now - begun) * go["rate"]:
            await asyncio.sleep(0.001)
            continue
        sent = send(count)
        if inspect.isawaitable(sent):
            await sent
        count += 1
        await asyncio.sleep(0)
        while congested is not None and congested():  # noqa: ASYNC110 - a socket tells nobody that it has room
            await asyncio.sleep(0.001)


async def body(job: str, params: dict[str, Any], report: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
    """A job that reports `count` times, `rate` a second, from `start` + `offset` (CLOCK_MONOTONIC seconds) on. One that was
    held up reports late and catches up."""
    told: dict[str, Any] = {}
    for seq in range(params["count"]):
        due = params["start"] + params["offset"] + seq / params["rate"]
        await asyncio.sleep(max(due - time.monotonic(), 0))
        told = message(job, seq, round(100 * (seq + 1) / params["count"], 1))
        done = report(told)
        if inspect.isawaitable(done):
            await done
    return told
