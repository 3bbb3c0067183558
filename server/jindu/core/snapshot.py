"""A job as HTTP shows it (HTTP_API, Snapshot): every field from one value, advice and links beside it."""

from collections.abc import Sequence
from typing import Any

import orjson

from . import frames
from .clock import rfc3339
from .events import Key
from .job import Job
from .states import ENDS, Phase

POLL_FAST_MS = 1_000
POLL_SLOW_MS = 5_000
QUIET_AFTER = 30.0  # seconds without a change after which polling may slow down


def poll_after_ms(job: Job, wall: float) -> int | None:
    """When asking again makes sense, from how the job moves; None when it has ended."""
    if job.is_completed:
        return None
    return POLL_FAST_MS if wall - job.updated_at < QUIET_AFTER else POLL_SLOW_MS


def item(job: Job, epoch: str, wall: float) -> dict[str, Any]:
    """An entry of a list: the snapshot without params, partial results, result and stages."""
    shown = frames.state(job)
    for name in ("result", "result_url"):
        shown.pop(name, None)
    return {
        "id": job.id,
        "type": job.spec.type,
        **shown,
        "error": job.error if job.is_completed else None,
        "reached": job.reached,
        "seq": job.seq,
        "epoch": epoch,
        "owner": job.spec.owner,
        "tags": list(job.tags),
        "priority": job.priority,
        "created_at": rfc3339(job.spec.created_at),
        "started_at": rfc3339(job.started_at),
        "finished_at": rfc3339(job.finished_at),
        "expires_at": rfc3339(job.spec.expires_at),
        "retry_of": None,
        "retried_by": None,
        "batch": None,
        "poll_after_ms": poll_after_ms(job, wall),
        "links": _links(job),
    }


def snapshot(
    job: Job, result: bytes | None, partial: Sequence[tuple[int, Key, bytes]], epoch: str, wall: float
) -> dict[str, Any]:
    """The whole snapshot. `partial` is (seq, key, JSON text) in order; `result` is JSON text."""
    shown = item(job, epoch, wall)
    shown["stages"] = stages(job)
    shown["params"] = orjson.Fragment(job.spec.params)
    shown["partial"] = [{"seq": seq, "key": key, "data": orjson.Fragment(data)} for seq, key, data in partial]
    completed = job.phase is Phase.COMPLETED
    shown["result"] = orjson.Fragment(result) if completed and result is not None else None
    return shown


def stages(job: Job) -> list[dict[str, Any]]:
    """Stages in order with their own percent and times; one passed over is `skipped`."""
    entered = dict(job.entered)
    starts = sorted(job.entered)
    rows = []
    for position, stage in enumerate(job.spec.plan.stages):
        after = [at for later, at in starts if later > position]
        ended = min(after) if after else job.finished_at
        rows.append(
            {
                "name": stage.name,
                "title": stage.titles(),
                "state": _stage_state(job, position, entered),
                "progress": _stage_progress(job, position, entered),
                "started_at": rfc3339(entered.get(position)),
                "ended_at": rfc3339(ended) if position in entered else None,
            }
        )
    return rows


def _stage_state(job: Job, position: int, entered: dict[int, float]) -> str:
    if position not in entered:
        return "skipped" if position < job.position or job.phase is Phase.COMPLETED else "pending"
    if position < job.position or job.phase is Phase.COMPLETED:
        return "completed"
    return job.phase.value if job.phase in ENDS else "running"


def _stage_progress(job: Job, position: int, entered: dict[int, float]) -> float:
    if position not in entered:
        return 0.0
    if position < job.position or job.phase is Phase.COMPLETED:
        return 100.0
    return job.spec.plan.within(position, job.floor)


def _links(job: Job) -> dict[str, str]:
    base = f"/v1/jobs/{job.id}"
    return {"self": base, "events": f"{base}/events", "result": f"{base}/result", "cancel": f"{base}/cancel"}
