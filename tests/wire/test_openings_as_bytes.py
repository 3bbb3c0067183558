"""What opens a WebSocket where we serve is byte for byte what uvicorn would have written."""

import asyncio
from typing import Any, cast

import pytest
import uvicorn
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState
from websockets.datastructures import Headers
from websockets.http11 import Request

from jindu.web.protocol import JinduProtocol
from support.quiet import quiet

OPENING = [
    ("Host", "127.0.0.1:8765"), ("Upgrade", "websocket"), ("Connection", "Upgrade"),
    ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="), ("Sec-WebSocket-Version", "13"),
    ("Sec-WebSocket-Protocol", "jindu.v1, other"),
]  # fmt: skip


class Recorded:
    """A transport that remembers what was written to it."""

    def __init__(self) -> None:
        self.written = b""

    def write(self, data: bytes) -> None:
        self.written += data

    def get_extra_info(self, name: str) -> None: ...

    def set_write_buffer_limits(self, high: int) -> None: ...

    def is_closing(self) -> bool:
        return False

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


async def opened(kind: type[WebSocketsSansIOProtocol], accept: dict[str, Any]) -> bytes:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept", **accept})
        await receive()

    config = uvicorn.Config(cast(Any, app), ws_ping_interval=None, ws_per_message_deflate=False, log_level="error")
    config.load()
    state = ServerState()
    state.default_headers = [(b"date", b"Sun, 29 Nov 2026 00:00:00 GMT"), (b"X-Own", b"caf\xe9")]
    protocol, transport = kind(config, state, {}, asyncio.get_running_loop()), Recorded()
    protocol.connection_made(cast(Any, transport))
    protocol.handle_connect(Request("/v1/ws?a=b", Headers(OPENING)))
    await quiet()
    for task in tuple(protocol.tasks):
        task.cancel()
    await quiet()
    return transport.written


@pytest.mark.parametrize(
    "accept", [{}, {"subprotocol": "jindu.v1"}, {"headers": [(b"x-more", b"1")]}, {"subprotocol": "other", "headers": []}]
)
async def test_an_opening_is_answered_with_the_bytes_of_uvicorn(accept: dict[str, Any]) -> None:
    theirs = await opened(WebSocketsSansIOProtocol, accept)
    assert theirs.startswith(b"HTTP/1.1 101 ")
    assert await opened(JinduProtocol, accept) == theirs
