"""The calls about jobs: making, reading, changing, listing."""

from typing import Annotated, Literal

from pydantic import Field

from ...core.ids import CLIENT_ID
from ...core.shown import Json, Snapshot, Time
from ...core.states import Status
from ..answers import Accepted, Unchanged
from ..asking import LONGEST_WAIT, SEQ_LIMIT
from ..changing import CancelBody, ChangeBody, Pruned
from ..history import PAGE_DEFAULT, PAGE_LIMIT, EventPage
from ..listing import LIST_DEFAULT, LIST_LIMIT, JobPage
from ..reading import Why
from ..submitting import KEY, RetryBody, SubmitBody
from .operation import Answer, Calls, Link, Operation, Parameter

TAG = "jobs"
NAMED = (404, 410)  # no such job; it was there once
Wait = Annotated[int, Field(ge=0, le=LONGEST_WAIT)]
Seq = Annotated[int, Field(ge=0, le=SEQ_LIMIT)]
DURATION = r"^([0-9]+(\.[0-9]+)?|([0-9]+(\.[0-9]+)?(ms|[smhd]))+)$"
End = Literal["completed", "failed", "cancelled"]

ID = Parameter("id", "path", Annotated[str, Field(min_length=1)], "the job", required=True)
OWN_ID = Parameter(
    "id", "path", Annotated[str, Field(pattern=f"^{CLIENT_ID.pattern}$")], "an id of your own, not used before", required=True
)
SUBMIT_ASKS = (
    Parameter("wait", "query", Wait, "seconds that the answer may be held back for the job's end; as Prefer: wait=10"),
    Parameter("Prefer", "header", str, "wait=10: as the parameter wait, for who can set headers (RFC 7240)"),
)
ONCE = "makes the submit safe to repeat; kept as long as the job"
KEYS = (
    Parameter("Idempotency-Key", "header", Annotated[str, Field(pattern=f"^{KEY.pattern}$")], ONCE),
    Parameter("idempotency_key", "query", Annotated[str, Field(pattern=f"^{KEY.pattern}$")], f"{ONCE}; wins over the header"),
)
HISTORY_ASKS = (
    ID,
    Parameter("after", "query", Seq, "only what came after this seq"),
    Parameter("limit", "query", Annotated[int, Field(ge=1, le=PAGE_LIMIT)], f"at most so many, {PAGE_DEFAULT} if not given"),
)
HELD_ASKS = (
    Parameter("wait", "query", Wait, "seconds to hold the answer until the job is beyond `since`"),
    Parameter(
        "since",
        "query",
        Annotated[str, Field(pattern="^[A-Za-z0-9_-]*:[0-9]{1,18}$")],
        "the cursor held, epoch:seq",
        example="EPOCH:17",
    ),
    Parameter("If-None-Match", "header", str, "the ETag held: 304 while nothing has moved"),
    Parameter("if_none_match", "query", str, "the same, for who cannot set headers; wins, quotes may be left out"),
)
LIST_ASKS = (
    Parameter("status", "query", Status, "only of this status"),
    Parameter("type", "query", str, "only of this type"),
    Parameter("owner", "query", str, "only of this owner"),
    Parameter("tag", "query", str, "only with this tag"),
    Parameter("q", "query", str, "the beginning of an id, a tag or a type"),
    Parameter("batch", "query", str, "only of this batch"),
    Parameter("created_after", "query", Time, "only what was submitted after this time", example="2026-01-31T12:00:00Z"),
    Parameter("limit", "query", Annotated[int, Field(ge=1, le=LIST_LIMIT)], f"at most so many, {LIST_DEFAULT} if not given"),
    Parameter("cursor", "query", str, "next_cursor of the page before, as it is"),
)
PRUNE_ASKS = (
    Parameter("older_than", "query", Annotated[str, Field(pattern=DURATION)],
              "how long ago they ended: seconds, or as 7d or 1h30m; 0 takes all", required=True,
              example="7d"),
    Parameter("status", "query", End, "only of this status"),
)  # fmt: skip


def leads(place: str) -> tuple[Link, ...]:
    """From an answer to what can be done with the job whose id stands at `place`."""
    to = ("readJob", "cancelJob", "listEvents", "readLog", "readResult", "explainJob", "retryJob", "changeJob", "removeJob")
    return tuple(Link(name, {"id": f"$response.body#/{place}"}) for name in to)


def _snapshot(text: str, *headers: str, may: tuple[str, ...] = ("Retry-After",)) -> Answer:
    return Answer(text, Snapshot, headers=headers, may=may, links=leads("id"))


def _accepted(text: str) -> Answer:
    may = ("Retry-After", "Idempotency-Replayed", "Preference-Applied")
    return Answer(text, Accepted, headers=("Location",), may=may, links=leads("id"))


SUBMITTED = {
    202: _accepted("it is durable, and will run"),
    200: _accepted("it ended while you were ready to wait"),
}
EVENTS = Answer("a page", EventPage, may=("Link",), links=(Link("readPartial", {"id": "$response.body#/id"}),))

COLLECTION: Calls = {
    ("POST", "/v1/jobs"): Operation(
        "submitJob", TAG, "Submit a job", SUBMITTED, (*SUBMIT_ASKS, *KEYS), SubmitBody, refusals=NAMED
    ),
    ("GET", "/v1/jobs"): Operation(
        "listJobs",
        TAG,
        "List jobs, newest first",
        {200: Answer("a page", JobPage, may=("Link",), links=leads("items/0/id"))},
        LIST_ASKS,
    ),
    ("DELETE", "/v1/jobs"): Operation(
        "pruneJobs",
        TAG,
        "Remove jobs that have ended",
        {200: Answer("they are gone, their ids are not used again", Pruned)},
        PRUNE_ASKS,
    ),
}
ONE: Calls = {
    ("PUT", "/v1/jobs/{id}"): Operation(
        "putJob",
        TAG,
        "Submit a job under an id of your own",
        SUBMITTED,
        (OWN_ID, *SUBMIT_ASKS),
        SubmitBody,
        refusals=NAMED,
    ),
    ("GET", "/v1/jobs/{id}"): Operation(
        "readJob",
        TAG,
        "Read a job, at once or when it has moved",
        {
            200: Answer(
                "the snapshot, also of a job that failed; or, at the end of a wait, that nothing has moved",
                Snapshot | Unchanged,
                may=("ETag", "Retry-After"),
                links=(*leads("id"), Link("readPartial", {"id": "$response.body#/id", "seq": "$response.body#/partial/0/seq"})),
            ),
            304: Answer("nothing has moved since the ETag", headers=("ETag",), may=("Retry-After",)),
        },
        (ID, *HELD_ASKS),
        refusals=NAMED,
    ),
    ("PATCH", "/v1/jobs/{id}"): Operation(
        "changeJob",
        TAG,
        "Change priority or tags of an open job",
        {200: _snapshot("as it is now")},
        (ID,),
        ChangeBody,
        body_example={"priority": 60, "tags": ["urgent"]},
        refusals=(*NAMED, 409),
    ),
    ("DELETE", "/v1/jobs/{id}"): Operation(
        "removeJob",
        TAG,
        "Remove a job that has ended",
        {204: Answer("it is gone; its id answers 410 from now on", links=(Link("readJob", {"id": "$request.path.id"}),))},
        (ID,),
        refusals=(*NAMED, 409),
    ),
    ("POST", "/v1/jobs/{id}/cancel"): Operation(
        "cancelJob",
        TAG,
        "Wish for the end of a job",
        {202: _snapshot("the wish is kept"), 200: _snapshot("it is cancelled")},
        (ID,),
        CancelBody,
        body_needed=False,
        body_example={"reason": "no longer needed"},
        refusals=(*NAMED, 409),
    ),
    ("POST", "/v1/jobs/{id}/retry"): Operation(
        "retryJob",
        TAG,
        "Make a new job of one that failed or was cancelled",
        {
            202: _accepted("a new job, with `retry_of`"),
            200: _accepted("it was retried before: that same new job"),
        },
        (ID,),
        RetryBody,
        body_needed=False,
        body_example={"from": "start"},
        refusals=(*NAMED, 409),
    ),
}
PARTS: Calls = {
    ("GET", "/v1/jobs/{id}/result"): Operation(
        "readResult",
        TAG,
        "Read the result",
        {
            200: Answer("the result as it was returned", Json),
            202: _snapshot("there is none yet"),
            409: _snapshot("it ended without one; partial results are in it"),
        },
        (ID,),
        refusals=NAMED,
    ),
    ("GET", "/v1/jobs/{id}/why"): Operation(
        "explainJob", TAG, "Why a job is not moving", {200: Answer("reasons for people", Why)}, (ID,), refusals=NAMED
    ),
    ("GET", "/v1/jobs/{id}/events"): Operation(
        "listEvents", TAG, "What happened to a job", {200: EVENTS}, HISTORY_ASKS, refusals=NAMED,
        text="Every kept event: all but overtaken progress.",
    ),
    ("GET", "/v1/jobs/{id}/log"): Operation(
        "readLog", TAG, "The lines that a job logged", {200: EVENTS}, HISTORY_ASKS, refusals=NAMED
    ),
    ("GET", "/v1/jobs/{id}/partial/{seq}"): Operation(
        "readPartial",
        TAG,
        "One partial result",
        {200: Answer("its data as the job gave it", Json)},
        (ID, Parameter("seq", "path", Seq, "of the partial result", required=True)),
        refusals=NAMED,
    ),
}  # fmt: skip
JOBS: Calls = {**COLLECTION, **ONE, **PARTS}
