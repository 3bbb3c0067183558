"""A loop whose time jumps when there is nothing to do: what waits an hour is tested at once, exactly."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

R = TypeVar("R")


class _Jumping(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        super().__init__(selectors.SelectSelector())
        self._jumped = 1_000.0

    def time(self) -> float:
        return self._jumped

    def _run_once(self) -> None:
        waiting = [timer for timer in self._scheduled if not timer.cancelled()]  # type: ignore[attr-defined]
        if not self._ready and waiting:  # type: ignore[attr-defined]
            self._jumped = max(self._jumped, min(timer.when() for timer in waiting))
        super()._run_once()  # type: ignore[misc]


class LoopClock:
    """The time of the running loop."""

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time()

    def wall(self) -> float:
        return asyncio.get_running_loop().time()


def run(work: Coroutine[Any, Any, R]) -> R:
    """`asyncio.run` on such a loop."""
    with asyncio.Runner(loop_factory=_Jumping) as runner:
        return runner.run(work)
