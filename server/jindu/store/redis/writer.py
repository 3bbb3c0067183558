"""The writer: one task, groups, each one script (ARCHITECTURE, "The writer", over a network).

What is new here is that an answer can be lost. Worked through: a group of ten is sent, Redis dies, comes back. Nobody knows
whether it was done, so nobody is told anything; the group is sent again with the same op id, and is either done now or answered
what it was answered before. Who cannot wait that long is told that the outcome is unknown.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

from ...core.clock import Clock
from ...core.ids import random_id, shard_of
from ...core.observer import SILENT, Observer
from ..contract import Change, Conflict, Exists, Gone, Moved, Noted, StepDone, StoreBroken, StoreBusy, StoreError, Together
from . import rows
from .across import Across
from .failures import NotNow, OtherEpoch, Unreachable
from .forms import Words, worded
from .leases import LEASE, Leases
from .lines import COMMON
from .link import TRY_EVERY, Link
from .server import Arg
from .spreading import Packed, Spreading, cut, moves_of

T = TypeVar("T")
Operation: TypeAlias = Callable[[], Awaitable[Any]]

GROUP = 1_000  # changes in one script at most
REFUSED_AFTER = 5.0  # seconds without Redis after which new changes are refused at once, and waiting ones given up
CLOSE_WITHIN = 5.0  # seconds that the last group has, when Redis is away and the store is closed


@dataclass(slots=True, eq=False)
class _Queued:
    change: Change
    future: "asyncio.Future[None]"
    at: float


class Writer:
    """Everything that writes goes through its queue and is settled in the order of the queue."""

    def __init__(self, link: Link, leases: Leases, clock: Clock) -> None:
        self.observer: Observer = SILENT
        self._link = link
        self._leases = leases
        self._clock = clock
        self._queue: deque[_Queued | tuple[Operation, asyncio.Future[Any]]] = deque()
        self._wake = asyncio.Event()
        self._turn = asyncio.Lock()  # `run` and `stop` never drain at the same time
        self._closed = False
        self._closed_at = 0.0
        self._cancelled = False
        self._in_hand: Sequence[_Queued] = ()
        self._across = Across(link, clock, self._until_told)
        self._spreading = Spreading(link, leases, self._across, self._until_told, self._outlasting)

    def commit(self, change: Change) -> "asyncio.Future[None]":
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        refusal = self._refusal()
        if refusal is not None:
            future.set_exception(refusal)
            return future
        self._queue.append(_Queued(change, future, self._clock.monotonic()))
        if not self._wake.is_set():
            self._wake.set()
        return future

    async def ask(self, operation: Callable[[], Awaitable[T]]) -> T:
        """Run one operation in the queue's order. If the caller is cancelled it may still happen. Raises `StoreError`."""
        refusal = self._refusal()
        if refusal is not None:
            raise refusal
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._queue.append((operation, future))
        self._wake.set()
        return await future

    def _refusal(self) -> StoreError | None:
        if self._closed:
            return StoreBroken("the store is closed")
        if self._away() > REFUSED_AFTER:
            return StoreBusy("Redis does not answer; try again")
        return None

    def _away(self) -> float:
        since = self._link.down_since
        return 0.0 if since is None else self._clock.monotonic() - since

    async def run(self) -> None:
        """Write until `stop`."""
        async with self._turn:
            while not self._closed:
                await self._drain()
                if not self._closed and not self._queue:
                    self._wake.clear()
                    await self._wake.wait()
            await self._drain()

    async def stop(self) -> None:
        """Take nothing more, write what is queued, also if nobody ran `run`. A second call does nothing."""
        if not self._closed:
            self._closed_at = self._clock.monotonic()
        self._closed = True
        self._wake.set()
        async with self._turn:
            await self._drain()

    async def _drain(self) -> None:
        while self._queue:
            if isinstance(self._queue[0], tuple):
                await self._outlast(self._operate())
            else:
                await self._outlast(self._write(self._group()))
            if self._cancelled:
                self._cancelled = False
                raise asyncio.CancelledError

    async def _outlast(self, work: Awaitable[None]) -> None:
        """To its end, whatever happens to this task; `_drain` is told once everything of it is settled."""
        task = asyncio.ensure_future(work)
        while not task.done():
            try:
                await asyncio.wait([task])
            except asyncio.CancelledError:
                self._cancelled = True
        task.result()

    def _group(self) -> list[_Queued]:
        """The changes in front, taken: from here on the journal may not put others in their place."""
        group: list[_Queued] = []
        while self._queue and len(group) < GROUP:
            first = self._queue[0]
            if isinstance(first, tuple):
                break
            first.change.taken = True
            group.append(first)
            self._queue.popleft()
        return group

    async def _operate(self) -> None:
        operation, future = self._queue.popleft()  # type: ignore[misc]
        try:
            result = await operation()
        except StoreError as error:
            _fail(future, error)
        except (ValueError, TypeError, OverflowError) as error:
            _fail(future, StoreError(f"a value cannot be stored: {error}"))
        except Exception as error:  # noqa: BLE001 - a defect of ours: told to who asked, and nobody else waits for ever
            _fail(future, StoreBroken(f"unexpected {type(error).__name__}: {error}"))
        else:
            if not future.done():
                future.set_result(result)

    # -- one group ---------------------------------------------------------------------------------------------

    async def _write(self, group: Sequence[_Queued]) -> None:
        packed: list[Words | StoreError] = [self._packed(one.change) for one in group]
        place = 0
        while place < len(group):
            end = len(group) if self._link.is_cluster else cut(packed, place)
            sent = [
                (one.change, args)
                for one, args in zip(group[place:end], packed[place:end], strict=True)
                if isinstance(args, list)
            ]
            began = self._clock.monotonic()
            self._in_hand = group[place:end]
            try:
                told = iter(await self._sent(sent) if sent else [])
            except StoreError as error:
                for one in group[place:end]:
                    _fail(one.future, _same(error))
            else:
                self.observer.committed(end - place, self._clock.monotonic() - began)
                for one, given in zip(group[place:end], packed[place:end], strict=True):
                    self._settle(one, given if isinstance(given, StoreError) else _outcome(next(told)))
            place = end

    def _settle(self, one: _Queued, error: StoreError | None) -> None:
        if error is not None:
            _fail(one.future, error)
            return
        for moved in moves_of(one.change):
            self._leases.moved(moved)
        if not one.future.done():
            one.future.set_result(None)

    async def _sent(self, changes: Sequence[Packed]) -> Sequence[bytes | StoreError]:
        """The outcomes. However often the line breaks, the same op is asked for until it is known."""
        if self._link.is_cluster:
            return await self._spreading.settle(changes)
        args = [arg for _, packed in changes for arg in packed]
        return await self._until_told("commit", random_id() + random_id(), LEASE, len(changes), *args)

    async def _until_told(self, name: str, *args: Arg, slot: str = COMMON) -> list[Any]:
        """The answer of a script that may be asked for again. Raises `StoreError`."""
        return await self._outlasting(lambda: self._link.call(name, *args, slot=slot))

    async def _outlasting(self, question: Callable[[], Awaitable[T]]) -> T:
        """The answer to what may be asked again and again. Raises `StoreError`, but for what passes."""
        began = self._clock.monotonic()
        while True:
            try:
                return await question()
            except (Unreachable, OtherEpoch):
                await self._mended()
            except NotNow as error:
                if self._clock.monotonic() - began > REFUSED_AFTER:
                    self._give_up()
                self._refuse_at_the_end(error)
                await asyncio.sleep(TRY_EVERY)

    async def recover(self) -> None:
        """Bring to an end what somebody else left half done in a cluster. Raises `StoreError`."""
        if self._link.is_cluster:
            await self._across.recover()

    async def _mended(self) -> None:
        """Redis answers again. Raises `StoreBroken` if that may take for ever."""
        while not await self._link.heal():
            if self._away() > REFUSED_AFTER:
                self._give_up()
            self._refuse_at_the_end(None)

    def _refuse_at_the_end(self, why: StoreError | None) -> None:
        if self._closed and self._clock.monotonic() - self._closed_at > CLOSE_WITHIN:
            raise StoreBroken("Redis does not answer; what was asked last may be kept or not") from why

    def _give_up(self) -> None:
        """Who waits for an answer is not kept waiting; what runs have to write waits on, for no end may be lost."""
        for one in self._in_hand:
            if isinstance(one.change, Together) or (isinstance(one.change, Moved) and one.change.before is None):
                _fail(one.future, StoreBroken("Redis does not answer: it may be kept or not, ask again with the same key"))
        for queued in tuple(self._queue):
            if isinstance(queued, _Queued) and self._clock.monotonic() - queued.at > REFUSED_AFTER:
                self._queue.remove(queued)
                _fail(queued.future, StoreBusy("Redis does not answer; nothing of it is kept"))

    def _packed(self, change: Change) -> Words | StoreError:
        try:
            if isinstance(change, Moved):
                args = rows.change(change, kept=self._leases.is_kept(change))
            elif isinstance(change, StepDone):
                args = rows.step(change)
            elif isinstance(change, Noted):
                args = rows.note(change)
            elif self._link.is_cluster and _beyond(change):
                return StoreError("only new jobs of several types can be kept as one in a Redis Cluster")
            else:
                args = ["T", len(change.moves)]
                for moved in change.moves:
                    args += rows.change(moved)
            return worded(args)
        except (ValueError, TypeError, OverflowError) as error:
            return StoreError(f"a value cannot be stored: {error}")


def _beyond(change: Together) -> bool:
    """Whether it moves jobs, and they lie in several shards: of births alone that is done."""
    shards = {shard_of(moved.job.spec.type) for moved in change.moves}
    return len(shards) > 1 and any(moved.before is not None for moved in change.moves)


def _outcome(told: bytes | StoreError) -> StoreError | None:
    if isinstance(told, StoreError) or not told:
        return _same(told) if told else None
    kind, name = told[:1], told[1:].decode()
    if kind == b"X":
        return Exists(name)
    if kind in b"BM":
        return StoreBusy(f"another submit of the same id or key is on its way; try again: {name}")
    return Gone(name) if kind == b"G" else Conflict("the job has moved on")


def _same(error: StoreError) -> StoreError:
    """An exception of its own for each: one object raised in many places mixes up its tracebacks."""
    return type(error)(*error.args)


def _fail(future: "asyncio.Future[Any]", error: StoreError) -> None:
    if not future.done():  # its caller may have cancelled it
        future.set_exception(error)
        future.exception()  # or have gone: a body that is cancelled waits for no step
