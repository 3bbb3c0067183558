"""One watched job: its newest state and its latest results, encoded once for all who watch it.

Live and kept are joined as in centrifuge's recovery: a topic hears the bus before it reads the store, and what it hears
meanwhile wins over what it reads when its seq is greater.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from ..bus.contract import Notice
from ..core import frames
from ..core.access import Subject
from ..core.advice import NOTHING, Advice, Told, changed
from ..core.clock import Clock
from ..core.events import Event, Progressed, ResultKept, Returned
from ..core.job import Job
from ..store.contract import Kept, Record, Store
from .outlet import Outlet

TAIL = 64  # results of a job in memory; the log is for laggards
FRESH = 1.0  # seconds for which the advice in an encoded state is good enough for who comes later


@dataclass(frozen=True, slots=True)
class Result:
    """A kept result, encoded: alone, and (while it is the job's newest change) with the state."""

    seq: int
    alone: bytes
    newest: bytes | None


class Reader(Protocol):
    """What a topic knows of who watches it and may be handed states: `channels.watch.Watch`."""

    seq: int
    sent_at: float
    ended: bool

    @property
    def out(self) -> Outlet | None: ...

    def overtook(self, states: int) -> None: ...


class Topic:
    """`read` reads the job; `soon` is called with the topic when something was committed: it calls `tell` in its pass."""

    def __init__(
        self,
        job_id: str,
        store: Store,
        read: Callable[[str], Awaitable[Record | None]],
        soon: "Callable[[Topic], None]",
        clock: Clock,
        advice: Advice,
    ) -> None:
        self.id = job_id
        self.readers: dict[Callable[[], None], Reader | None] = {}
        """Whom to wake, and who of them can be handed the newest state instead."""
        self.gone = False
        self.stale = True  # the store has to be read before anything is shown
        self.job: Job | None = None
        """The newest committed state known; None before the first read, and when there is no such job."""
        self.last_result = 0
        """Seq of the newest result known; while the log has not been read, of those that it may hold too."""
        self._soon = soon
        self._told = True
        self._store = store
        self._read_job = read
        self._clock = clock
        self._advice = advice
        self._advised: tuple[float, Told] = (float("-inf"), NOTHING)  # monotonic second, what was told last
        self._hinted: tuple[float, bytes] | None = None
        self._looked_at = float("-inf")
        self._drifted = False
        self._reading = asyncio.Lock()
        self._result: bytes | None = None
        self._tail: list[Result] = []
        self._complete_from = 0  # the tail holds every result above this seq
        self._encoded: tuple[int, float, bytes] | None = None  # seq, monotonic second until which it is fresh, frame

    @property
    def subject(self) -> Subject | None:
        """Whose it is; None as `job` is."""
        return None if self.job is None else Subject.of(self.job)

    def hear(self, notice: Notice) -> None:
        """Something was committed: take it over, or remember to read the log."""
        if notice.seq == 0:
            self.gone = True
        elif notice.job is None or notice.event is None:
            self.stale = True
        elif self.job is None or notice.seq > self.job.seq:
            if self.job is not None and notice.seq != self.job.seq + 1:
                self.stale = True
            self.job = notice.job
            if type(notice.event) is not Progressed:
                self._keep(notice.event, notice.job)
        if self._told:
            self._told = False
            self._soon(self)

    def forget(self) -> None:
        """Another history has begun: nothing that is known is of it."""
        self.job, self._result, self._encoded = None, None, None
        self.stale, self.gone = True, False
        self.last_result = self._complete_from = 0
        self._tail.clear()
        if self._told:
            self._told = False
            self._soon(self)

    def tell(self, now: float) -> None:
        """Hand the newest state to all for whom it is all there is to say, the same bytes; wake the others."""
        self._told = True
        job = self.job
        if job is None or self.stale or self.gone:
            for wake in self.readers:
                wake()
            return
        # Written out, as this is done for each delivery: what a call costs here, a thousand watchers pay.
        seq, ended, last_result = job.seq, job.is_completed, self.last_result
        framed, size = b"", 0
        for wake, reader in self.readers.items():
            if (
                reader is None
                or (out := reader.out) is None
                or (direct := out.direct) is None
                or not (out.free and direct.writable.open and last_result <= reader.seq < seq)
            ):
                wake()
                continue
            if not framed:
                message = self.state(now)
                framed, size = direct.framed(message), len(message)
            if seq - reader.seq > 1:
                reader.overtook(seq - reader.seq - 1)
            reader.seq, reader.sent_at, reader.ended = seq, now, ended
            window = out.window
            window.frames += 1
            window.bytes += size
            if window.frames < window.frames_mark and window.bytes < window.bytes_mark:
                direct.write(framed)
            else:
                out.write_crossing(framed)

    async def refresh(self) -> None:
        """Read the store if what is in memory is not known to be whole."""
        if not self.stale and not self._reading.locked():
            return
        async with self._reading:
            while self.stale:
                await self._read()

    def state(self, now: float) -> bytes:
        """The newest state as a frame, encoded once for all who ask; `now` is monotonic seconds."""
        job = self.job
        assert job is not None
        if self._encoded is None or self._encoded[0] != job.seq or now >= self._encoded[1]:
            fresh_until = float("inf") if job.is_completed else now + FRESH
            self._encoded = (job.seq, fresh_until, frames.state_frame(job, self._result, self))
        return self._encoded[2]

    def of(self, job: Job) -> Told:
        """What is to be said of the job now; remembered as told. This is the topic's own advice, in what it encodes."""
        told = self._advice.of(job)
        self._advised = (self._clock.monotonic(), told)
        return told

    def drifted(self, now: float) -> bool:
        """Whether the advice told last is wrong by now. Worked out once in a round of ticks, for all who watch."""
        if self._looked_at != now and self.job is not None:
            self._looked_at = now
            at, before = self._advised
            self._drifted = changed(before, self._advice.of(self.job), now - at)
        return self._drifted

    def hint(self, now: float) -> bytes:
        """The advice alone as a frame, for a job that does not move; encoded once in a round of ticks."""
        assert self.job is not None
        if self._hinted is None or self._hinted[0] != now:
            self._hinted = (now, frames.hint_frame(self.job, self.of(self.job)))
        return self._hinted[1]

    def tail(self, after: int) -> list[Result] | None:
        """Results above `after` by rising seq, from memory; None if memory does not reach back that far."""
        if after < self._complete_from:
            return None
        return [result for result in self._tail if result.seq > after]

    async def logged(self, after: int, upto: int) -> tuple[list[Result], bool]:
        """A page of results with `after` < seq <= `upto` from the log, and whether it was the last."""
        kept = await self._store.results(self.id, after, TAIL)
        # The newest change carries the state; what is the newest is known only after the read.
        newest = self.job if self.job is not None and self.job.seq == upto else None
        page = [self._encoded_result(result, newest) for result in kept if result.seq <= upto]
        return page, len(page) < TAIL

    def _encoded_result(self, result: Kept, newest: Job | None) -> Result:
        alone = frames.result_frame(self.id, result.seq, result.key, result.data)
        if newest is None or result.seq != newest.seq:
            return Result(result.seq, alone, None)
        return Result(result.seq, alone, frames.result_frame(self.id, result.seq, result.key, result.data, newest, self))

    async def _read(self) -> None:
        self.stale = False
        try:
            record = await self._read_job(self.id)
        except BaseException:
            self.stale = True
            raise
        if record is None:
            self.gone = self.gone or self.job is None
        elif self.job is None or record.job.seq >= self.job.seq:
            self.job, self._result, self._encoded = record.job, record.result, None
            self._forget_results(record.job.seq)
        else:
            # The bus was faster. Results between what we read and what we heard first may be missing.
            self._forget_results(self.job.seq)

    def _keep(self, event: Event, job: Job) -> None:
        """What an event brings along beside the state."""
        if isinstance(event, Returned):
            self._result = event.result
        elif isinstance(event, ResultKept):
            self.last_result = job.seq
            self._tail.append(self._encoded_result(Kept(job.seq, event.key, event.data), job))
            if len(self._tail) > TAIL:
                self._complete_from = self._tail.pop(0).seq

    def _forget_results(self, seq: int) -> None:
        while self._tail and self._tail[0].seq <= seq:
            del self._tail[0]
        self._complete_from = max(self._complete_from, seq)
        self.last_result = max(self.last_result, seq)
