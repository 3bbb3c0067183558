"""A stage as the author holds it: moves its share of the bar. One object serves `async with` and `with`."""

import asyncio
import inspect
import math
import queue
import threading
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sized
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Generic, TypeVar

from ..core.errors import JobError
from ..core.job import clip
from .threads import guarded, guarded_async, in_thread

T = TypeVar("T")


def shown_text(value: object) -> str:
    """Text for people of whatever an author gives: clipped, and without what cannot be stored. Never raises."""
    if type(value) is str and value.isascii():  # nothing that cannot be stored
        return clip(value)
    told = guarded(str, value)
    return clip((told.value if told.error is None else type(value).__name__).encode(errors="replace").decode())


def _share(percent: object) -> float:
    """0 to 100; what is no number counts as 0, and the bar stays where it is."""
    if type(percent) is float or type(percent) is int:
        return float(percent) if 0 <= percent <= 100 else 100.0 if percent > 100 else 0.0
    told = guarded(float, percent)
    share = 0.0 if told.error is not None or math.isnan(told.value) else told.value
    return min(max(share, 0.0), 100.0)


@dataclass(frozen=True, slots=True)
class StageCalls:
    """What a stage asks of the context it belongs to."""

    enter: Callable[[int], None]
    expect: Callable[[int], None]
    report: Callable[[int, float, str | None], None]
    stop_if_cancelled: Callable[[], None]
    classify: Callable[[BaseException], JobError]


class StageHandle:
    """Entered by ``with`` or ``async with``. `total` items (or the length of what is tracked) make counting possible."""

    def __init__(self, calls: StageCalls, name: str, position: int, total: int | None) -> None:
        self.name = name
        self._calls = calls
        self._position = position
        self._total = total
        self._done = 0
        self._shown = -1.0

    def __enter__(self) -> "StageHandle":
        self._calls.enter(self._position)
        if self._total:
            self._calls.expect(self._total)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if kind is None:
            self.progress(100)

    async def __aenter__(self) -> "StageHandle":
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, trace)

    def progress(self, percent: float, message: str | None = None) -> None:
        """Percent (0 to 100) of this stage, with a message for people. Never blocks, never raises; what is overtaken merges."""
        share = _share(percent)
        shown = round(share, 1)
        if message is None and shown == self._shown:
            return
        self._shown = shown
        self._calls.report(self._position, share, None if message is None else shown_text(message))

    def advance(self, items: int = 1, message: str | None = None) -> None:
        """Count finished items against `total`; without a total only the message shows."""
        self._done += items
        if self._total:
            self.progress(100 * self._done / self._total, message)
        elif message is not None:
            self._calls.report(self._position, 0, shown_text(message))

    def track(self, items: "Iterable[T] | AsyncIterable[T]", total: int | None = None) -> "Track[T]":
        """Iterate (``for`` or ``async for``) and move the bar one item at a time; stops when the job is cancelled."""
        self._expect(items, total)
        return Track(self, items)

    def map(self, function: Callable[[T], Any], items: Iterable[T], limit: int = 10) -> "Map[T]":
        """Call `function` for each item, `limit` at once; iterate over ``(item, answer)`` in the order they finish.

        An item that fails comes as ``(item, JobError)``, it is not raised. Plain functions run in threads.
        """
        if limit < 1:
            raise ValueError(f"limit must be 1 or more, not {limit}")
        listed = list(items)
        self._expect(listed, None)
        return Map(self, function, listed, limit)

    def _expect(self, items: object, total: int | None) -> None:
        known = total if total is not None else len(items) if isinstance(items, Sized) else None
        if known is not None:
            self._total = known
            self._done = 0
            self._calls.expect(known)

    def _stop_if_cancelled(self) -> None:
        self._calls.stop_if_cancelled()

    def _answer(self, error: BaseException | None, value: Any) -> Any:
        return value if error is None else self._calls.classify(error)


class Track(Generic[T]):
    def __init__(self, stage: StageHandle, items: "Iterable[T] | AsyncIterable[T]") -> None:
        self._stage = stage
        self._items = items

    def __iter__(self) -> Iterator[T]:
        if not isinstance(self._items, Iterable):
            raise TypeError("an asynchronous iterable needs `async for`")
        for item in self._items:
            self._stage._stop_if_cancelled()
            yield item
            self._stage.advance()

    async def __aiter__(self) -> AsyncIterator[T]:
        if isinstance(self._items, AsyncIterable):
            async for item in self._items:
                yield item
                self._stage.advance()
            return
        for item in self._items:
            # Lets the loop breathe, and a cancellation arrive, also when the author's block never awaits.
            await asyncio.sleep(0)
            yield item
            self._stage.advance()


class Map(Generic[T]):
    def __init__(self, stage: StageHandle, function: Callable[[T], Any], items: list[T], limit: int) -> None:
        self._stage = stage
        self._function = function
        self._items = items
        self._limit = limit

    async def __aiter__(self) -> AsyncIterator[tuple[T, Any]]:
        waiting = iter(self._items)
        running: dict[asyncio.Task[Any], T] = {}
        try:
            while True:
                for item in waiting:
                    running[asyncio.ensure_future(self._call(item))] = item
                    if len(running) >= self._limit:
                        break
                if not running:
                    return
                finished, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                for task in finished:
                    outcome = task.result()
                    self._stage.advance()
                    yield running.pop(task), self._stage._answer(outcome.error, outcome.value)
        finally:
            for task in running:
                task.cancel()
            if running:
                await asyncio.wait(running)

    def __iter__(self) -> Iterator[tuple[T, Any]]:
        waiting: queue.SimpleQueue[T] = queue.SimpleQueue()
        for item in self._items:
            waiting.put(item)
        answers: queue.SimpleQueue[tuple[T, Any]] = queue.SimpleQueue()
        stopped = threading.Event()

        def serve() -> None:
            while not stopped.is_set():
                try:
                    item = waiting.get_nowait()
                except queue.Empty:
                    return
                answers.put((item, guarded(self._function, item)))

        for number in range(min(self._limit, len(self._items))):
            threading.Thread(target=serve, name=f"jindu-map-{number}", daemon=True).start()
        try:
            for _ in self._items:
                item, outcome = self._next(answers)
                self._stage.advance()
                yield item, self._stage._answer(outcome.error, outcome.value)
        finally:
            stopped.set()

    def _next(self, answers: "queue.SimpleQueue[tuple[T, Any]]") -> tuple[T, Any]:
        while True:
            self._stage._stop_if_cancelled()
            try:
                return answers.get(timeout=0.1)  # seconds between looks whether the job was cancelled
            except queue.Empty:
                continue

    async def _call(self, item: T) -> Any:
        if inspect.iscoroutinefunction(self._function):
            return await guarded_async(self._function, item)
        outcome = await in_thread(self._function, item)
        if inspect.isawaitable(outcome.value):  # a plain function that gives back a coroutine, as a lambda may
            return await guarded_async(_awaited, outcome.value)
        return outcome


async def _awaited(value: Awaitable[Any]) -> Any:
    return await value
