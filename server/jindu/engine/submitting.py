"""Making jobs: the first time, again by key or by the client's id, and again by hand after an end."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from operator import attrgetter

from ..core import events as ev
from ..core.clock import Clock
from ..core.codec import decode, decode_own
from ..core.hook import Hook, new_secret
from ..core.ids import IdMaker
from ..core.job import Job
from ..core.plan import Plan
from ..core.states import Phase, Status
from ..store.contract import Exists, Gone, Store
from .journal import Journal, UnknownJob
from .options import Options, check_options, fingerprint
from .refusals import KeyReused, NotRetryable, QueueFull, RemovedJob
from .registry import DEFAULT_KEEP, JobType
from .throughput import Throughput

QUEUE_LIMIT = 10_000


@dataclass(frozen=True, slots=True)
class Terms:
    """On which terms jobs are taken: how many may wait; how many seconds one is kept after its end if its type does not say;
    what tells when a full queue will have room; what weighs the stages of a new job."""

    queue_limit: int = QUEUE_LIMIT
    keep_for: float = DEFAULT_KEEP
    throughput: Throughput | None = None
    plan: Callable[[JobType], Plan] = attrgetter("plan")


USUAL = Terms()


class Submitting:
    def __init__(self, store: Store, journal: Journal, clock: Clock, terms: Terms) -> None:
        self._store = store
        self._journal = journal
        self._clock = clock
        self._terms = terms
        self._ids = IdMaker()
        self._waiting = 0
        self._counted_at = float("-inf")

    def keep_for(self, job_type: JobType) -> float:
        """Seconds that jobs of this type are kept after their end: as the author said, else as the settings say."""
        return self._terms.keep_for if job_type.keep_for is None else job_type.keep_for

    async def submit(self, job_type: JobType, params: bytes, options: Options) -> tuple[Job, bool]:
        """A new job, and True; or the job that the same submit has made before, and False. See `Jobs.offer`."""
        check_options(params, options)
        # Before the first await, so that jobs submitted together keep their order.
        event = self.event(job_type, params, options, self._clock.wall())
        await self.make_sure_of_room()
        try:
            return await self._journal.submit(event), True
        except Exists as taken:
            return await self.same_submit(taken.id, event.spec), False
        except Gone as gone:
            raise RemovedJob(gone.id) from None

    def new_id(self, now: float, type: str) -> str:
        return self._ids.new(now, type)

    def event(
        self, job_type: JobType, params: bytes, options: Options, now: float, *, batch: str | None = None
    ) -> ev.Submitted:
        """The birth of a job, whose options were checked; `batch` is the batch it belongs to."""
        repeatable = options.key is not None or options.id is not None
        spec = ev.Submission(
            id=options.id or self._ids.new(now, job_type.name),
            type=job_type.name,
            params=params,
            plan=self._terms.plan(job_type),
            created_at=now,
            owner=options.owner,
            key=options.key,
            max_attempts=job_type.retry.attempts,
            keep_for=self.keep_for(job_type),
            expires_at=None if options.expires_in is None else now + options.expires_in,
            fingerprint=fingerprint(job_type.name, params, options) if repeatable else None,
            batch=batch,
            webhook=_signed(options.webhook),
        )
        return ev.Submitted(now, spec, now + options.delay, options.priority, options.tags)

    async def retry(self, old: Job, job_type: JobType, *, from_start: bool) -> tuple[Job, bool]:
        """A new job of an old one that failed or was cancelled, and True; or the one made of it before, and False."""
        if old.phase not in (Phase.FAILED, Phase.CANCELLED):
            raise NotRetryable(old.id)
        made = (await self._store.retries([old.id])).get(old.id)
        if made is not None:
            return await self._known(made), False
        asked = old.spec
        job_type.params.check(decode_own(asked.params))  # the type may have changed since
        now = self._clock.wall()
        job_id = self._ids.new(now, asked.type)
        await self.make_sure_of_room()
        spec = ev.Submission(
            id=job_id,
            type=asked.type,
            params=asked.params,
            plan=self._terms.plan(job_type),
            created_at=now,
            owner=asked.owner,
            max_attempts=job_type.retry.attempts,
            keep_for=self.keep_for(job_type),
            expires_at=None if asked.expires_at is None else now + (asked.expires_at - asked.created_at),
            retry_of=old.id,
            webhook=asked.webhook,
        )
        try:
            return await self._journal.submit(ev.Submitted(now, spec, now, old.priority, old.tags, not from_start)), True
        except Exists as taken:
            return await self._known(taken.id), False

    async def same_submit(self, job_id: str, asked: ev.Submission) -> Job:
        """The job in whose way `asked` came, if it was made by the same submit. Raises `KeyReused`."""
        job = await self._known(job_id)
        there = job.spec
        if there.fingerprint is not None:
            same = there.fingerprint == asked.fingerprint
        else:  # of a store older than fingerprints: the parameters decide; a job without key was never meant to be repeated
            same = there.key is not None and there.key == asked.key and decode(there.params) == decode(asked.params)
        if not same:
            raise KeyReused(job_id)
        return job

    async def _known(self, job_id: str) -> Job:
        """A job that was there a moment ago."""
        record = await self._store.read(job_id)
        if record is not None:
            return record.job
        raise RemovedJob(job_id) if await self._store.tombstone(job_id) else UnknownJob(job_id)

    async def make_sure_of_room(self, number: int = 1) -> None:
        """Raises `QueueFull` if so many more jobs would be too many."""
        # Counted once a second and added to between: the limit is a judgement, a count for each submit would cost more.
        now = self._clock.monotonic()
        if now >= self._counted_at + 1:
            self._counted_at = now
            before = self._waiting
            waiting = (await self._store.counts())[Status.PENDING]
            self._waiting += waiting - before  # others were added while we counted
        limit, throughput = self._terms.queue_limit, self._terms.throughput
        if self._waiting + number > limit:
            room = None if throughput is None else throughput.seconds_for(self._waiting + number - limit)
            raise QueueFull(f"{self._waiting} jobs are waiting, of {limit} that may", room)
        self._waiting += number


def _signed(hook: Hook | None) -> Hook | None:
    """A webhook that nothing was said about gets a secret of its own: whoever submits is told it."""
    return replace(hook, secret=new_secret()) if hook is not None and hook.secret is None else hook
