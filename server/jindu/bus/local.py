"""The bus of one process: a direct call, in the turn of the loop in which the commit was learned."""

import asyncio
from collections.abc import Callable

from ..core.events import Progressed
from .contract import Listener, Notice


class LocalBus:
    def __init__(self) -> None:
        self._listeners: list[tuple[Listener, bool]] = []
        self._all: tuple[Listener, ...] = ()
        self._of_progress: tuple[Listener, ...] = ()
        self._closed = asyncio.Event()

    def publish(self, notice: Notice) -> None:
        for listener in self._of_progress if type(notice.event) is Progressed else self._all:
            listener(notice)

    def listen(self, listener: Listener, *, progress: bool = True) -> Callable[[], None]:
        entry = (listener, progress)
        self._listeners.append(entry)
        self._sort()

        def stop() -> None:
            if entry in self._listeners:
                self._listeners.remove(entry)
                self._sort()

        return stop

    def _sort(self) -> None:
        self._all = tuple(listener for listener, _ in self._listeners)
        self._of_progress = tuple(listener for listener, progress in self._listeners if progress)

    def watch(self, job_id: str | None) -> Callable[[], None]:
        return _nothing

    def at_work(self, boot: str, wake: Callable[[], None]) -> None:
        """There are no other nodes."""

    async def run(self) -> None:
        await self._closed.wait()

    async def close(self) -> None:
        self._closed.set()


def _nothing() -> None: ...
