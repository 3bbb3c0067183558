"""Our subclass of uvicorn's sans-I/O WebSocket protocol: a reader that stopped does not pin its handler for ever.

`await send` blocks once a few MiB hide in buffers, and so would closing (RELIABILITY traps 1 and 2). So the transport is
aborted when it stays paused, and the kernel's send buffer is made small when the connection becomes a WebSocket.
"""

import asyncio
import socket
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request

EXTENSION = "jindu.transport"
WRITE_STALL = 10.0  # seconds
SEND_BUFFER = 32 * 1024  # bytes
UNACKNOWLEDGED_MS = 45_000  # what was sent and stays unacknowledged this long ends the connection (rule 6)


class JinduProtocol(WebSocketsSansIOProtocol):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._stall: asyncio.TimerHandle | None = None

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        scope: Any = getattr(self, "scope", None)
        if scope is None:
            return
        scope["extensions"][EXTENSION] = self
        connected = self.transport.get_extra_info("socket")
        if connected is not None:
            connected.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNACKNOWLEDGED_MS)

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._stall is None:
            self._stall = self.loop.call_later(WRITE_STALL, self.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._calm()

    def connection_lost(self, exc: Exception | None) -> None:
        self._calm()
        super().connection_lost(exc)

    def abort(self) -> None:
        """Drop the connection now, with what it has not sent."""
        self._stall = None
        self.transport.abort()

    def _calm(self) -> None:
        if self._stall is not None:
            self._stall.cancel()
            self._stall = None
