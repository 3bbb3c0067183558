"""Facts about a job, frozen. Each committed fact raises the job's `seq` by one; the log keeps them (progress: the newest).

``at`` is wall-clock seconds since 1970, because it is stored.
"""

from dataclasses import dataclass
from typing import ClassVar, TypeAlias

from . import shown
from .batch import Tally
from .hook import Hook
from .plan import Plan
from .states import Kind
from .value import value

Key: TypeAlias = shown.Key
ErrorBody: TypeAlias = shown.ErrorBody


@dataclass(frozen=True, slots=True)
class Submission:
    """What was asked for; never changes while the job lives. ``params`` is the JSON text as accepted.

    ``fingerprint`` is of the whole submit, for a job that may be submitted again by its key or id; ``retry_of`` the job that
    this one was made from by hand; ``batch`` the batch it belongs to. ``members``: this is a batch, of so many jobs.
    ``webhook`` is where its end is told, besides the places of its owner.
    ``webhook`` is where its end is told, besides the owner's own places.
    """

    id: str
    type: str
    params: bytes
    plan: Plan
    created_at: float
    owner: str | None = None
    key: str | None = None
    max_attempts: int = 1
    keep_for: float = 86_400.0
    expires_at: float | None = None
    fingerprint: str | None = None
    retry_of: str | None = None
    batch: str | None = None
    members: int | None = None
    webhook: Hook | None = None


@value
class Submitted:
    """``inherits``: the committed steps of the job it retries are its own from the start."""

    kind: ClassVar[Kind] = Kind.SUBMIT
    at: float
    spec: Submission
    due_at: float
    priority: int = 0
    tags: tuple[str, ...] = ()
    inherits: bool = False


@value
class Claimed:
    """``holder`` names the process that runs it: a boot id, new at each start."""

    kind: ClassVar[Kind] = Kind.CLAIM
    at: float
    holder: str


@value
class StageEntered:
    kind: ClassVar[Kind] = Kind.STAGE
    at: float
    position: int


@value
class Progressed:
    """``percent`` is of the whole job; ``message`` None leaves the one that stands. ``tally``: of a batch."""

    kind: ClassVar[Kind] = Kind.PROGRESS
    at: float
    percent: float
    message: str | None = None
    tally: Tally | None = None


@value
class ResultKept:
    """One partial result; ``data`` is JSON text. ``key`` is the author's text, or the ordinal of the call."""

    kind: ClassVar[Kind] = Kind.RESULT
    at: float
    key: Key
    data: bytes


@value
class Logged:
    kind: ClassVar[Kind] = Kind.LOG
    at: float
    line: str


@value
class Changed:
    kind: ClassVar[Kind] = Kind.CHANGE
    at: float
    priority: int
    tags: tuple[str, ...]


@value
class RetryScheduled:
    """A failed attempt with another to come; ``keep_floor`` holds if the job has committed steps to go on from."""

    kind: ClassVar[Kind] = Kind.RETRY
    at: float
    retry_at: float
    error: ErrorBody
    keep_floor: bool


@value
class HandedBack:
    kind: ClassVar[Kind] = Kind.HAND_BACK
    at: float


@value
class LeaseLost:
    """The process that ran it is gone."""

    kind: ClassVar[Kind] = Kind.LOST
    at: float
    error: ErrorBody


@value
class CancelWished:
    kind: ClassVar[Kind] = Kind.WISH
    at: float
    reason: str | None = None


@value
class Returned:
    """``result`` is JSON text."""

    kind: ClassVar[Kind] = Kind.RETURN
    at: float
    result: bytes


@value
class Failed:
    kind: ClassVar[Kind] = Kind.FAIL
    at: float
    error: ErrorBody


@value
class Cancelled:
    kind: ClassVar[Kind] = Kind.CANCEL
    at: float
    error: ErrorBody


Event: TypeAlias = (
    Submitted
    | Claimed
    | StageEntered
    | Progressed
    | ResultKept
    | Logged
    | Changed
    | RetryScheduled
    | HandedBack
    | LeaseLost
    | CancelWished
    | Returned
    | Failed
    | Cancelled
)
