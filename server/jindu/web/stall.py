"""A reader that stopped does not pin its handler for ever.

`await send` blocks once a few MiB hide in buffers, and so would closing (RELIABILITY traps 1 and 2). So the transport is
aborted when it stays paused and nothing leaves, and little may hide once the connection is a WebSocket or a stream.
"""

import asyncio
import socket
from typing import cast

import uvicorn

from .limits import Limits, Serving

SEND_BUFFER = 32 * 1024  # bytes, of the kernel
PENDING = 4 * 1024  # bytes of ours that make a transport pause: one more message may come on top of them
UNACKNOWLEDGED_MS = 45_000  # what was sent and stays unacknowledged this long ends the connection (rule 6)


class StallGuard(asyncio.Protocol):
    """Aborts a transport that stays paused while nothing leaves it."""

    transport: asyncio.Transport
    loop: asyncio.AbstractEventLoop
    config: uvicorn.Config
    stalled = False
    _stall: asyncio.TimerHandle | None = None

    @property
    def limits(self) -> Limits:
        return cast(Serving, self.config).limits

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
        """From here on the connection is a client that watches: little may hide in the kernel, or here."""
        self.transport.set_write_buffer_limits(high=PENDING)
        connected = self.transport.get_extra_info("socket")
        if connected is not None:
            connected.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNACKNOWLEDGED_MS)

    def _watch_progress(self) -> None:
        pending = self.transport.get_write_buffer_size()
        self._stall = self.loop.call_later(self.limits.write_stall, self._look_again, pending)

    def _look_again(self, before: int) -> None:
        # A large answer may stay paused longer than that to a reader that is slow and reads.
        if self.transport.get_write_buffer_size() < before:
            self._watch_progress()
        else:
            self.stalled = True
            self.abort()

    def _calm(self) -> None:
        if self._stall is not None:
            self._stall.cancel()
            self._stall = None
