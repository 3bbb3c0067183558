"""A loop whose time jumps when it is idle: what waits an hour is over at once, in the order it would have been.

Idle means that nothing is ready and nobody is at work outside of the loop. While a thread of ours, a question to the database,
an executor's call or a child process is under way, time passes as on the wall, so that no time limit strikes who only works.
"""

import asyncio
import selectors
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import Any, TypeVar, TypeVarTuple, Unpack
from unittest.mock import patch

import aiosqlite

R = TypeVar("R")
T = TypeVar("T")
Ts = TypeVarTuple("Ts")

LOOK_AGAIN = 0.01  # seconds of the wall between two looks whether those at work outside have finished
EPOCH = 1_800_000_000.0  # where the clock of such a loop begins, in wall-clock seconds
OURS = "jindu-"  # how our threads are called


class _Patient(selectors.SelectSelector):
    """Asks the loop what to do with the time that it would wait."""

    def __init__(self) -> None:
        super().__init__()
        self.busy: Callable[[], bool] = lambda: False
        self.passed: Callable[[float], None] = lambda seconds: None

    def select(self, timeout: float | None = None) -> Any:
        if timeout is None or timeout <= 0:
            return super().select(timeout)
        while not (events := super().select(0)) and self.busy():
            begun = time.perf_counter()
            events = super().select(min(timeout, LOOK_AGAIN))
            took = min(time.perf_counter() - begun, timeout)
            self.passed(took)
            timeout -= took
            if events or timeout <= 0:
                return events
        if not events:
            self.passed(timeout)
        return events


class JumpingLoop(asyncio.SelectorEventLoop):
    """As the `loop_factory` of an `asyncio.Runner`; `run` does so."""

    def __init__(self) -> None:
        selector = _Patient()
        super().__init__(selector)
        self._now = 1_000.0
        self._children: list[Any] = []
        self.outside = 0
        """How many calls are under way in threads that are not ours."""
        selector.busy, selector.passed = self._busy, self._pass

    def time(self) -> float:
        """Seconds that only pass while something is done, or when nothing is left to do."""
        return self._now

    def run_in_executor(self, executor: Executor | None, func: Callable[[Unpack[Ts]], T], *args: *Ts) -> asyncio.Future[T]:
        self.outside += 1
        future = super().run_in_executor(executor, func, *args)
        future.add_done_callback(self._came_back)
        return future

    async def _make_subprocess_transport(self, *args: Any, **kwargs: Any) -> Any:
        transport = await super()._make_subprocess_transport(*args, **kwargs)  # type: ignore[misc]
        self._children.append(transport)
        return transport

    def _came_back(self, _: object) -> None:
        self.outside -= 1

    def _pass(self, seconds: float) -> None:
        self._now += seconds

    def _busy(self) -> bool:
        self._children = [child for child in self._children if child.get_returncode() is None]
        return bool(self.outside or self._children) or any(thread.name.startswith(OURS) for thread in threading.enumerate())


class LoopClock:
    """The time of one loop, from whichever thread it is asked."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def monotonic(self) -> float:
        return self._loop.time()

    def wall(self) -> float:
        return EPOCH + self._loop.time()


class LoopRuns(RuntimeError):
    """A loop runs in this thread already."""

    def __init__(self) -> None:
        super().__init__(
            "a loop runs here already, and its time does not jump: call this from a plain `def`, not an `async def`"
        )


def run(work: Coroutine[Any, Any, R]) -> R:
    """`asyncio.run` on a `JumpingLoop`. Raises `RuntimeError` where a loop runs already."""
    if _loop_runs():
        work.close()
        raise LoopRuns
    with _counted(), asyncio.Runner(loop_factory=JumpingLoop) as runner:
        return runner.run(work)


def _loop_runs() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


@contextmanager
def _counted() -> Iterator[None]:
    """The loop knows of each question to a database that is under way: the threads of those sleep as threads that are done."""
    ask = aiosqlite.Connection._execute

    async def counted(self: aiosqlite.Connection, *args: Any, **kwargs: Any) -> Any:
        loop = asyncio.get_running_loop()
        if not isinstance(loop, JumpingLoop):
            return await ask(self, *args, **kwargs)  # type: ignore[no-untyped-call]
        loop.outside += 1
        try:
            return await ask(self, *args, **kwargs)  # type: ignore[no-untyped-call]
        finally:
            loop.outside -= 1

    with patch.object(aiosqlite.Connection, "_execute", counted):
        yield
