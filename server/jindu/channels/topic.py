"""One watched job: its newest state and its latest results, encoded once for all who watch it.

Live and kept are joined as in centrifuge's recovery: a topic hears the bus before it reads the store, and what it hears
meanwhile wins over what it reads when its seq is greater.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from ..bus.contract import Notice
from ..core import frames
from ..core.access import Subject
from ..core.events import ResultKept, Returned
from ..core.job import Job
from ..store.contract import Kept, Store

TAIL = 64  # results of a job in memory; the log is for laggards


@dataclass(frozen=True, slots=True)
class Result:
    """A kept result, encoded: alone, and (while it is the job's newest change) with the state."""

    seq: int
    alone: bytes
    newest: bytes | None


class Topic:
    def __init__(self, job_id: str, store: Store) -> None:
        self.id = job_id
        self.watches: set[Callable[[], None]] = set()
        self.gone = False
        self.stale = True  # the store has to be read before anything is shown
        self._store = store
        self._reading = asyncio.Lock()
        self._job: Job | None = None
        self._result: bytes | None = None
        self._tail: deque[Result] = deque()
        self._complete_from = 0  # the tail holds every result above this seq
        self._encoded: tuple[int, bytes] | None = None

    @property
    def job(self) -> Job | None:
        """The newest committed state known; None before the first read, and when there is no such job."""
        return self._job

    @property
    def subject(self) -> Subject | None:
        """Whose it is; None as `job` is."""
        return None if self._job is None else Subject.of(self._job)

    def hear(self, notice: Notice) -> None:
        """Something was committed: take it over, or remember to read the log."""
        if notice.seq == 0:
            self.gone = True
        elif notice.job is None or notice.event is None:
            self.stale = True
        elif self._job is None or notice.seq > self._job.seq:
            if self._job is not None and notice.seq != self._job.seq + 1:
                self.stale = True
            self._advance(notice, notice.job)
        for wake in self.watches:
            wake()

    async def refresh(self) -> None:
        """Read the store if what is in memory is not known to be whole."""
        if not self.stale and not self._reading.locked():
            return
        async with self._reading:
            while self.stale:
                await self._read()

    def state(self) -> bytes:
        """The newest state as a frame."""
        assert self._job is not None
        if self._encoded is None or self._encoded[0] != self._job.seq:
            self._encoded = (self._job.seq, frames.state_frame(self._job, self._result))
        return self._encoded[1]

    def tail(self, after: int) -> list[Result] | None:
        """Results above `after` by rising seq, from memory; None if memory does not reach back that far."""
        if after < self._complete_from:
            return None
        return [result for result in self._tail if result.seq > after]

    async def logged(self, after: int, upto: int) -> tuple[list[Result], bool]:
        """A page of results with `after` < seq <= `upto` from the log, and whether it was the last."""
        kept = await self._store.results(self.id, after, TAIL)
        # The newest change carries the state; what is the newest is known only after the read.
        newest = self._job if self._job is not None and self._job.seq == upto else None
        page = [self._encoded_result(result, newest) for result in kept if result.seq <= upto]
        return page, len(page) < TAIL

    def _encoded_result(self, result: Kept, newest: Job | None) -> Result:
        alone = frames.result_frame(self.id, result.seq, result.key, result.data)
        if newest is None or result.seq != newest.seq:
            return Result(result.seq, alone, None)
        return Result(result.seq, alone, frames.result_frame(self.id, result.seq, result.key, result.data, newest))

    async def _read(self) -> None:
        self.stale = False
        try:
            record = await self._store.read(self.id)
        except BaseException:
            self.stale = True
            raise
        if record is None:
            self.gone = self.gone or self._job is None
        elif self._job is None or record.job.seq >= self._job.seq:
            self._job, self._result, self._encoded = record.job, record.result, None
            self._forget_results(record.job.seq)
        else:
            # The bus was faster. Results between what we read and what we heard first may be missing.
            self._forget_results(self._job.seq)

    def _advance(self, notice: Notice, job: Job) -> None:
        event = notice.event
        self._job = job
        if isinstance(event, Returned):
            self._result = event.result
        elif isinstance(event, ResultKept):
            self._tail.append(self._encoded_result(Kept(job.seq, event.key, event.data), job))
            if len(self._tail) > TAIL:
                self._complete_from = self._tail.popleft().seq

    def _forget_results(self, seq: int) -> None:
        while self._tail and self._tail[0].seq <= seq:
            self._tail.popleft()
        self._complete_from = max(self._complete_from, seq)
