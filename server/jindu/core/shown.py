"""What is told of a job as JSON, as types: the state in frames, the snapshot and list items of HTTP, kept events, errors.

`frames` and `snapshot` make these values and the type checker holds them to it; the documents (`/openapi.json`,
`/asyncapi.json`, the TypeScript types) are made from the same types. Times are RFC 3339 in UTC, durations seconds.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, NotRequired, TypeAlias, cast

from pydantic import Field
from typing_extensions import TypedDict

from .states import Kind, Status

# Any JSON value. What authors return stays text until it leaves, so that it is a fragment here and no value.
Json: TypeAlias = Any
Seconds: TypeAlias = Annotated[float, Field(description="seconds", ge=0)]
Time: TypeAlias = Annotated[str, Field(description="RFC 3339, UTC", json_schema_extra={"format": "date-time"})]
Percent: TypeAlias = Annotated[float, Field(ge=0, le=100)]
Seq: TypeAlias = Annotated[int, Field(description="the job's place after so many committed changes", ge=1)]
Key: TypeAlias = str | int
StageState: TypeAlias = Literal["pending", "running", "completed", "skipped", "failed", "cancelled"]
Action: TypeAlias = Annotated[str, Field(description="what a button should do: retry, switch_model, view_partial, wait, …")]


class Texts(TypedDict):
    """One text in both languages."""

    zh: str
    en: str


def texts(of: Mapping[str, str]) -> Texts:
    """Texts that are known to be there in zh and en; further languages of an application are carried along."""
    return cast(Texts, dict(of))


class ErrorBody(TypedDict):
    """Why an attempt or a job ended badly, in words for people. Nothing of the exception itself."""

    code: Annotated[str, Field(description="a code of the catalogue, or one that the application added")]
    title: Texts
    message: Texts
    action: Action
    action_text: Texts
    retryable: bool
    retry_after: Seconds | None
    id: Annotated[str | None, Field(description="to be found again in the server's log")]


class Eta(TypedDict):
    """How long it may still take: as likely more as less (`p50`), and seldom more (`p90`)."""

    p50: Seconds
    p90: Seconds
    slow: NotRequired[Annotated[Literal[True], Field(description="it is longer in its stage than nearly all runs before it")]]


class Queue(TypedDict):
    """The place among those of its type that wait (1: the next), and the time until its turn comes, null if unknown."""

    position: Annotated[int, Field(ge=1)]
    wait: Seconds | None


class Counts(TypedDict):
    """How many jobs there are of each status."""

    pending: int
    running: int
    completed: int
    failed: int
    cancelled: int


class State(TypedDict):
    """What a job stands at. `status`, `stage`, `progress` and `is_completed` never disagree."""

    status: Status
    stage: Annotated[str, Field(description="init, a stage of the job, or the name of the end")]
    progress: Annotated[Percent, Field(description="of the whole job; 100 only when completed, 0 when failed or cancelled")]
    is_completed: Annotated[bool, Field(description="whether it has ended, in any way")]
    message: Annotated[str, Field(description="the author's last words to people")]
    attempt: Annotated[int, Field(ge=1)]
    max_attempts: Annotated[int, Field(ge=1)]
    results: Annotated[int, Field(description="how many partial results are kept", ge=0)]
    retry_at: Time | None
    cancelling: Annotated[bool, Field(description="its end was wished for")]
    updated_at: Time
    eta: Eta | None
    queue: Queue | None
    stale_after: Annotated[
        float | None, Field(description="seconds without any frame about it after which a client shows that it waits")
    ]
    counts: NotRequired[Annotated[Counts, Field(description="of a batch: of its jobs")]]
    with_errors: NotRequired[Annotated[bool, Field(description="of a batch: whether any job failed or was cancelled")]]


class CompletedState(State):
    """The end, completed: the result, or its address when it is large."""

    result: NotRequired[Json]
    result_url: NotRequired[str]


class FailedState(State):
    """The end, failed or cancelled: why, and how far it had come."""

    error: ErrorBody | None
    reached: Percent | None


AnyState: TypeAlias = State | CompletedState | FailedState


class Links(TypedDict):
    """Where the rest of a job is read; of a batch: where its jobs are."""

    self: str
    cancel: str
    events: NotRequired[str]
    result: NotRequired[str]
    jobs: NotRequired[str]


class JobItem(State):
    """A job in a list: the snapshot without stages, params, partial results and result."""

    id: str
    type: str
    error: Annotated[ErrorBody | None, Field(description="why it failed or was cancelled")]
    reached: Annotated[Percent | None, Field(description="how far it had come when it failed or was cancelled")]
    seq: Seq
    epoch: Annotated[str, Field(description="of the history; with seq the cursor epoch:seq")]
    owner: str | None
    tags: list[str]
    priority: int
    created_at: Time
    started_at: Time | None
    finished_at: Time | None
    expires_at: Time | None
    retry_of: Annotated[str | None, Field(description="the job that it was made from by hand")]
    retried_by: Annotated[str | None, Field(description="the job that was made from it by hand")]
    batch: str | None
    poll_after_ms: Annotated[int | None, Field(description="when asking again makes sense; null at the end", ge=0)]
    links: Links


class StageShown(TypedDict):
    """A stage with its own percent and times."""

    name: str
    title: Texts
    state: StageState
    progress: Percent
    started_at: Time | None
    ended_at: Time | None


class PartialResult(TypedDict):
    """A partial result that is kept."""

    seq: Seq
    key: Key
    data: Json


class Snapshot(JobItem):
    """All that can be told of a job, of one seq."""

    stages: list[StageShown]
    params: Annotated[Json, Field(json_schema_extra={"type": "object"})]
    partial: list[PartialResult]
    result: Annotated[Json, Field(description="null until it has completed")]


class Facts(TypedDict, total=False):
    """What a kept event says beside its kind and time; which of these depends on the kind."""

    priority: int
    tags: list[str]
    due_at: Time
    stage: str
    progress: Percent
    message: str | None
    key: Key
    data: Json
    data_url: str
    line: str
    retry_at: Time
    reason: str | None
    error: ErrorBody


class EventShown(Facts):
    """A kept event of a job."""

    seq: Seq
    kind: Kind
    at: Time


class Pointed(TypedDict):
    """One fault in what was sent. `pointer` is a JSON pointer (RFC 6901) into the body."""

    pointer: str
    detail: str


class ProblemBody(TypedDict):
    """A refusal (RFC 9457). `detail` is one sentence for developers, `text` is for people, `action` what a button should do."""

    type: str
    title: Annotated[str, Field(description="in the language asked for with Accept-Language, zh or en")]
    status: int
    detail: str
    instance: str
    code: str
    text: Texts
    action: Action
    action_text: Texts
    retryable: bool
    retry_after: Seconds | None
    trace_id: Annotated[str, Field(description="to be found again in the server's log")]
    errors: NotRequired[list[Pointed]]


class Rejected(TypedDict):
    """A job of a batch that was not accepted: its place in what was asked for, and the problem with it."""

    index: Annotated[int, Field(ge=0)]
    error: ProblemBody


class Batch(JobItem):
    """A batch: its jobs in the order asked for, null where one was rejected."""

    accepted: Annotated[int, Field(description="how many jobs it has", ge=1)]
    jobs: list[str | None]
    rejected: list[Rejected]
    result: Annotated[Json, Field(description="counts and with_errors; null until it has completed")]
