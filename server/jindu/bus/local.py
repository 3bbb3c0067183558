"""The bus of one process: a direct call, in the turn of the loop in which the commit was learned."""

from collections.abc import Callable

from .contract import Listener, Notice


class LocalBus:
    def __init__(self) -> None:
        self._listeners: list[Listener] = []

    def publish(self, notice: Notice) -> None:
        for listener in tuple(self._listeners):
            listener(notice)

    def listen(self, listener: Listener) -> Callable[[], None]:
        self._listeners.append(listener)

        def stop() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return stop
