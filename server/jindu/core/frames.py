"""Frames of `jindu.v1`, server to client (PROTOCOL section 2). Job frames are encoded here, once for all who watch."""

from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from .catalogue import CATALOGUE
from .clock import rfc3339
from .events import Key
from .job import Job
from .states import Phase

SUBPROTOCOL = "jindu.v1"
VERSION = 1
MESSAGE_BYTES = 48 * 1024  # the largest WebSocket message we send
INLINE_BYTES = 32 * 1024  # above it, data goes by URL
STALE_AFTER = 30  # seconds without any frame after which a client shows "waiting"

Frame = dict[str, Any]


def state(job: Job, result: bytes | None = None) -> Frame:
    """The `state` object; `result` is JSON text and is shown only when the job completed."""
    shown: Frame = {
        "status": job.status.value,
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
        "eta": None,
        "queue": None,
        "stale_after": None if job.is_completed else STALE_AFTER,
    }
    if job.tally is not None:
        shown["counts"] = job.tally._asdict()
        shown["with_errors"] = job.tally.with_errors
    if job.phase is Phase.COMPLETED:
        shown.update(_data("result", f"/v1/jobs/{job.id}/result", result or b"null"))
    elif job.is_completed:
        shown["error"] = job.error
        shown["reached"] = job.reached
    return shown


def state_frame(job: Job, result: bytes | None = None) -> bytes:
    """The newest state of a job: `progress` while it is open, else its end."""
    return orjson.dumps({"type": _kind(job), "job": job.id, "seq": job.seq, "state": state(job, result)})


def result_frame(job_id: str, seq: int, key: Key, data: bytes, newest: Job | None = None) -> bytes:
    """One partial result; with `newest`, the job whose newest change it is, it carries the state."""
    frame: Frame = {"type": "result", "job": job_id, "seq": seq, "key": key}
    frame.update(_data("data", f"/v1/jobs/{job_id}/partial/{seq}", data))
    if newest is not None:
        frame["state"] = state(newest)
    return orjson.dumps(frame)


def feed_frame(job: Job, *, first: bool) -> bytes:
    """A state for a feed. It moves no cursor, so it is marked; results stay out, a feed shows many jobs."""
    shown = state(job)
    shown.pop("result", None)
    frame: Frame = {"type": _kind(job), "job": job.id, "seq": job.seq, "state": shown, "feed": True}
    if first:
        frame["head"] = {
            "type": job.spec.type,
            "owner": job.spec.owner,
            "tags": list(job.tags),
            "created_at": rfc3339(job.spec.created_at),
        }
    return orjson.dumps(frame)


def gone_frame(job_id: str) -> bytes:
    """For feeds: the job was removed."""
    return orjson.dumps({"type": "gone", "job": job_id, "feed": True})


def hello(*, epoch: str, conn: str, ping: float, now: float, auth: str = "ok") -> Frame:
    return {"type": "hello", "v": VERSION, "epoch": epoch, "conn": conn, "ping": ping, "now": rfc3339(now), "auth": auth}


def subscribed(channels: Mapping[str, int]) -> Frame:
    return {"type": "subscribed", "channels": dict(channels)}


def hint(job: Job) -> Frame:
    return {"type": "hint", "job": job.id, "queue": None, "eta": None}


def reset(job_id: str) -> Frame:
    return {"type": "reset", "job": job_id}


def problem(code: str, channel: str | None = None, detail: Mapping[str, str] | None = None) -> Frame:
    """A request refused. `detail` says in zh and en what exactly was wrong with it."""
    kind = CATALOGUE[code]
    frame: Frame = {
        "type": "problem",
        "code": code,
        "title": dict(kind.title),
        "message": dict(detail or kind.message),
        "action": kind.action,
        "temporary": kind.retryable,
        "retry_ms": None if kind.retry_after is None else int(kind.retry_after * 1000),
    }
    if channel is not None:
        frame["channel"] = channel
    return frame


def bye(code: int, why: str, *, retry_ms: int | None = None, stop: bool = False) -> Frame:
    return {"type": "bye", "code": code, "retry_ms": retry_ms, "why": why, "stop": stop}


PING = orjson.dumps({"type": "ping"})


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


def _kind(job: Job) -> str:
    if not job.is_completed:
        return "progress"
    return "complete" if job.phase is Phase.COMPLETED else "error"


def _data(name: str, url: str, text: bytes) -> Frame:
    """Inline as it is, or by URL when large."""
    return {name: orjson.Fragment(text)} if len(text) <= INLINE_BYTES else {f"{name}_url": url}
