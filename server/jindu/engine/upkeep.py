"""What must be done to jobs that nobody is running: orphans of a dead process, expired waits, the end of keeping."""

import logging

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
        """Take back the jobs of processes that are gone; returns how many. Called once, before any job is claimed."""
        orphans = await self._store.orphans()
        for orphan in orphans:
            self._note(orphan, await self._journal.change(orphan.id, self._taken_back))
        if orphans:
            log.warning("%d jobs of a process that died go on from where they were", len(orphans))
        return len(orphans)

    async def tick(self, now: float) -> None:
        """`now` is monotonic seconds."""
        wall = self._clock.wall()
        for job in await self._store.expired(wall):
            self._note(job, await self._journal.change(job.id, self._expired))
        if now >= self._next_sweep:
            self._next_sweep = now + SWEEP_EVERY
            for job_id in await self._store.sweep(wall):
                self._bus.publish(Notice(job_id, 0))

    def _note(self, before: Job, after: Job) -> None:
        """What befell a job that nobody was running; a cancellation is no error."""
        if after.seq > before.seq and after.error is not None and after.phase is not Phase.CANCELLED:
            log.warning("job %s (%s): %s, error id %s", after.id, after.spec.type, after.error["code"], after.error["id"])
            self._contexts.note(after, after.error)

    def _taken_back(self, job: Job) -> ev.Event | None:
        if job.phase not in HELD:
            return None
        now, error_id = self._clock.wall(), f"{job.id}-{job.run}"
        if job.crashes + 1 >= CRASHES_TO_QUARANTINE:
            return ev.Failed(now, self._errors.body("JOB_QUARANTINED", id=error_id))
        return ev.LeaseLost(now, self._errors.body("JOB_INTERRUPTED", id=error_id))

    def _expired(self, job: Job) -> ev.Event | None:
        late = job.spec.expires_at is not None and job.spec.expires_at <= self._clock.wall()
        if job.phase is not Phase.PENDING or not late:
            return None
        return ev.Failed(self._clock.wall(), self._errors.body("JOB_EXPIRED", id=f"{job.id}-{job.run}"))
