"""Values of the core as rows, and back. What is read equals what was written."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, TypeAlias

import orjson

from ...core import events as ev
from ...core.batch import Tally
from ...core.contexts import ErrorContext, Raised
from ...core.hook import Hook
from ...core.job import Job
from ...core.plan import Plan
from ...core.states import Kind, Phase
from ..contract import LogEntry, Record

Row: TypeAlias = tuple[Any, ...]
LISTED = 40  # columns of the view `listed`; params, and then the result, come behind it

_dumps, _loads = orjson.dumps, orjson.loads
_PHASES = {phase.value: phase for phase in Phase}
_PLANS_KEPT = 1024
_plan_texts: dict[int, tuple[Plan, str]] = {}  # by identity, as a plan cannot be hashed; holds the plan, so ids stay true


@lru_cache(maxsize=_PLANS_KEPT)
def plan(text: str) -> Plan:
    """The plan of a JSON text; the same object for the same text."""
    return Plan.load(_loads(text))


def plan_text(value: Plan) -> str:
    """JSON text of a plan; jobs of one type share one plan, so it is made once for them."""
    known = _plan_texts.get(id(value))
    if known is not None:
        return known[1]
    if len(_plan_texts) >= _PLANS_KEPT:
        _plan_texts.clear()
    text = _dumps(value.dump()).decode()
    _plan_texts[id(value)] = (value, text)
    return text


def _text(value: Any) -> str | None:
    """JSON text of a value; nothing for an empty one, as most jobs have no tags, no stages yet, no error."""
    return _dumps(value).decode() if value else None


def _tally(text: str | None) -> Tally | None:
    return Tally(*_loads(text)) if text else None


def _hook(text: str | None) -> Hook | None:
    return Hook.load(_loads(text)) if text else None


def born(num: int, job: Job, crashes: int) -> Row:
    """Parameters of `born`."""
    spec = job.spec
    return (
        num, spec.id, spec.type, spec.owner, spec.key, spec.created_at, spec.keep_for, spec.expires_at,
        job.phase._value_, job.seq, job.run, job.attempt, crashes, job.position, job.floor, job.message, job.priority,
        _text(job.tags), job.due_at, job.updated_at, job.retry_at, job.holder, job.results, job.result_bytes, job.lines,
        _text(job.entered), job.started_at, job.finished_at, _text(job.error), job.result_size, spec.fingerprint, spec.retry_of,
        spec.batch, spec.members, _text(job.tally and tuple(job.tally)),
    )  # fmt: skip


def submission(num: int, spec: ev.Submission) -> Row:
    hook = None if spec.webhook is None else _dumps(spec.webhook.dump()).decode()
    return (num, spec.max_attempts, plan_text(spec.plan), spec.params, hook)


def moved(num: int, before: Job, job: Job, crashes: int) -> Row:
    """Parameters of `moved`; `crashes` is the difference."""
    return (
        job.phase._value_, job.seq, job.run, job.attempt, crashes, job.position, job.floor, job.message, job.priority,
        _text(job.tags), job.due_at, job.updated_at, job.retry_at, job.holder, job.results, job.result_bytes, job.lines,
        _text(job.entered), job.started_at, job.finished_at, _text(job.error), job.result_size,
        num, before.seq, before.run,
    )  # fmt: skip


def advanced(num: int, before: Job, job: Job) -> Row:
    """Parameters of `advanced`."""
    return (
        job.seq, job.position, job.floor, job.message, job.updated_at, job.results, job.result_bytes, job.lines,
        _text(job.entered), _text(job.tally and tuple(job.tally)), num, before.seq, before.run,
    )  # fmt: skip


def progress(num: int, job: Job) -> Row:
    """Parameters of `progress`: where the job stood after it, since the progress events before it are dropped."""
    return (num, job.seq, job.updated_at, job.floor, job.message, _text(job.tally and tuple(job.tally)))


def job(row: Row) -> Job:
    """The job of a row of `listed`, with params where they follow."""
    (
        _num, id, type, owner, key, created_at, keep_for, expires_at, phase, seq, run, attempt, crashes, position, floor,
        message, priority, tags, due_at, updated_at, retry_at, holder, results, result_bytes, lines, entered, started_at,
        finished_at, error, result_size, fingerprint, retry_of, batch, members, tally, max_attempts, plan_json, _status,
        _rank, webhook,
    ) = row[:LISTED]  # fmt: skip
    params = row[LISTED] if len(row) > LISTED else b""
    return Job(
        ev.Submission(
            id, type, params, plan(plan_json), created_at, owner, key, max_attempts, keep_for, expires_at, fingerprint,
            retry_of, batch, members, _hook(webhook),
        ),
        _PHASES[phase], seq, run, attempt, crashes, position, floor, message, priority,
        tuple(_loads(tags)) if tags else (), due_at, updated_at, retry_at, holder, results, result_bytes, lines,
        tuple((position, at) for position, at in _loads(entered)) if entered else (), started_at, finished_at,
        _loads(error) if error else None, result_size, _tally(tally),
    )  # fmt: skip


def blank(row: Row) -> Job:
    """What was submitted, as a job to which nothing has happened: for a row whose state may not be legible."""
    _num, id, type, owner, key, created_at, keep_for, expires_at = row[:8]
    fingerprint, retry_of, batch, members, _tally_json, max_attempts, plan_json = row[30:37]
    spec = ev.Submission(
        id, type, row[LISTED], plan(plan_json), created_at, owner, key, max_attempts, keep_for, expires_at, fingerprint,
        retry_of, batch, members, _hook(row[LISTED - 1]),
    )  # fmt: skip
    return Job(spec, Phase.PENDING, 0, 0, 1, 0, -1, 0.0, "", 0, (), created_at, created_at)


def mended(num: int, job: Job) -> Row:
    """Parameters of `mend`: all of the state."""
    return (
        job.phase._value_, job.seq, job.run, job.attempt, job.crashes, job.position, job.floor, job.message, job.priority,
        _text(job.tags), job.due_at, job.updated_at, job.retry_at, job.holder, job.results, job.result_bytes, job.lines,
        _text(job.entered), job.started_at, job.finished_at, _text(job.error), job.result_size,
        _text(job.tally and tuple(job.tally)), num,
    )  # fmt: skip


def record(row: Row) -> Record:
    return Record(job(row), row[LISTED + 1])


def event(num: int, seq: int, event: ev.Event) -> Row:
    """Parameters of `event`, for every kind but progress."""
    key, data = _WRITERS[type(event)](event)
    return (num, seq, event.kind._value_, event.at, key, data)


def noted(context: ErrorContext) -> Row:
    """Parameters of `note`."""
    raised = context.raised
    return (
        context.id, context.job, context.type, context.stage, context.attempt, context.run, context.code, context.at,
        raised.exception, raised.message, raised.traceback,
    )  # fmt: skip


def context(row: Row) -> ErrorContext:
    """The context of a row whose columns are in the order of `noted`."""
    *where, exception, message, traceback = row
    id, job, type, stage, attempt, run, code, at = where
    return ErrorContext(id, job, type, stage, attempt, run, code, at, Raised(exception, message, traceback))


_Parts: TypeAlias = tuple[ev.Key | None, bytes | None]
_WRITERS: Mapping[type[Any], Callable[[Any], _Parts]] = {
    ev.Submitted: lambda e: (None, _dumps((e.due_at, e.priority, e.tags, *([True] if e.inherits else [])))),
    ev.Claimed: lambda e: (e.holder, None),
    ev.StageEntered: lambda e: (e.position, None),
    ev.ResultKept: lambda e: (e.key, e.data),
    ev.Logged: lambda e: (None, e.line.encode()),
    ev.Changed: lambda e: (None, _dumps((e.priority, e.tags))),
    ev.RetryScheduled: lambda e: (None, _dumps((e.retry_at, e.error, e.keep_floor))),
    ev.HandedBack: lambda e: (None, None),
    ev.LeaseLost: lambda e: (None, _dumps(e.error)),
    ev.CancelWished: lambda e: (e.reason, None),
    ev.Returned: lambda e: (None, None),  # the result is in `ends`
    ev.Failed: lambda e: (None, _dumps(e.error)),
    ev.Cancelled: lambda e: (None, _dumps(e.error)),
}


def entry(row: Row, record: Record) -> LogEntry:
    """One entry of the log; `record` gives what the log does not repeat: the submission and the end result."""
    seq, kind, at, key, data, percent, message, tally = row
    if kind == Kind.PROGRESS:
        return LogEntry(seq, ev.Progressed(at, percent, message, _tally(tally)))
    return LogEntry(seq, _READERS[kind](at, key, data, record))


def _submitted(at: float, data: bytes, record: Record) -> ev.Submitted:
    due_at, priority, tags, *inherits = _loads(data)
    return ev.Submitted(at, record.job.spec, due_at, priority, tuple(tags), bool(inherits))


def _changed(at: float, data: bytes) -> ev.Changed:
    priority, tags = _loads(data)
    return ev.Changed(at, priority, tuple(tags))


_READERS: Mapping[str, Callable[[float, Any, Any, Record], ev.Event]] = {
    Kind.SUBMIT.value: lambda at, key, data, record: _submitted(at, data, record),
    Kind.CLAIM.value: lambda at, key, data, record: ev.Claimed(at, key),
    Kind.STAGE.value: lambda at, key, data, record: ev.StageEntered(at, key),
    Kind.RESULT.value: lambda at, key, data, record: ev.ResultKept(at, key, data),
    Kind.LOG.value: lambda at, key, data, record: ev.Logged(at, data.decode()),
    Kind.CHANGE.value: lambda at, key, data, record: _changed(at, data),
    Kind.RETRY.value: lambda at, key, data, record: ev.RetryScheduled(at, *_loads(data)),
    Kind.HAND_BACK.value: lambda at, key, data, record: ev.HandedBack(at),
    Kind.LOST.value: lambda at, key, data, record: ev.LeaseLost(at, _loads(data)),
    Kind.WISH.value: lambda at, key, data, record: ev.CancelWished(at, key),
    Kind.RETURN.value: lambda at, key, data, record: ev.Returned(at, record.result or b""),
    Kind.FAIL.value: lambda at, key, data, record: ev.Failed(at, _loads(data)),
    Kind.CANCEL.value: lambda at, key, data, record: ev.Cancelled(at, _loads(data)),
}
