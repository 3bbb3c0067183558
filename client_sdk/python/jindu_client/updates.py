"""What a watch yields."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from .errors import JobCancelled, JobFailed, NotEnded, seconds

Kind = Literal["progress", "result", "complete", "error"]
Key = str | int


@dataclass(frozen=True, slots=True)
class Update:
    """One change of one job.

    `progress`, `reached` are percent of the whole job. `key` and `data` belong to a `result` (one partial result),
    `result` to `complete`, `error` and `reached` to `error` (failed or cancelled). `state` is the newest state known, as
    the server sent it. `url` is where the server keeps data too large for a frame; clients fetch it before they yield.
    """

    kind: Kind
    job: str
    seq: int
    status: str = "pending"
    stage: str = ""
    progress: float = 0.0
    message: str = ""
    attempt: int = 1
    max_attempts: int = 1
    key: Key | None = None
    data: Any = None
    result: Any = None
    error: Mapping[str, Any] | None = None
    reached: float | None = None
    state: Mapping[str, Any] = field(default_factory=dict, repr=False)
    url: str | None = field(default=None, repr=False)

    @property
    def is_end(self) -> bool:
        """Nothing follows an end; each job has exactly one."""
        return self.kind in ("complete", "error")


@dataclass(frozen=True, slots=True)
class FeedUpdate:
    """What a feed tells of one of many jobs: its newest `state`, without result; it is no place to resume from.

    `head` (type, owner, tags, created_at) comes with the first mention on a connection. `gone`: the job was removed. With
    `job` None the feed `channel` stands, anew after each lost connection: what happened before is to be listed by HTTP now.
    """

    job: str | None
    state: Mapping[str, Any] = field(default_factory=dict)
    head: Mapping[str, Any] | None = None
    gone: bool = False
    channel: str | None = None


def progressed(job: str, seq: int, state: Mapping[str, Any], kind: Kind = "progress") -> Update:
    """A change of state: of kind `progress`, or one of the two ends."""
    ended = kind in ("complete", "error")
    # A failure that will be tried again shows its error while pending; it is not the end.
    return Update(
        kind=kind,
        job=job,
        seq=seq,
        result=state.get("result") if ended else None,
        error=state.get("error"),
        reached=seconds(state.get("reached")),
        url=_url(state, "result"),
        state=state,
        **_shown(state),
    )


def partial(job: str, seq: int, frame: Mapping[str, Any], state: Mapping[str, Any]) -> Update:
    """One partial result: `key` with `data` (or `data_url`) of the frame, beside the newest state known."""
    return Update(
        kind="result",
        job=job,
        seq=seq,
        key=frame.get("key"),
        data=frame.get("data"),
        url=_url(frame, "data"),
        state=state,
        **_shown(state, status="running"),
    )


def outcome(end: Update, results: Mapping[Key, Any], lang: str = "en") -> Any:
    """The result of a completed job; raises `JobFailed` or `JobCancelled` for the other ends."""
    if end.kind == "complete":
        return end.result
    kind = JobCancelled if end.status == "cancelled" else JobFailed
    error = kind(end.job, end.error or {}, results, end.reached)
    error.lang = lang
    raise error


def settled(snapshot: Mapping[str, Any], lang: str = "en") -> Any:
    """The result in a snapshot; raises `NotEnded`, `JobFailed` or `JobCancelled` where there is none."""
    job, status = str(snapshot.get("id") or ""), str(snapshot.get("status") or "pending")
    if status not in ("completed", "failed", "cancelled"):
        raise NotEnded(job, status)
    kind: Kind = "complete" if status == "completed" else "error"
    results = {entry.get("key"): entry.get("data") for entry in snapshot.get("partial") or ()}
    return outcome(progressed(job, int(snapshot.get("seq") or 0), snapshot, kind), results, lang)


def _shown(state: Mapping[str, Any], status: str = "pending") -> dict[str, Any]:
    return {
        "status": state.get("status") or status,
        "stage": state.get("stage") or "",
        "progress": float(state.get("progress") or 0),
        "message": state.get("message") or "",
        "attempt": state.get("attempt") or 1,
        "max_attempts": state.get("max_attempts") or 1,
    }


def _url(holder: Mapping[str, Any], name: str) -> str | None:
    return None if name in holder and holder[name] is not None else holder.get(f"{name}_url")
