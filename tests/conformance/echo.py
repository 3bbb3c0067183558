"""An echo server around the protocol class we serve with, for fuzzing clients: `python -m conformance.echo PORT`.

As served, but for the size of a message, which Autobahn's cases go far beyond, and but for jindu.v1: what comes goes back.
"""

import sys
from typing import Any

import uvicorn

from jindu.web.http_protocol import JinduHttpProtocol
from jindu.web.limits import Limits, Serving
from jindu.web.protocol import JinduProtocol

LARGEST = 64 * 1024 * 1024  # bytes of a message


async def echo(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] != "websocket":
        await send({"type": "http.response.start", "status": 404, "headers": []})
        await send({"type": "http.response.body", "body": b""})
        return
    await receive()
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] == "websocket.receive":
        text = message.get("text")
        await send({"type": "websocket.send", "text": text} if text is not None else {**message, "type": "websocket.send"})


def serve(port: int) -> None:
    """Until a signal comes."""
    config = Serving(
        echo,
        Limits(header=10, body=30, write_stall=10, served=1000, told=1100),
        port=port,
        lifespan="off",
        http=JinduHttpProtocol,
        ws=JinduProtocol,
        ws_max_size=LARGEST,
        ws_ping_interval=None,
        ws_per_message_deflate=False,
        loop="uvloop",
        log_level="error",
    )
    uvicorn.Server(config).run()


if __name__ == "__main__":
    serve(int(sys.argv[1]))
