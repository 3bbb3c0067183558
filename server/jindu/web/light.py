"""The two things that uvicorn keeps for each WebSocket and that are large when nothing happens: an `asyncio.Queue` and an
`asyncio.Event` bring four deques and two futures' worth of memory along, 3 KB of an idle watcher. These begin with nothing."""

import asyncio
from collections.abc import Callable
from typing import Any


class Inbox:
    """What has come for one reader, in order. The part of `asyncio.Queue` that uvicorn uses."""

    __slots__ = ("_come", "_reader", "told")

    def __init__(self) -> None:
        self.told: Callable[[], None] | None = None
        """Called when something has come, by who does not wait in `get`."""
        self._come: list[Any] | None = None
        self._reader: asyncio.Future[None] | None = None

    def empty(self) -> bool:
        return not self._come

    def put_nowait(self, item: Any) -> None:
        if self._come is None:
            self._come = []
        self._come.append(item)
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)
        if self.told is not None:
            self.told()

    def take(self) -> Any:
        """The oldest, which must be there."""
        come = self._come or []
        item = come.pop(0)
        if not come:
            self._come = None
        return item

    async def get(self) -> Any:
        """The oldest; waits for one. Safe to cancel."""
        while not self._come:
            self._reader = asyncio.get_running_loop().create_future()
            try:
                await self._reader
            finally:
                self._reader = None
        return self.take()


class Gate:
    """Open or shut; the part of `asyncio.Event` that uvicorn uses. Begins open."""

    __slots__ = ("_waiting", "open")

    def __init__(self) -> None:
        self.open = True
        self._waiting: list[asyncio.Future[None]] | None = None

    def is_set(self) -> bool:
        return self.open

    def set(self) -> None:
        self.open = True
        waiting, self._waiting = self._waiting, None
        for one in waiting or ():
            if not one.done():
                one.set_result(None)

    def clear(self) -> None:
        self.open = False

    async def wait(self) -> None:
        """Return when it is open. Safe to cancel."""
        while not self.open:
            if self._waiting is None:
                self._waiting = []
            one: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append(one)
            await one
