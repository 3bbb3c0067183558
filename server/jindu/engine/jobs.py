"""The façade of the engine: what the web and the author's face call to submit, read, list and cancel jobs."""

from collections.abc import Sequence
from dataclasses import dataclass

from ..core import events as ev
from ..core.clock import Clock
from ..core.codec import decode
from ..core.errors import Errors
from ..core.ids import IdMaker
from ..core.job import Job
from ..core.states import ENDS, Phase, Status
from ..store.contract import Exists, Kept, Query, Record, Store
from .journal import Journal, UnknownJob
from .limits import RESULTS_PER_JOB
from .params import FieldError, InvalidParams
from .registry import JobType, Registry

PARAMS_BYTES = 256 * 1024
PRIORITY_LIMIT = 3_600  # seconds of head start, either way
LONGEST_WAIT = 10 * 365 * 86_400  # seconds: a time further off has no date that can be shown
QUEUE_LIMIT = 10_000


class UnknownType(LookupError):
    """No job of this name is registered here."""


class AlreadyEnded(Exception):
    """The job has ended; nothing was changed."""


class QueueFull(Exception):
    """Too many jobs are waiting."""


class KeyReused(Exception):
    """The idempotency key belongs to a submit with other parameters."""


@dataclass(frozen=True, slots=True)
class Options:
    """How a job is to be run, apart from its parameters. Durations in seconds."""

    owner: str | None = None
    key: str | None = None
    priority: int = 0
    tags: tuple[str, ...] = ()
    delay: float = 0.0
    expires_in: float | None = None


class Jobs:
    def __init__(self, registry: Registry, store: Store, journal: Journal, clock: Clock, errors: Errors) -> None:
        self._registry = registry
        self._store = store
        self._journal = journal
        self._clock = clock
        self._errors = errors
        self._ids = IdMaker()
        self._waiting = 0
        self._counted_at = float("-inf")

    def type(self, name: str) -> JobType:
        """Raises `UnknownType`."""
        found = self._registry.get(name)
        if found is None:
            raise UnknownType(f"there is no job type {name!r}; known are {', '.join(self._registry.names) or 'none'}")
        return found

    async def submit(self, job_type: JobType, params: bytes, options: Options) -> Job:
        """Make a job of checked `params` (JSON text); durable when it returns.

        With `options.key` the same submit again gives the same job. Raises `InvalidParams`, `QueueFull`, `KeyReused`, and
        `StoreError` when the store refuses.
        """
        check_options(params, options)
        # Before the first await, so that jobs submitted together keep their order.
        now = self._clock.wall()
        job_id = self._ids.new(now)
        await self._make_sure_of_room()
        spec = ev.Submission(
            id=job_id,
            type=job_type.name,
            params=params,
            plan=job_type.plan,
            created_at=now,
            owner=options.owner,
            key=options.key,
            max_attempts=job_type.retry.attempts,
            keep_for=job_type.keep_for,
            expires_at=None if options.expires_in is None else now + options.expires_in,
        )
        try:
            return await self._journal.submit(ev.Submitted(now, spec, now + options.delay, options.priority, options.tags))
        except Exists as taken:
            return await self._same_submit(taken.id, params)

    async def read(self, job_id: str) -> Record:
        """The committed state of a job, with its result; raises `UnknownJob`."""
        record = await self._store.read(job_id)
        if record is None:
            raise UnknownJob(job_id)
        return record

    async def results(self, job_id: str, after: int = 0, limit: int = RESULTS_PER_JOB) -> Sequence[Kept]:
        """Partial results above seq `after`, in order."""
        return await self._store.results(job_id, after, limit)

    async def page(self, query: Query) -> Sequence[Job]:
        return await self._store.page(query)

    async def cancel(self, job_id: str, reason: str | None = None) -> Job:
        """Wish for the end of a job: a pending one is cancelled at once, a running one is asked to stop.

        Asking again changes nothing. Raises `UnknownJob`, and `AlreadyEnded` when it completed or failed.
        """

        def decide(job: Job) -> ev.Event | None:
            if job.phase in (Phase.CANCELLING, Phase.CANCELLED):
                return None
            if job.phase in ENDS:
                raise AlreadyEnded(job_id)
            if job.phase is Phase.PENDING:
                return ev.Cancelled(self._clock.wall(), self._errors.body("JOB_CANCELLED", id=f"{job.id}-{job.run}"))
            return ev.CancelWished(self._clock.wall(), reason)

        return await self._journal.change(job_id, decide)

    async def _make_sure_of_room(self) -> None:
        # Counted once a second and added to between: the limit is a judgement, a count for each submit would cost more.
        now = self._clock.monotonic()
        if now >= self._counted_at + 1:
            self._counted_at = now
            before = self._waiting
            waiting = (await self._store.counts())[Status.PENDING]
            self._waiting += waiting - before  # others were added while we counted
        if self._waiting >= QUEUE_LIMIT:
            raise QueueFull(f"{QUEUE_LIMIT} jobs are waiting")
        self._waiting += 1

    async def _same_submit(self, job_id: str, params: bytes) -> Job:
        record = await self.read(job_id)
        if decode(record.job.spec.params) != decode(params):
            raise KeyReused(job_id)
        return record.job


def check_options(params: bytes, options: Options) -> None:
    """Raises `InvalidParams` for what no job may have; before anything exists."""
    errors = []
    if len(params) > PARAMS_BYTES:
        errors.append(FieldError("/params", f"at most {PARAMS_BYTES} bytes of JSON, not {len(params)}"))
    if not -PRIORITY_LIMIT <= options.priority <= PRIORITY_LIMIT:
        errors.append(FieldError("/priority", f"seconds of head start, -{PRIORITY_LIMIT} to {PRIORITY_LIMIT}"))
    if not 0 <= options.delay <= LONGEST_WAIT:
        errors.append(FieldError("/delay", f"seconds, from 0 to {LONGEST_WAIT} (ten years)"))
    if options.expires_in is not None and not 0 < options.expires_in <= LONGEST_WAIT:
        errors.append(FieldError("/expires_in", f"seconds, above 0 and at most {LONGEST_WAIT} (ten years)"))
    if errors:
        raise InvalidParams(errors)


__all__ = ["AlreadyEnded", "Jobs", "KeyReused", "Options", "QueueFull", "UnknownJob", "UnknownType", "check_options"]
