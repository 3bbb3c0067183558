"""Counts the jobs of open batches, and writes what the counts say into the batch: its events follow from those of its jobs.

Worked through: a batch of two. The first is claimed: the batch is claimed too, so that it shows as running. Each move of a job
moves the tally; what moved within a tenth of a second is one event. The second ends, nothing is open: the last tally, then
the end. A process that dies between leaves a batch that is behind its jobs; the next one counts them anew and goes on.
"""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from functools import partial

from ..bus.contract import Bus, Notice
from ..core import events as ev
from ..core.batch import Tally
from ..core.clock import Clock
from ..core.codec import encode
from ..core.errors import Errors
from ..core.job import Job
from ..core.plan import CEILING
from ..core.states import ENDS, Kind, Phase, Status
from ..store.contract import StoreError
from ..store.shared import Shared
from .contexts import Contexts
from .journal import Journal, UnknownJob

log = logging.getLogger("jindu.engine")

INTERVAL = 0.1  # seconds between two tallies of one batch, but for the last
HOLDER = "batch"  # no process holds a batch: none is missed when it dies


class Count:
    """The jobs of one batch: how many stand where, and how far they are together."""

    def __init__(self, members: Sequence[Job], total: int) -> None:
        self.tally = Tally(pending=total)
        self._jobs: dict[str, tuple[Status, float]] = {}
        self._percents = 0.0
        for job in members:
            self.moved(job)

    def moved(self, job: Job) -> None:
        before, reached = self._jobs.get(job.id, (Status.PENDING, 0.0))
        now = (job.status, 100.0 if job.is_completed else job.progress)
        self._jobs[job.id] = now
        self.tally = self.tally.moved(before, now[0])
        self._percents += now[1] - reached

    @classmethod
    def standing(cls, tally: Tally, percents: float) -> "Count":
        """As it was counted elsewhere."""
        count = cls((), tally.total)
        count.tally, count._percents = tally, percents
        return count

    @property
    def percent(self) -> float:
        """Mean of the jobs; one that has ended counts as 100, however it ended."""
        return min(round(self._percents / max(self.tally.total, 1), 1), CEILING)


class Tallying:
    """Run by the node while it is open; hears every change of every job from when it is made."""

    def __init__(
        self,
        journal: Journal,
        bus: Bus,
        clock: Clock,
        errors: Errors,
        contexts: Contexts,
        shared: Shared | None = None,
    ) -> None:
        self._journal = journal
        self._shared = shared
        self._clock = clock
        self._errors = errors
        self._contexts = contexts
        self._open: dict[str, Count] = {}
        self._moved: set[str] = set()
        self._wake = asyncio.Event()
        self._over = asyncio.Event()  # some batch has no open job left: no reason to wait
        self._stopped = False
        self._stop_listening = bus.listen(self._hear, progress=False)

    def resume(self, batch: Job, members: Sequence[Job]) -> None:
        """Go on counting a batch that an earlier process left open."""
        self._open[batch.id] = Count(members, batch.spec.members or 0)
        self._mark(batch.id)

    async def run(self) -> None:
        """Write tallies until `stop`."""
        while not self._stopped:
            await self._wake.wait()
            await self._write_all()
            with suppress(TimeoutError):
                async with asyncio.timeout(INTERVAL):
                    await self._over.wait()
        await self._write_all()

    def stop(self) -> None:
        """What has moved is still written; then `run` returns."""
        self._stop_listening()
        self._stopped = True
        self._wake.set()
        self._over.set()

    def _hear(self, notice: Notice) -> None:
        job = notice.job
        if job is None:
            return
        if job.is_batch:
            self._hear_batch(job, notice)
        elif job.spec.batch is not None:
            if self._shared is not None:  # made by any node; whoever moves one of its jobs brings it on
                self._open.setdefault(job.spec.batch, Count((), 1))
            elif count := self._open.get(job.spec.batch):
                count.moved(job)
            if job.spec.batch in self._open:
                self._mark(job.spec.batch)

    def _hear_batch(self, batch: Job, notice: Notice) -> None:
        if isinstance(notice.event, ev.Submitted):
            self._open[batch.id] = Count((), batch.spec.members or 0)
        elif isinstance(notice.event, ev.CancelWished) and batch.id in self._open:
            self._mark(batch.id)

    def _mark(self, batch_id: str) -> None:
        self._moved.add(batch_id)
        self._wake.set()
        if self._open[batch_id].tally.open == 0:
            self._over.set()

    async def _write_all(self) -> None:
        self._wake.clear()
        self._over.clear()
        moved, self._moved = self._moved, set()
        await asyncio.gather(*(self._write(batch_id) for batch_id in moved))

    async def _write(self, batch_id: str) -> None:
        """Bring the batch to where its jobs are, an event at a time."""
        count, seq = self._open.get(batch_id), 0
        while count is not None:  # None: it ended in the pass before, which began behind the last move
            try:
                if self._shared is not None:  # jobs that other nodes run: counted where they are
                    count = Count.standing(*await self._shared.members(batch_id))
                batch = await self._journal.change(batch_id, partial(self._next, count=count))
            except UnknownJob:  # another history has begun
                del self._open[batch_id]
                return
            except StoreError as error:
                log.warning("batch %s waits for the store: %s", batch_id, error)
                self._moved.add(batch_id)
                self._wake.set()
                return
            if batch.phase in ENDS:
                del self._open[batch_id]
                return
            if batch.seq == seq:
                return
            seq = batch.seq

    def _next(self, batch: Job, count: Count) -> ev.Event | None:
        now, tally = self._clock.wall(), count.tally
        if batch.phase in ENDS:
            return None
        if batch.phase is Phase.PENDING:
            return ev.Claimed(now, HOLDER) if tally.pending < tally.total else None
        if batch.position < 0:
            return ev.StageEntered(now, 0)
        if tally != batch.tally or count.percent > batch.floor:
            return ev.Progressed(now, count.percent, None, tally)
        return self._end(batch, tally, now)

    def _end(self, batch: Job, tally: Tally, now: float) -> ev.Event | None:
        kind = tally.end(wished=batch.phase is Phase.CANCELLING) if tally.total else None
        if kind is None:
            return None
        if kind is Kind.RETURN:
            return ev.Returned(now, encode({"counts": tally._asdict(), "with_errors": tally.with_errors}))
        if kind is Kind.CANCEL:
            return ev.Cancelled(now, self._errors.body("JOB_CANCELLED", id=f"{batch.id}-{batch.run}"))
        body = self._errors.body("BATCH_FAILED", id=f"{batch.id}-{batch.run}")
        log.warning("batch %s failed, error id %s", batch.id, body["id"])
        self._contexts.note(batch, body)
        return ev.Failed(now, body)
