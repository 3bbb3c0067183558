"""A job as HTTP shows it (HTTP_API, Snapshot): every field from one value, advice and links beside it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import orjson

from . import events as ev
from . import frames
from .advice import SILENT, Advice, Told, poll_after_ms
from .clock import rfc3339
from .events import Key
from .job import Job
from .shown import Batch, EventShown, Facts, JobItem, Links, Snapshot, StageShown, StageState
from .states import Phase

_ENDED: Mapping[Phase, StageState] = {Phase.FAILED: "failed", Phase.CANCELLED: "cancelled"}


def item(job: Job, epoch: str, wall: float, retried_by: str | None = None, advice: Advice = SILENT) -> JobItem:
    """An entry of a list: the snapshot without params, partial results, result and stages. `retried_by` is read from the new
    job: it moves no seq."""
    standing = frames.standing(job, advice)
    return {
        "id": job.id,
        "type": job.spec.type,
        **standing,
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
        "retry_of": job.spec.retry_of,
        "retried_by": retried_by,
        "batch": job.spec.batch,
        "poll_after_ms": poll_after_ms(job, Told(standing["eta"], standing["queue"]), wall),
        "links": _links(job),
    }


def snapshot(
    job: Job,
    result: bytes | None,
    partial: Sequence[tuple[int, Key, bytes]],
    epoch: str,
    wall: float,
    retried_by: str | None = None,
    advice: Advice = SILENT,
) -> Snapshot:
    """The whole snapshot. `partial` is (seq, key, JSON text) in order; `result` is JSON text."""
    completed = job.phase is Phase.COMPLETED
    return {
        **item(job, epoch, wall, retried_by, advice),
        "stages": stages(job),
        "params": orjson.Fragment(job.spec.params),
        "partial": [{"seq": seq, "key": key, "data": orjson.Fragment(data)} for seq, key, data in partial],
        "result": orjson.Fragment(result) if completed and result is not None else None,
    }


def batch(job: Job, result: bytes | None, epoch: str, wall: float, advice: Advice = SILENT) -> Batch:
    """A batch: the entry of a list with its result and what its submit was answered: the ids of its jobs in the order asked
    for (null where one was rejected), how many were accepted, and why the others were not."""
    completed, manifest = job.phase is Phase.COMPLETED, orjson.loads(job.spec.params)
    return {
        **item(job, epoch, wall, None, advice),
        "accepted": job.spec.members or 0,
        "jobs": manifest["jobs"],
        "rejected": manifest["rejected"],
        "result": orjson.Fragment(result) if completed and result is not None else None,
    }


def stages(job: Job) -> list[StageShown]:
    """Stages in order with their own percent and times; one passed over is `skipped`."""
    entered = dict(job.entered)
    starts = sorted(job.entered)
    rows: list[StageShown] = []
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


def _stage_state(job: Job, position: int, entered: dict[int, float]) -> StageState:
    if position not in entered:
        return "skipped" if position < job.position or job.phase is Phase.COMPLETED else "pending"
    if position < job.position or job.phase is Phase.COMPLETED:
        return "completed"
    return _ENDED.get(job.phase, "running")


def _stage_progress(job: Job, position: int, entered: dict[int, float]) -> float:
    if position not in entered:
        return 0.0
    if position < job.position or job.phase is Phase.COMPLETED:
        return 100.0
    return job.spec.plan.within(position, job.floor)


def _links(job: Job) -> Links:
    if job.is_batch:
        base = f"/v1/batches/{job.id}"
        return {"self": base, "jobs": f"/v1/jobs?batch={job.id}", "cancel": f"{base}/cancel"}
    base = f"/v1/jobs/{job.id}"
    return {"self": base, "events": f"{base}/events", "result": f"{base}/result", "cancel": f"{base}/cancel"}


def entry(job: Job, seq: int, event: ev.Event) -> EventShown:
    """A kept event of the job. Who ran it stays inside; the end result is read at `links.result`."""
    shown: EventShown = {"seq": seq, "kind": event.kind, "at": rfc3339(event.at)}
    facts = _FACTS.get(type(event))
    if facts is not None:
        shown.update(cast(EventShown, facts(job, seq, event)))
    return shown


def _result_kept(job: Job, seq: int, event: ev.ResultKept) -> Facts:
    if len(event.data) > frames.INLINE_BYTES:
        return {"key": event.key, "data_url": f"/v1/jobs/{job.id}/partial/{seq}"}
    return {"key": event.key, "data": orjson.Fragment(event.data)}


_FACTS: Mapping[type[Any], Callable[[Job, int, Any], Facts]] = {
    ev.Submitted: lambda job, seq, e: {"priority": e.priority, "tags": list(e.tags), "due_at": rfc3339(e.due_at)},
    ev.StageEntered: lambda job, seq, e: {"stage": job.spec.plan.name(e.position)},
    ev.Progressed: lambda job, seq, e: {"progress": e.percent, "message": e.message},
    ev.ResultKept: _result_kept,
    ev.Logged: lambda job, seq, e: {"line": e.line},
    ev.Changed: lambda job, seq, e: {"priority": e.priority, "tags": list(e.tags)},
    ev.RetryScheduled: lambda job, seq, e: {"retry_at": rfc3339(e.retry_at), "error": e.error},
    ev.LeaseLost: lambda job, seq, e: {"error": e.error},
    ev.CancelWished: lambda job, seq, e: {"reason": e.reason},
    ev.Failed: lambda job, seq, e: {"error": e.error},
    ev.Cancelled: lambda job, seq, e: {"error": e.error},
}
