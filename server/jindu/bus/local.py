"""The bus of one process: a direct call, in the turn of the loop in which the commit was learned."""

import asyncio
from collections.abc import Callable

from .contract import Listener, Notice


class LocalBus:
    def __init__(self) -> None:
        self._listeners: list[Listener] = []
        self._closed = asyncio.Event()

    def publish(self, notice: Notice) -> None:
        for listener in tuple(self._listeners):
            listener(notice)

    def listen(self, listener: Listener) -> Callable[[], None]:
        self._listeners.append(listener)

        def stop() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return stop

    def watch(self, job_id: str | None) -> Callable[[], None]:
        return _nothing

    def at_work(self, boot: str, wake: Callable[[], None]) -> None:
        """There are no other nodes."""

    async def run(self) -> None:
        await self._closed.wait()

    async def close(self) -> None:
        self._closed.set()


def _nothing() -> None: ...
