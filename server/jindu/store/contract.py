"""What every store promises. One suite (`tests/contract`) holds each implementation to this text.

StoreError
├── Conflict        the job is not at the seq and run the change was made from: somebody else was first
├── Exists          a job with this id, this (owner, type, key), or made by a retry of the same job, is there already
├── Gone            a job with this id, or this (owner, type, key), was removed
├── StorageFull     no space; nothing of the change was kept; it may be tried again
├── StoreBusy       locked by another process for longer than the time-out; it may be tried again
└── StoreBroken     an I/O error, or one whose outcome is unknown: the store must be opened anew
StoreRefused        the store cannot be opened; the text says what to do
└── StoreInUse      another process has it
"""

import asyncio
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeAlias, runtime_checkable

from ..core.contexts import ErrorContext
from ..core.events import Event, Key
from ..core.job import Job
from ..core.states import Kind, Status
from ..core.webhooks import Delivery
from .contexts import ContextStore
from .findings import Examined
from .keys import KeyStore
from .schedules import ScheduleStore
from .shared import Shared
from .webhooks import WebhookStore


class StoreError(Exception):
    """Nothing of the change is visible, except as `StoreBroken` says."""


class Conflict(StoreError):
    """The fence held: the job has moved on."""


class Exists(StoreError):
    """`id` is the job that is there already."""

    def __init__(self, id: str) -> None:
        super().__init__(f"there is a job with this id or key already: {id}")
        self.id = id


class Gone(StoreError):
    """`id` is the job that was removed; its id and key are not used again while its tombstone stays."""

    def __init__(self, id: str) -> None:
        super().__init__(f"the job with this id or key was removed: {id}")
        self.id = id


class StorageFull(StoreError):
    """No space left."""


class StoreBusy(StoreError):
    """Locked for longer than the time-out."""


class StoreBroken(StoreError):
    """The outcome may be unknown: a refused submit may exist after the next start."""


class StoreRefused(Exception):
    """The store cannot be opened. The text is for people."""


class StoreInUse(StoreRefused):
    """Another process has it open."""


@dataclass(slots=True, eq=False)
class Moved:
    """One event of one job: `job` is the state after it, made from `before` (None: the job is new).

    Until the writer has `taken` it, the journal may put a newer adjacent progress in its place (same seq). `deliveries` are
    kept with an end (`webhooks`).
    """

    before: Job | None
    job: Job
    event: Event
    taken: bool = False
    deliveries: Sequence[Delivery] = ()


@dataclass(slots=True, eq=False)
class StepDone:
    """A checkpoint: step `name` of the job returned `value` (JSON text). Kept only while `run` is the job's run."""

    job: str
    run: int
    name: str
    value: bytes
    taken: bool = False


@dataclass(slots=True, eq=False)
class Together:
    """Changes that are kept or refused as one."""

    moves: Sequence[Moved]
    taken: bool = False


@dataclass(slots=True, eq=False)
class Noted:
    """An error context; a second one with the same id takes the place of the first."""

    context: ErrorContext
    taken: bool = False


Change: TypeAlias = Moved | StepDone | Together | Noted
Told: TypeAlias = Callable[[StoreError | None], None]  # how a change was settled: None, or why it was refused


@dataclass(frozen=True, slots=True)
class Kept:
    """One partial result; `data` is JSON text."""

    seq: int
    key: Key
    data: bytes


@dataclass(frozen=True, slots=True)
class Record:
    """A job with what is read beside it: its result (JSON text; None unless completed)."""

    job: Job
    result: bytes | None = None


@dataclass(frozen=True, slots=True)
class Query:
    """Which jobs a page lists, newest first; with `batches` the batches instead. `q` matches a prefix of the id, or a tag or
    the type exactly."""

    status: Status | None = None
    type: str | None = None
    owner: str | None = None
    tag: str | None = None
    q: str | None = None
    batch: str | None = None
    created_after: float | None = None
    before: tuple[float, str] | None = None  # keyset: the (created_at, id) of the last job seen
    limit: int = 50
    batches: bool = False


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One kept event as it is in the log."""

    seq: int
    event: Event


class Store(KeyStore, ContextStore, WebhookStore, ScheduleStore, Protocol):
    """Durable = it survives the death of the process, and of the machine where the store's settings say so.

    `epoch` is a random id born with the database (PROTOCOL section 1); `boot` names this opening of it and is the `holder`
    of the jobs this process runs. A store that is `shared` may begin a new epoch while it is open. All methods may be
    cancelled; a cancelled `commit` may still happen.
    """

    @property
    def epoch(self) -> str: ...

    @property
    def boot(self) -> str: ...

    @property
    def shared(self) -> Shared | None:
        """What several nodes that use the store at once need of it besides; None if one process has it to itself."""
        ...

    @property
    def broken(self) -> str | None:
        """None while the store can be trusted, else why not, for operators."""
        ...

    def commit(self, change: Change) -> asyncio.Future[None]:
        """Queue a change; the future is done when it is durable, or failed with a `StoreError`.

        Promises:
        * row and event of a change, and the deliveries of an end, are one transaction: no reader ever sees one without the
          other;
        * changes are settled in the order they were queued;
        * a `Moved` is kept only if the stored job has `before.seq` and `before.run`, else `Conflict`; a new job only if its
          id, its (owner, type, key) and its `retry_of` are free, else `Exists`, and neither id nor key have a tombstone, else
          `Gone`; a `StepDone` only while `run` is the job's run and the job is
          running, else `Conflict`;
        * a `Together` is one change: refused for the first of its moves that does not fit;
        * a change that fails leaves nothing behind and does not take others with it, except after an I/O error;
        * the newest progress event of a job replaces the one before; every other event is kept;
        * a kept step sets `crashes` to 0, and a `Moved` moves `crashes` by the difference of its two jobs, so that it need not
          know of the step; a second value for the same step is ignored;
        * a new job that `inherits` has the committed steps of the job it retries, from the same transaction on;
        * a value without a stored form (a lone surrogate, an integer above 64 bits) fails its change with a plain `StoreError`.
        """
        ...

    async def run(self) -> None:
        """The writer: to be run as one task by the node while the store is used. Ends by `close`."""
        ...

    async def close(self) -> None:
        """Write what is queued, release everything. A second call does nothing."""
        ...

    async def read(self, job_id: str) -> Record | None:
        """The committed state of a job, with its result. `Record.job.spec.params` is filled."""
        ...

    async def results(self, job_id: str, after: int = 0, limit: int = 1000) -> Sequence[Kept]:
        """Partial results with seq above `after`, by rising seq, at most `limit`."""
        ...

    async def log(self, job_id: str, after: int = 0, limit: int = 1000, kind: Kind | None = None) -> Sequence[LogEntry]:
        """Kept events (of one kind, or all) with seq above `after`, by rising seq, at most `limit`.

        A kept progress says where the job stood after it: its floor, message and `updated_at`, which dropped ones may have
        made. So folding the log of a job gives its row, but for `seq` where overtaken progress was dropped, and `crashes`
        where a step reset it."""
        ...

    async def steps(self, job_id: str) -> dict[str, bytes]:
        """Values of committed steps by name, JSON text."""
        ...

    async def page(self, query: Query) -> Sequence[Job]:
        """Jobs by falling (created_at, id). Their `spec.params` is empty: lists do not carry params."""
        ...

    async def ready(self, types: Collection[str], now: float, limit: int) -> Sequence[Job]:
        """Pending jobs of these types that are due, lowest `rank` first, ties by created_at and id; params are filled."""
        ...

    async def next_due(self, types: Collection[str], now: float) -> float | None:
        """Wall-clock second at which the next pending job of these types falls due after `now`; None if there is none."""
        ...

    async def orphans(self) -> Sequence[Job]:
        """Jobs whose process is gone: held by another boot than this; in a `shared` store by one whose lease is over."""
        ...

    async def expired(self, now: float, limit: int = 100) -> Sequence[Job]:
        """Pending jobs whose `expires_at` has passed."""
        ...

    async def counts(self) -> dict[Status, int]:
        """How many jobs, batches apart, there are of each status (statuses without any are 0)."""
        ...

    async def tally(self, owner: str | None = None) -> dict[str, dict[Status, int]]:
        """The same for each type that has jobs (of one owner)."""
        ...

    async def ahead(self, job: Job, now: float) -> int:
        """How many pending jobs of its type are due and come before it in `ready`."""
        ...

    async def retries(self, job_ids: Collection[str]) -> dict[str, str]:
        """Of these jobs, those that were retried by hand, each with the job that was made of it and is still kept."""
        ...

    async def finished(
        self, before: float, status: Status | None = None, limit: int = 500, owner: str | None = None
    ) -> Sequence[str]:
        """Ids of jobs that had ended at `before` (wall-clock seconds), of one status and owner or any, in no order: neither
        batches nor the jobs of a batch that is open, which is counted from them."""
        ...

    async def remove(self, job_ids: Collection[str], now: float) -> Sequence[str]:
        """Remove those of these jobs that have ended, as `sweep` does (not those of an open batch); returns their ids."""
        ...

    async def sweep(self, now: float, limit: int = 500) -> Sequence[str]:
        """Remove ended jobs whose `finished_at + keep_for` has passed, with all that belongs to them; returns their ids.
        Each leaves a tombstone for 30 days, which holds its id and key. Never touches open jobs. Bounds the error contexts
        and the deliveries too (`contexts`, `webhooks`)."""
        ...

    async def examine(self, after: int = 0, limit: int = 20, *, open_only: bool = False) -> Sequence[Examined]:
        """`limit` jobs and batches (with `open_only` those that have not ended) behind the place `after`, each held against
        its log."""
        ...

    async def mend(self, job_id: str) -> Examined | None:
        """Set the row of a job right from its log, if they disagree and the log is a history; what was found before, None if
        there is no such job. Moves no seq that a log does not name."""
        ...

    async def backup(self, target: Path) -> None:
        """Write all that is committed to a new file, while work goes on. Who opens it begins a new epoch: what happened since
        is not in it. Raises `StoreError`; then there is no file."""
        ...

    async def tombstone(self, job_id: str) -> bool:
        """Whether a job of this id existed and was removed."""
        ...


@runtime_checkable
class TellsDirectly(Protocol):
    """An optional power of a store: to tell how a change was settled without a future for each, a whole group in one turn."""

    def post(self, change: Change, told: Told) -> None:
        """As `commit`. `told` is called on the event loop, behind the end of this call; changes are told in their order."""
        ...


__all__ = [
    "Change", "Conflict", "Exists", "Gone", "Kept", "LogEntry", "Moved", "Noted", "Query", "Record", "StepDone", "StorageFull",
    "Store", "StoreBroken", "StoreBusy", "StoreError", "StoreInUse", "StoreRefused", "TellsDirectly", "Together", "Told",
]  # fmt: skip
