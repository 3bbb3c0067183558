"""What must be done to jobs that nobody is running: orphans of a dead process, expired waits, the end of keeping."""

import logging
from functools import partial

from ..bus.contract import Bus, Notice
from ..core import events as ev
from ..core.clock import Clock
from ..core.errors import Errors
from ..core.job import Job
from ..core.states import HELD, Phase
from ..store.contract import Store
from .contexts import Contexts
from .journal import Journal

log = logging.getLogger("jindu.engine")

CRASHES_TO_QUARANTINE = 3  # deaths of the process in a row, without a new step between them
SWEEP_EVERY = 30.0  # seconds


class Upkeep:
    def __init__(self, store: Store, journal: Journal, bus: Bus, clock: Clock, errors: Errors) -> None:
        self._store = store
        self._journal = journal
        self._bus = bus
        self._clock = clock
        self._errors = errors
        self._contexts = Contexts(store, clock)
        self._next_sweep = 0.0

    async def recover(self) -> int:
        """Take back the jobs of processes that are gone; returns how many. Called before any job is claimed, and again where
        other nodes may die."""
        orphans = await self._store.orphans()
        for orphan in orphans:
            await self._journal.change(orphan.id, partial(self._taken_back, run=orphan.run))
        if orphans:
            log.warning("%d jobs of a process that died go on from where they were", len(orphans))
        return len(orphans)

    async def tick(self, now: float) -> None:
        """`now` is monotonic seconds."""
        wall = self._clock.wall()
        if self._store.shared is not None and self._store.shared.settled:
            await self.recover()
        for job in await self._store.expired(wall):
            await self._journal.change(job.id, self._expired)
        if now >= self._next_sweep:
            self._next_sweep = now + SWEEP_EVERY
            for job_id in await self._store.sweep(wall):
                self._bus.publish(Notice(job_id, 0))

    def _taken_back(self, job: Job, run: int | None = None) -> ev.Event | None:
        if job.phase not in HELD or run not in (None, job.run):  # another node was faster, and it may run elsewhere already
            return None
        now = self._clock.wall()
        if job.crashes + 1 >= CRASHES_TO_QUARANTINE:
            return ev.Failed(now, self._error(job, "JOB_QUARANTINED"))
        return ev.LeaseLost(now, self._error(job, "JOB_INTERRUPTED"))

    def _expired(self, job: Job) -> ev.Event | None:
        late = job.spec.expires_at is not None and job.spec.expires_at <= self._clock.wall()
        if job.phase is not Phase.PENDING or not late:
            return None
        return ev.Failed(self._clock.wall(), self._error(job, "JOB_EXPIRED"))

    def _error(self, job: Job, code: str) -> ev.ErrorBody:
        """The public error of what befell a job that nobody was running, noted for operators before it is told."""
        body = self._errors.body(code, id=f"{job.id}-{job.run}")
        log.warning("job %s (%s): %s, error id %s", job.id, job.spec.type, code, body["id"])
        if job.phase is not Phase.CANCELLING:  # it ends cancelled, which is no error
            self._contexts.note(job, body)
        return body
