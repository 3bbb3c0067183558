"""The façade of the engine: what the web and the author's face call to submit, read, list, change and remove jobs."""

from collections import Counter
from collections.abc import Callable, Sequence

from ..core import events as ev
from ..core.clock import Clock
from ..core.errors import Errors
from ..core.job import Job
from ..core.states import ENDS, Kind, Phase, Status
from ..store.contract import Kept, LogEntry, Query, Record, Store
from .journal import Journal
from .limits import RESULTS_PER_JOB
from .options import Options, check_options, check_priority
from .refusals import AlreadyEnded, KeyReused, NotEnded, NotRetryable, QueueFull, RemovedJob, UnknownJob, UnknownType
from .registry import JobType, Registry
from .submitting import USUAL, Submitting, Terms
from .why import Circumstances, Reason, reasons

REMOVED_AT_ONCE = 500  # jobs in one transaction: others write between two


class Jobs:
    """Each method that names a job raises `UnknownJob`, or `RemovedJob` when it was there once."""

    def __init__(
        self, registry: Registry, store: Store, journal: Journal, clock: Clock, errors: Errors, terms: Terms = USUAL
    ) -> None:
        self._registry = registry
        self._store = store
        self._journal = journal
        self._clock = clock
        self._errors = errors
        self.submitting = Submitting(store, journal, clock, terms)

    def type(self, name: str) -> JobType:
        """Raises `UnknownType`."""
        found = self._registry.get(name)
        if found is None:
            raise UnknownType(f"there is no job type {name!r}; known are {', '.join(self._registry.names) or 'none'}")
        return found

    def keep_for(self, job_type: JobType) -> float:
        """Seconds that jobs of this type are kept after their end."""
        return self.submitting.keep_for(job_type)

    async def submit(self, job_type: JobType, params: bytes, options: Options) -> Job:
        """`offer`, for who need not know whether the job is new."""
        return (await self.offer(job_type, params, options))[0]

    async def offer(self, job_type: JobType, params: bytes, options: Options) -> tuple[Job, bool]:
        """Make a job of checked `params` (JSON text); durable when it returns. The job, and whether it is new.

        With `options.key` or `options.id` the same submit again gives the same job. Raises `InvalidParams`, `QueueFull`,
        `KeyReused`, `RemovedJob` when the job of that key or id was removed, and `StoreError` when the store refuses.
        """
        return await self.submitting.submit(job_type, params, options)

    async def retry(self, job_id: str, *, from_start: bool = False) -> tuple[Job, bool]:
        """Make a job of one that failed or was cancelled, over its committed steps unless `from_start`. The job, and whether
        it is new: a job is retried once, again gives the same. Raises `NotRetryable`, and as `offer` does."""
        old = (await self.read(job_id)).job
        return await self.submitting.retry(old, self.type(old.spec.type), from_start=from_start)

    async def read(self, job_id: str) -> Record:
        """The committed state of a job, with its result. Of one in motion here what is in memory: a reader never sees more than
        those who watch, and the store is not asked."""
        moving = self._journal.visible(job_id)
        if moving is not None and not moving.is_completed and not moving.is_batch:
            return Record(moving)
        record = await self._store.read(job_id)
        if record is None or record.job.is_batch:
            raise await self.missing(job_id)
        return record

    async def results(self, job_id: str, after: int = 0, limit: int = RESULTS_PER_JOB) -> Sequence[Kept]:
        """Partial results above seq `after`, in order."""
        return await self._store.results(job_id, after, limit)

    async def log(self, job_id: str, after: int, limit: int, kind: Kind | None = None) -> Sequence[LogEntry]:
        """Kept events above seq `after`, in order."""
        return await self._store.log(job_id, after, limit, kind)

    async def page(self, query: Query) -> Sequence[Job]:
        return await self._store.page(query)

    async def retried(self, jobs: Sequence[Job]) -> dict[str, str]:
        """Of these jobs, those that were retried by hand, each with the job made of it. Free for who cannot have been."""
        asked = [job.id for job in jobs if job.phase in (Phase.FAILED, Phase.CANCELLED)]
        return await self._store.retries(asked) if asked else {}

    async def cancel(self, job_id: str, reason: str | None = None) -> Job:
        """Wish for the end of a job: a pending one is cancelled at once, a running one is asked to stop.

        Asking again changes nothing. Raises `AlreadyEnded` when it completed or failed.
        """

        def decide(job: Job) -> ev.Event | None:
            if job.phase in (Phase.CANCELLING, Phase.CANCELLED):
                return None
            if job.phase in ENDS:
                raise AlreadyEnded(job_id)
            if job.phase is Phase.PENDING:
                return ev.Cancelled(self._clock.wall(), self._errors.body("JOB_CANCELLED", id=f"{job.id}-{job.run}"))
            return ev.CancelWished(self._clock.wall(), reason)

        return await self._change(job_id, decide)

    async def change(self, job_id: str, *, priority: int | None = None, tags: tuple[str, ...] | None = None) -> Job:
        """Change what is given. Raises `AlreadyEnded`, and `InvalidParams` for a priority out of range."""
        if priority is not None:
            check_priority(priority)

        def decide(job: Job) -> ev.Event | None:
            if job.phase in ENDS:
                raise AlreadyEnded(job_id)
            wanted = (job.priority if priority is None else priority, job.tags if tags is None else tags)
            return None if wanted == (job.priority, job.tags) else ev.Changed(self._clock.wall(), *wanted)

        return await self._change(job_id, decide)

    async def remove(self, job_id: str) -> None:
        """Remove a job that has ended, with all that is its own; a tombstone stays. Raises `NotEnded`, also while its batch is
        open."""
        if not (await self.read(job_id)).job.is_completed or not await self._remove([job_id]):
            raise NotEnded(job_id)

    async def prune(self, older_than: float, status: Status | None = None, owner: str | None = None) -> int:
        """Remove all jobs (of one status, of one owner) that ended at least `older_than` seconds ago; how many there were."""
        before, number = self._clock.wall() - older_than, 0
        while found := await self._store.finished(before, status, REMOVED_AT_ONCE, owner):
            number += await self._remove(found)
        return number

    async def why(self, job_id: str, *, draining: bool, concurrency: int) -> tuple[Job, list[Reason]]:
        """Why the job is not moving; `draining` and `concurrency` are the node's."""
        job = (await self.read(job_id)).job
        now, held, job_type = self._clock.wall(), self._journal.held, self._registry.get(job.spec.type)
        around = Circumstances(
            now=now,
            draining=draining,
            running=len(held),
            limit=concurrency,
            type_running=Counter(one.spec.type for one in held)[job.spec.type],
            type_limit=None if job_type is None else job_type.concurrency,
            paused=self._registry.is_paused(job.spec.type),
            ahead=await self._store.ahead(job, now) if job.phase is Phase.PENDING else 0,
            held=any(one.id == job_id for one in held),
        )
        return job, reasons(job, around)

    async def _change(self, job_id: str, decide: Callable[[Job], ev.Event | None]) -> Job:
        def of_a_job(job: Job) -> ev.Event | None:
            if job.is_batch:
                raise UnknownJob(job_id)
            return decide(job)

        try:
            return await self._journal.change(job_id, of_a_job)
        except UnknownJob:
            raise await self.missing(job_id) from None

    async def _remove(self, job_ids: Sequence[str]) -> int:
        removed = await self._store.remove(job_ids, self._clock.wall())
        for job_id in removed:
            self._journal.removed(job_id)
        return len(removed)

    async def missing(self, job_id: str) -> UnknownJob:
        """Why there is no such job: it was removed, or never was."""
        return RemovedJob(job_id) if await self._store.tombstone(job_id) else UnknownJob(job_id)


__all__ = [
    "AlreadyEnded", "Jobs", "KeyReused", "NotEnded", "NotRetryable", "Options", "QueueFull", "RemovedJob", "UnknownJob",
    "UnknownType", "check_options",
]  # fmt: skip
