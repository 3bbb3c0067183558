"""The head and the body of a short answer in one system call, and one packet."""

import asyncio
from typing import Any

COPIED = 16 * 1024  # bytes of a body that cost less to copy behind the head than to hand over as a second piece


class OneWrite:
    """The transport as one answer sees it. uvicorn writes the head of an answer by itself: here it waits for what is written
    next, but not beyond this turn of the loop."""

    __slots__ = ("_begun", "_held", "_loop", "_transport")

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._begun = False
        self._held = b""

    def write(self, data: bytes) -> None:
        if not self._begun:
            self._begun, self._held = True, data
            self._loop.call_soon(self.flush)
        elif not self._held:
            self._transport.write(data)
        elif len(data) <= COPIED:
            held, self._held = self._held, b""
            self._transport.write(held + data)
        else:
            held, self._held = self._held, b""
            self._transport.writelines((held, data))

    def flush(self) -> None:
        """Nothing is held back behind this."""
        if self._held:
            held, self._held = self._held, b""
            self._transport.write(held)

    def close(self) -> None:
        self.flush()
        self._transport.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)
