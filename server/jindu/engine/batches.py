"""The façade for batches: many jobs made in one transaction, watched and cancelled as one."""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from ..core import events as ev
from ..core.batch import BATCH
from ..core.clock import Clock
from ..core.codec import decode_own, encode
from ..core.job import Job
from ..core.plan import Plan
from ..core.states import ENDS, Phase, Status
from ..store.contract import Exists, Gone, Query, Record, Store
from .jobs import Jobs
from .journal import Journal, UnknownJob
from .options import Options
from .refusals import AlreadyEnded, RemovedJob
from .registry import JobType
from .tallying import HOLDER, Tallying

MEMBERS = 1_000  # jobs in one batch
PLAN = Plan()
PAGE = 100


@dataclass(frozen=True, slots=True)
class Wanted:
    """One job of a batch, its parameters (JSON text) checked against its type."""

    type: JobType
    params: bytes
    options: Options


@dataclass(frozen=True, slots=True)
class Order:
    """A batch as asked for: each job, or the error it was rejected with. `asked` is the text of the submit: with `key` the
    same text again gives the same batch."""

    jobs: Sequence[Wanted | Mapping[str, Any]]
    asked: bytes
    owner: str | None = None
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a submit is answered: ids in the order of the jobs asked for, None where one was rejected, and why."""

    jobs: Sequence[str | None]
    rejected: Sequence[Mapping[str, Any]]

    @classmethod
    def of(cls, batch: Job) -> "Manifest":
        """It is kept as the parameters of the batch."""
        kept = decode_own(batch.spec.params)
        return cls(kept["jobs"], kept["rejected"])

    @property
    def text(self) -> bytes:
        return encode({"jobs": self.jobs, "rejected": self.rejected})


class Batches:
    """Each method that names a batch raises `UnknownJob`, or `RemovedJob` when it was there once."""

    def __init__(self, store: Store, journal: Journal, jobs: Jobs, tallying: Tallying, clock: Clock) -> None:
        self._store = store
        self._journal = journal
        self._jobs = jobs
        self._submitting = jobs.submitting
        self._tallying = tallying
        self._clock = clock

    async def recover(self) -> None:
        """Go on with the batches that an earlier process left open. Called when the jobs themselves were taken back; again and
        again where another node may leave some."""
        for status in (Status.PENDING, Status.RUNNING):
            query = Query(status=status, batches=True, limit=PAGE)
            while batches := await self._store.page(query):
                for batch in batches:
                    counted = self._store.shared is not None and not batch.cancelling
                    members = () if counted else await self._members(batch.id)
                    self._tallying.resume(batch, members)
                    if batch.cancelling:
                        await self._cancel_all(members)
                query = replace(query, before=(batches[-1].spec.created_at, batches[-1].id))

    async def offer(self, order: Order) -> tuple[Job, bool]:
        """Make a batch and its jobs in one transaction. The batch, and whether it is new.

        Raises `InvalidParams`, `QueueFull`, `KeyReused`, `RemovedJob`, `StoreError`; then nothing was made."""
        now = self._clock.wall()
        batch_id = self._submitting.new_id(now, BATCH)
        wanted = [job for job in order.jobs if isinstance(job, Wanted)]
        await self._submitting.make_sure_of_room(len(wanted))
        made = [self._submitting.event(job.type, job.params, job.options, now, batch=batch_id) for job in wanted]
        ids = iter([event.spec.id for event in made])
        manifest = Manifest(
            [next(ids) if isinstance(job, Wanted) else None for job in order.jobs],
            [{"index": index, "error": job} for index, job in enumerate(order.jobs) if not isinstance(job, Wanted)],
        )
        spec = ev.Submission(
            id=batch_id,
            type=BATCH,
            params=manifest.text,
            plan=PLAN,
            created_at=now,
            owner=order.owner,
            key=order.key,
            keep_for=max(event.spec.keep_for for event in made),
            fingerprint=hashlib.blake2b(order.asked, digest_size=16).hexdigest(),
            members=len(made),
        )
        try:
            return (await self._journal.submit_all([ev.Submitted(now, spec, now), *made]))[0], True
        except Exists as taken:
            return await self._submitting.same_submit(taken.id, spec), False
        except Gone as gone:
            raise RemovedJob(gone.id) from None

    async def read(self, batch_id: str) -> Record:
        """The committed state of a batch, with its result."""
        record = await self._store.read(batch_id)
        if record is None or not record.job.is_batch:
            raise await self._jobs.missing(batch_id)
        return record

    async def cancel(self, batch_id: str, reason: str | None = None) -> Job:
        """Wish for the end of a batch and of all its jobs that are open. Asking again changes nothing. Raises `AlreadyEnded`
        when it completed or failed."""

        def decide(batch: Job) -> ev.Event | None:
            if not batch.is_batch:
                raise UnknownJob(batch_id)
            if batch.phase in (Phase.CANCELLING, Phase.CANCELLED):
                return None
            if batch.phase in ENDS:
                raise AlreadyEnded(batch_id)
            now = self._clock.wall()
            # A batch that waits is not cancelled at once, as a job is: that would be an end before those of its jobs.
            return ev.Claimed(now, HOLDER) if batch.phase is Phase.PENDING else ev.CancelWished(now, reason)

        try:
            batch = await self._journal.change(batch_id, decide)
            while batch.phase is Phase.RUNNING:
                batch = await self._journal.change(batch_id, decide)
        except UnknownJob:
            raise await self._jobs.missing(batch_id) from None
        if batch.phase is Phase.CANCELLING:
            await self._cancel_all(await self._members(batch_id))
        return (await self.read(batch_id)).job

    async def _members(self, batch_id: str) -> Sequence[Job]:
        return await self._store.page(Query(batch=batch_id, limit=MEMBERS))

    async def _cancel_all(self, members: Sequence[Job]) -> None:
        await asyncio.gather(*(self._cancel(job.id) for job in members if not job.is_completed))

    async def _cancel(self, job_id: str) -> None:
        with suppress(AlreadyEnded):
            await self._jobs.cancel(job_id)
