"""Frames of `jindu.v1`, server to client (PROTOCOL section 2). Job frames are encoded here, once for all who watch."""

from collections.abc import Iterable, Mapping
from typing import Literal, cast

import orjson

from .advice import SILENT, Advice, Told
from .batch import Tally
from .catalogue import CATALOGUE
from .clock import rfc3339
from .codec import encode
from .events import Key
from .job import Job
from .messages import (
    ByeFrame,
    GoneFrame,
    HelloFrame,
    HintFrame,
    JobFrame,
    PingFrame,
    ProblemFrame,
    ResetFrame,
    ResultFrame,
    SubscribedFrame,
)
from .shown import AnyState, CompletedState, Counts, FailedState, State, texts
from .states import Phase

SUBPROTOCOL = "jindu.v1"
VERSION = 1
MESSAGE_BYTES = 48 * 1024  # the largest WebSocket message we send
INLINE_BYTES = 32 * 1024  # above it, data goes by URL
STALE_AFTER = 30  # seconds without any frame after which a client shows "waiting"


# `advice`: who says what of a job that goes on (`core.advice`); it is asked here and nowhere else.


def state(job: Job, result: bytes | None = None, advice: Advice = SILENT) -> AnyState:
    """The `state` object; `result` is JSON text and is shown only when the job completed."""
    if job.phase is Phase.COMPLETED:
        return _completed(job, result or b"null")
    return _failed(job) if job.is_completed else standing(job, advice)


def standing(job: Job, advice: Advice = SILENT) -> State:
    """What a job stands at, without how it ended."""
    told = advice.of(job)
    shown: State = {
        "status": job.status,
        "stage": job.stage,
        "progress": job.progress,
        "is_completed": job.is_completed,
        "message": job.message,
        "attempt": job.attempt,
        "max_attempts": job.spec.max_attempts,
        "results": job.results,
        "retry_at": rfc3339(job.retry_at),
        "cancelling": job.cancelling,
        "updated_at": rfc3339(job.updated_at),
        "eta": told.eta,
        "queue": told.queue,
        "stale_after": None if job.is_completed else STALE_AFTER,
    }
    if job.tally is not None:
        shown["counts"] = counts(job.tally)
        shown["with_errors"] = job.tally.with_errors
    return shown


def counts(tally: Tally) -> Counts:
    """How many jobs of a batch there are of each status."""
    return cast(Counts, tally._asdict())


def state_frame(job: Job, result: bytes | None = None, advice: Advice = SILENT) -> bytes:
    """The newest state of a job: `progress` while it is open, else its end."""
    return encode(_newest(job, result or b"null", advice))


def result_frame(job_id: str, seq: int, key: Key, data: bytes, newest: Job | None = None, advice: Advice = SILENT) -> bytes:
    """One partial result; with `newest`, the job whose newest change it is, it carries the state."""
    frame: ResultFrame = {"type": "result", "job": job_id, "seq": seq, "key": key}
    if len(data) <= INLINE_BYTES:
        frame["data"] = orjson.Fragment(data)
    else:
        frame["data_url"] = f"/v1/jobs/{job_id}/partial/{seq}"
    if newest is not None:
        frame["state"] = standing(newest, advice)
    return encode(frame)


def feed_frame(job: Job, *, first: bool, advice: Advice = SILENT) -> bytes:
    """A state for a feed. It moves no cursor, so it is marked; results stay out, a feed shows many jobs."""
    frame = _newest(job, None, advice)
    frame["feed"] = True
    if first:
        frame["head"] = {
            "type": job.spec.type,
            "owner": job.spec.owner,
            "tags": list(job.tags),
            "created_at": rfc3339(job.spec.created_at),
        }
    return encode(frame)


def gone_frame(job_id: str) -> bytes:
    """For feeds: the job was removed."""
    frame: GoneFrame = {"type": "gone", "job": job_id, "feed": True}
    return encode(frame)


def hello(*, epoch: str, conn: str, ping: float, now: float, auth: Literal["ok", "needed"] = "ok") -> HelloFrame:
    return {"type": "hello", "v": VERSION, "epoch": epoch, "conn": conn, "ping": ping, "now": rfc3339(now), "auth": auth}


def subscribed(channels: Mapping[str, int]) -> SubscribedFrame:
    return {"type": "subscribed", "channels": dict(channels)}


def hint_frame(job: Job, told: Told) -> bytes:
    """What is to be said of a job that does not move."""
    frame: HintFrame = {"type": "hint", "job": job.id, "queue": told.queue, "eta": told.eta}
    return encode(frame)


def reset(job_id: str) -> ResetFrame:
    return {"type": "reset", "job": job_id}


def problem(code: str, channel: str | None = None, detail: Mapping[str, str] | None = None) -> ProblemFrame:
    """A request refused. `detail` says in zh and en what exactly was wrong with it."""
    kind = CATALOGUE[code]
    frame: ProblemFrame = {
        "type": "problem",
        "code": code,
        "title": texts(kind.title),
        "message": texts(detail or kind.message),
        "action": kind.action,
        "temporary": kind.retryable,
        "retry_ms": None if kind.retry_after is None else int(kind.retry_after * 1000),
    }
    if channel is not None:
        frame["channel"] = channel
    return frame


def bye(code: int, why: str, *, retry_ms: int | None = None, stop: bool = False) -> ByeFrame:
    return {"type": "bye", "code": code, "retry_ms": retry_ms, "why": why, "stop": stop}


def ping() -> PingFrame:
    return {"type": "ping"}


def pack(encoded: Iterable[bytes]) -> Iterable[bytes]:
    """WebSocket messages from frames in order: one frame stays an object, several become arrays of at most 48 KiB."""
    batch: list[bytes] = []
    size = 1
    for frame in encoded:
        if batch and size + len(frame) + 1 > MESSAGE_BYTES:
            yield _joined(batch)
            batch, size = [], 1
        batch.append(frame)
        size += len(frame) + 1
    if batch:
        yield _joined(batch)


def _joined(batch: list[bytes]) -> bytes:
    return batch[0] if len(batch) == 1 else b"[" + b",".join(batch) + b"]"


def _newest(job: Job, result: bytes | None, advice: Advice) -> JobFrame:
    if job.phase is Phase.COMPLETED:
        return {"type": "complete", "job": job.id, "seq": job.seq, "state": _completed(job, result)}
    if job.is_completed:
        return {"type": "error", "job": job.id, "seq": job.seq, "state": _failed(job)}
    return {"type": "progress", "job": job.id, "seq": job.seq, "state": standing(job, advice)}


def _completed(job: Job, result: bytes | None) -> CompletedState:
    """With the result inline as it is, or by URL when large; None leaves it out."""
    shown = cast(CompletedState, standing(job))
    if result is not None and len(result) <= INLINE_BYTES:
        shown["result"] = orjson.Fragment(result)
    elif result is not None:
        shown["result_url"] = f"/v1/jobs/{job.id}/result"
    return shown


def _failed(job: Job) -> FailedState:
    return {**standing(job), "error": job.error, "reached": job.reached}
