"""The writer: one task, one connection, groups (ARCHITECTURE, "The writer (SQLite)")."""

import asyncio
import sqlite3
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from copy import copy
from dataclasses import dataclass
from functools import partial
from itertools import repeat
from typing import Any, Concatenate, ParamSpec, TypeAlias, TypeVar

from ...core.observer import SILENT, Observer
from ..contract import Change, StoreBroken, StoreError, Told
from .connection import Connection
from .failures import meaning
from .group import Numbers, write
from .wal import WalGauge, checkpoint

P = ParamSpec("P")
T = TypeVar("T")
Operation: TypeAlias = Callable[[sqlite3.Connection, Numbers], Any]
Queued: TypeAlias = tuple[Change, Told]

GROUP = 1_000  # changes in one transaction at most
GATHER = 0.003  # seconds from the end of one commit of several changes to the next
FEW = 16  # changes, below which a commit is worth waiting longer for
GATHER_FEW = 0.005


@dataclass(slots=True, eq=False)
class _Asked:
    """A transaction of its own, and who waits for what it returns."""

    operation: Operation
    future: asyncio.Future[Any]


@dataclass(frozen=True)
class Thresholds:
    """When the write-ahead log is brought into the database: bytes that wait in it, bytes of it, seconds without a change."""

    passive_bytes: int = 8 * 1024 * 1024
    truncate_bytes: int = 64 * 1024 * 1024
    idle_seconds: float = 1.0


DEFAULT = Thresholds()


class Writer:
    """Everything that writes goes through its queue and is settled in the order of the queue.

    Nobody cancels a write: `run` may be cancelled, then it sees the write in hand to its end first.
    """

    def __init__(self, connection: Connection, numbers: Numbers, gauge: WalGauge, thresholds: Thresholds) -> None:
        self.broken: str | None = None
        self.observer: Observer = SILENT
        self._connection = connection
        self._numbers = numbers
        self._gauge = gauge
        self._thresholds = thresholds
        self._queue: deque[Queued | _Asked] = deque()
        self._wake = asyncio.Event()
        self._turn = asyncio.Lock()  # `run` and `close` never drain at the same time
        self._closed = False
        self._closing = asyncio.Event()
        self._cancelled = False
        self._last_group = 0
        self._committed_at = 0.0
        self._next_passive = thresholds.passive_bytes
        self._next_truncate = thresholds.truncate_bytes

    def commit(self, change: Change) -> "asyncio.Future[None]":
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.post(change, partial(_settle, future))
        return future

    def post(self, change: Change, told: Told) -> None:
        if self._closed or self.broken is not None:
            asyncio.get_running_loop().call_soon(told, self._refusal())
            return
        self._queue.append((change, told))
        if not self._wake.is_set():
            self._wake.set()

    async def ask(self, operation: Callable[[sqlite3.Connection, Numbers], T]) -> T:
        """Run one transaction of its own in the queue's order. If the caller is cancelled it may still happen.
        Raises `StoreError`."""
        if self._closed or self.broken is not None:
            raise self._refusal()
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._queue.append(_Asked(operation, future))
        self._wake.set()
        return await future

    def _refusal(self) -> StoreError:
        return StoreBroken(self.broken or "the store is closed")

    async def run(self) -> None:
        """Write until `close`."""
        async with self._turn:
            while not self._closed:
                await self._drain()
                if not self._closed and not self._queue:
                    await self._rest()
            await self._drain()

    async def stop(self) -> None:
        """Take nothing more, write what is queued, also if nobody ran `run`. A second call does nothing."""
        self._closed = True
        self._closing.set()
        self._wake.set()
        async with self._turn:
            await self._drain()

    async def empty_log(self) -> None:
        """Bring all of the log into the database and cut it to nothing: behind `stop`, once the readers are closed."""
        if self.broken is None:
            await self._checkpoint("TRUNCATE")

    async def _rest(self) -> None:
        """Wait for something to do; if nothing comes for a while, use the time for a checkpoint."""
        self._wake.clear()
        timer = None
        if self._gauge.sizes()[1]:
            timer = asyncio.get_running_loop().call_later(self._thresholds.idle_seconds, self._wake.set)
        try:
            await self._wake.wait()
        finally:
            if timer is not None:
                timer.cancel()
        if timer is not None and not self._queue and not self._closed:
            await self._checkpoint("PASSIVE")

    async def _drain(self) -> None:
        while self._queue:
            if isinstance(first := self._queue[0], _Asked):
                self._queue.popleft()
                await self._operate(first)
            else:
                await self._gather()
                await self._write(self._group())
            if self.broken is None:
                await self._relieve()
            if self._cancelled:
                self._cancelled = False
                raise asyncio.CancelledError

    async def _gather(self) -> None:
        """Behind a group of several, let more come together for the next: each commit costs the same, however little is in it.
        Who commits one change at a time is not held up."""
        if self._last_group > 1:
            await self._wait_until(self._committed_at + GATHER)
            if len(self._queue) < FEW:
                await self._wait_until(self._committed_at + GATHER_FEW)

    async def _wait_until(self, at: float) -> None:
        """Until this time of the loop, or until nothing more is taken."""
        wait = at - asyncio.get_running_loop().time()
        if wait > 0 and not self._closed:
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._closing.wait()

    def _group(self) -> list[Queued]:
        """The changes in front, taken: from here on the journal may not put others in their place."""
        group: list[Queued] = []
        queue = self._queue
        while queue and len(group) < GROUP:
            queued = queue[0]
            if isinstance(queued, _Asked):
                break
            queued[0].taken = True
            group.append(queued)
            queue.popleft()
        return group

    async def _write(self, group: Sequence[Queued]) -> None:
        self._last_group = len(group)
        began = asyncio.get_running_loop().time()
        try:
            outcomes = await self._hop(write, self._numbers, [change for change, _ in group])
        except StoreError as error:
            # An exception of its own for each: one object raised in many places mixes up its tracebacks.
            self._tell(group, (copy(error) for _ in group))
            return
        self._committed_at = asyncio.get_running_loop().time()
        self.observer.committed(len(group), self._committed_at - began)
        self._tell(group, outcomes or repeat(None))

    def _tell(self, group: Sequence[Queued], outcomes: Iterable[StoreError | None]) -> None:
        """All in this turn of the loop, so that one pass over those who watch follows. What a listener raises is reported, as
        of any callback, and does not end the writer."""
        for (_, told), outcome in zip(group, outcomes, strict=False):
            try:
                told(outcome)
            except Exception as error:  # noqa: BLE001 - others wait for theirs
                asyncio.get_running_loop().call_exception_handler(
                    {"message": "a change was settled, and who was told raised", "exception": error}
                )

    async def _operate(self, asked: _Asked) -> None:
        try:
            result = await self._hop(asked.operation, self._numbers)
        except StoreError as error:
            _fail(asked.future, error)
        else:
            if not asked.future.done():
                asked.future.set_result(result)

    async def _relieve(self) -> None:
        """A checkpoint if the log has grown to a threshold; one that did not get through is not tried at every group."""
        used, waiting = self._gauge.sizes()
        if used >= self._next_truncate:
            done = await self._checkpoint("TRUNCATE")
            self._next_truncate = self._thresholds.truncate_bytes if done else used + self._thresholds.passive_bytes
        elif waiting >= self._next_passive:
            if await self._checkpoint("PASSIVE"):
                self._next_truncate = self._thresholds.truncate_bytes
            self._next_passive = self._thresholds.passive_bytes + self._gauge.sizes()[1]

    async def _checkpoint(self, mode: str) -> bool:
        try:
            return await self._hop(checkpoint, mode)
        except StoreError:
            # What is committed stays in the log: no space or a lock is tried again later. Worse is noted by `_hop`.
            return False

    async def _hop(self, function: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a function in the connection's thread, to its end whatever happens to this task. Raises `StoreError`."""
        if self.broken is not None:
            raise self._refusal()
        hop = asyncio.ensure_future(self._connection.call(function, *args, **kwargs))
        try:
            await self._outlast(hop)
            return hop.result()
        except sqlite3.Error as error:
            raise self.note(meaning(error)) from error
        except StoreError as error:
            raise self.note(error) from error.__cause__
        except Exception as error:
            # A defect of ours, perhaps within a transaction: nothing may be written on top of it.
            raise self.note(StoreBroken(f"unexpected {type(error).__name__}: {error}")) from error

    async def _outlast(self, hop: "asyncio.Future[Any]") -> None:
        while not hop.done():
            try:
                await asyncio.wait([hop])
            except asyncio.CancelledError:
                self._cancelled = True  # told to `_drain` once the futures of this hop are settled

    def note(self, error: StoreError) -> StoreError:
        if isinstance(error, StoreBroken) and self.broken is None:
            self.broken = str(error)
        return error


def _settle(future: "asyncio.Future[None]", error: StoreError | None) -> None:
    if error is not None:
        _fail(future, error)
    elif not future.done():
        future.set_result(None)


def _fail(future: "asyncio.Future[Any]", error: StoreError) -> None:
    if not future.done():  # its caller may have cancelled it
        future.set_exception(error)
