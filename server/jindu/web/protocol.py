"""Our subclasses of uvicorn's protocols: a reader that stopped does not pin its handler for ever.

`await send` blocks once a few MiB hide in buffers, and so would closing (RELIABILITY traps 1 and 2). So the transport is
aborted when it stays paused and nothing leaves, and the kernel's send buffer is made small when the connection becomes a
WebSocket or a stream.
"""

import asyncio
import socket
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request

EXTENSION = "jindu.transport"
WRITE_STALL = 10.0  # seconds
SEND_BUFFER = 32 * 1024  # bytes
_EMPTY = b"\x81\x00"  # a text frame without text
UNACKNOWLEDGED_MS = 45_000  # what was sent and stays unacknowledged this long ends the connection (rule 6)


class StallGuard(asyncio.Protocol):
    """Aborts a transport that stays paused while nothing leaves it."""

    transport: asyncio.Transport
    loop: asyncio.AbstractEventLoop
    _stall: asyncio.TimerHandle | None = None

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._stall is None:
            self._watch_progress()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._calm()

    def connection_lost(self, exc: Exception | None) -> None:
        self._calm()
        super().connection_lost(exc)

    def abort(self) -> None:
        """Drop the connection now, with what it has not sent."""
        self._calm()
        self.transport.abort()

    def hand_over(self) -> None:
        """From here on the connection is a client that watches: little may hide in the kernel."""
        connected = self.transport.get_extra_info("socket")
        if connected is not None:
            connected.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNACKNOWLEDGED_MS)

    def _watch_progress(self) -> None:
        self._stall = self.loop.call_later(WRITE_STALL, self._look_again, self.transport.get_write_buffer_size())

    def _look_again(self, before: int) -> None:
        # A large answer may stay paused longer than that to a reader that is slow and reads.
        if self.transport.get_write_buffer_size() < before:
            self._watch_progress()
        else:
            self.abort()

    def _calm(self) -> None:
        if self._stall is not None:
            self._stall.cancel()
            self._stall = None


class JinduHttpProtocol(StallGuard, HttpToolsProtocol):
    """HTTP; a stream finds it in the scope, to hand the connection over."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        scope: Any = self.scope
        scope["extensions"] = {EXTENSION: self}


class JinduProtocol(StallGuard, WebSocketsSansIOProtocol):
    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        scope: Any = getattr(self, "scope", None)
        if scope is None:
            return
        scope["extensions"][EXTENSION] = self
        self.hand_over()

    @property
    def gone(self) -> bool:
        """Whether no further message can be sent."""
        return self.close_sent or self.disconnected or self.transport.is_closing()

    @property
    def ready(self) -> bool:
        """Whether `write_text` may be called: neither gone nor slow."""
        return self.writable.is_set() and not self.gone

    def write_text(self, payload: bytes) -> None:
        """Frame and write a text message that is encoded already, straight to the transport.

        The same as ASGI's `websocket.send`, without turning bytes into text and back.
        """
        self.transport.write(_framed(payload))


_last: tuple[bytes, bytes] = (b"", _EMPTY)


def _framed(payload: bytes) -> bytes:
    """A text frame. The newest is kept: in a pass over all watchers of a job it is the same payload again and again."""
    global _last
    if payload is not _last[0]:
        _last = (payload, _header(len(payload)) + payload)
    return _last[1]


def _header(size: int) -> bytes:
    """The header of an unmasked, final text frame (RFC 6455 section 5.2)."""
    if size < 126:
        return bytes((0x81, size))
    if size < 65_536:
        return bytes((0x81, 126, size >> 8, size & 255))
    return bytes((0x81, 127)) + size.to_bytes(8, "big")
