"""Values of the core as fields of hashes, and back. What is read equals what was written."""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import fields
from functools import lru_cache
from typing import Any

import orjson

from ...core import events as ev
from ...core.batch import Tally
from ...core.contexts import ErrorContext, Raised
from ...core.hook import Hook
from ...core.ids import home_of, shard_of
from ...core.job import Job
from ...core.plan import Plan
from ...core.states import Kind, Phase
from ..contract import LogEntry, Moved, Noted, Record, StepDone
from . import deliveries
from .forms import Args, number, owner_name

ROW = ("s", "d", "n", "r", "c", "h", "p", "e")  # fields of a job, in the order in which `record` takes them
PARAMS = ROW.index("p")
dumps = _dumps = orjson.dumps
_loads = orjson.loads
_PHASES = {phase.value.encode(): phase for phase in Phase}
_PLANS_KEPT = 1024
_STATES_KEPT = 4096
_states: dict[int, tuple[Job, bytes]] = {}  # by identity; holds the job, so ids stay true
_plan_texts: dict[int, tuple[Plan, bytes]] = {}  # by identity, as a plan cannot be hashed; holds the plan, so ids stay true
# Of an event, what its entry in the log repeats: the submission and the result are in the row, `data` comes behind.
_NAMES: Mapping[type[Any], tuple[str, ...]] = {
    kind: tuple(one.name for one in fields(kind) if one.name not in ("spec", "data", "result"))
    for kind in (
        ev.Submitted, ev.Claimed, ev.StageEntered, ev.Progressed, ev.ResultKept, ev.Logged, ev.Changed, ev.RetryScheduled,
        ev.HandedBack, ev.LeaseLost, ev.CancelWished, ev.Returned, ev.Failed, ev.Cancelled,
    )
}  # fmt: skip
_KINDS = {kind.kind.value.encode(): kind for kind in _NAMES}
BIRTH, MOVE, DELIVERY = 23, 19, 12  # arguments of each; deliveries come behind the move that they belong to
HOME, NUMBER = 2, 22  # places among those of a birth
_WITHIN = frozenset({Kind.STAGE, Kind.PROGRESS, Kind.RESULT, Kind.LOG, Kind.WISH})  # these move nothing between queues or lists


def _plan_text(plan: Plan) -> bytes:
    """JSON text of a plan; jobs of one type share one plan, so it is made once for them."""
    known = _plan_texts.get(id(plan))
    if known is not None:
        return known[1]
    if len(_plan_texts) >= _PLANS_KEPT:
        _plan_texts.clear()
    text = _dumps(plan.dump())
    _plan_texts[id(plan)] = (plan, text)
    return text


@lru_cache(maxsize=_PLANS_KEPT)
def _plan(text: bytes) -> Plan:
    return Plan.load(_loads(text))


def member(created_at: float, job_id: str) -> str:
    """A job's name in lists that are sorted by it: by time of making, then by id."""
    return f"{created_at:018.7f}{job_id}"


def id_of(name: bytes | str) -> str:
    """The id in a `member`."""
    text = name.decode() if isinstance(name, bytes) else name
    return text[18:]


def key_name(spec: ev.Submission) -> bytes:
    """What an idempotency key is found by; empty without one."""
    return b"" if spec.key is None else _dumps((spec.type, spec.owner, spec.key))


# -- writing ---------------------------------------------------------------------------------------------------


def change(moved: Moved, *, kept: bool = False) -> Args:
    """Arguments of a move for `commit.lua`; `kept`: it claims a job that was kept for us. Raises `ValueError`, `TypeError`."""
    return _birth(moved) if moved.before is None else _move(moved, moved.before, kept)


def step(change: StepDone) -> Args:
    return ["S", home_of(change.job), change.job, change.run, change.name, change.value]


def note(change: Noted) -> Args:
    context, raised = change.context, change.context.raised
    body = _dumps(
        (context.id, context.job, context.type, context.stage, context.attempt, context.run, context.code, context.at,
         raised.exception, raised.message, raised.traceback)
    )  # fmt: skip
    return ["N", context.id, context.job, context.code, number(context.at), body]


def context(body: bytes) -> ErrorContext:
    id, job, type, stage, attempt, run, code, at, *raised = _loads(body)
    return ErrorContext(id, job, type, stage, attempt, run, code, at, Raised(*raised))


def submitted(spec: ev.Submission) -> bytes:
    rest = (
        spec.id, spec.type, spec.created_at, spec.owner, spec.key, spec.max_attempts, spec.keep_for, spec.expires_at,
        spec.fingerprint, spec.retry_of, spec.batch, spec.members, spec.webhook and spec.webhook.dump(),
    )  # fmt: skip
    return _plan_text(spec.plan) + b"\n" + _dumps(rest)


def state(job: Job) -> bytes:
    """All of a job that changes, but for what has a field of its own. The scripts read the third, the floor.

    The state after one change is the state before the next: it is made once."""
    known = _states.get(id(job))
    if known is not None:
        return known[1]
    if len(_states) >= _STATES_KEPT:
        _states.clear()
    text = _state(job)
    _states[id(job)] = (job, text)
    return text


def _state(job: Job) -> bytes:
    return _dumps(
        (
            job.attempt, job.position, job.floor, job.message, job.priority, job.tags, job.due_at, job.updated_at, job.retry_at,
            job.holder, job.results, job.result_bytes, job.lines, job.entered, job.started_at, job.finished_at, job.error,
            job.result_size, job.tally and tuple(job.tally),
        )
    )  # fmt: skip


def version(job: Job) -> int:
    """Of its state and phase: what a change is made from must be what is there, not only count as many changes."""
    return zlib.crc32(job.phase.value.encode() + state(job))


def queued(job: Job) -> str:
    """Where it stands in the queue, if it waits."""
    return f"{number(job.rank)} {number(job.due_at)}"


def finished(job: Job) -> str:
    """When it ended, and until when it is kept; nothing while it is open."""
    at = job.finished_at
    return "" if at is None else f"{number(at)} {number(at + job.spec.keep_for)}"


def _birth(moved: Moved) -> Args:
    job, spec, event = moved.job, moved.job.spec, moved.event
    inherits = isinstance(event, ev.Submitted) and event.inherits
    return [
        "B", shard_of(spec.type), home_of(spec.id), spec.id, key_name(spec), spec.retry_of or "", int(inherits), spec.type,
        owner_name(spec.owner), _dumps(job.tags), spec.batch or "", int(job.is_batch), member(spec.created_at, spec.id),
        "" if spec.expires_at is None or job.is_batch else number(spec.expires_at), submitted(spec), spec.params, state(job),
        job.seq, job.crashes, queued(job), entry(job.seq, event), version(job), "",
    ]  # fmt: skip


def _move(moved: Moved, before: Job, kept: bool) -> Args:
    job, event = moved.job, moved.event
    kind = event.kind
    args: Args = [
        "M", shard_of(job.spec.type), job.id, before.seq, before.run, job.seq, job.run, job.crashes - before.crashes,
        job.phase.value, state(job),
    ]  # fmt: skip
    number(event.at)
    versions = (version(before), version(job))
    if kind is Kind.PROGRESS:
        return [*args, stood(job), 1, "", "", "", "", *versions, 0]
    tags = _dumps(job.tags) if job.tags != before.tags else ""
    detail = finished(job) or ("kept" if kept else "")
    result = event.result if isinstance(event, ev.Returned) else b""
    args += [entry(job.seq, event), 0, tags, "" if kind in _WITHIN else queued(job), detail, result, *versions]
    return [*args, len(moved.deliveries), *(part for one in moved.deliveries for part in deliveries.born(one))]


def stood(job: Job) -> bytes:
    """The newest progress: where the job stood after it, since the progress events before it are dropped."""
    number(job.floor)
    return _dumps((job.seq, job.updated_at, job.floor, job.message, job.tally and tuple(job.tally)))


def entry(seq: int, event: ev.Event) -> bytes:
    """One entry of the log, for every kind but progress: seq, kind, JSON, and behind a line's end what was text already."""
    number(event.at)
    head = [getattr(event, name) for name in _NAMES[type(event)]]
    data = event.data if isinstance(event, ev.ResultKept) else b""
    return b"%d %s %s\n%s" % (seq, event.kind.value.encode(), _dumps(head), data)


# -- reading ---------------------------------------------------------------------------------------------------


def record(row: Sequence[bytes | None]) -> Record | None:
    """The job of the fields `ROW`, with its result; None if there is none."""
    made = job(row)
    return None if made is None else Record(made, row[-1])


def job(row: Sequence[bytes | None]) -> Job | None:
    """The job of the fields `ROW`; without params if that field was not asked for."""
    what, rest, seq, run, crashes, phase = row[:6]
    if what is None or rest is None or seq is None or phase is None:
        return None
    (
        attempt, position, floor, message, priority, tags, due_at, updated_at, retry_at, holder, results, result_bytes, lines,
        entered, started_at, finished_at, error, result_size, tally,
    ) = _loads(rest)  # fmt: skip
    params = row[PARAMS] if len(row) > PARAMS else None
    return Job(
        spec(what, params or b""), _PHASES[phase], int(seq), int(run or 0), attempt, int(crashes or 0), position, floor,
        message, priority, tuple(tags), due_at, updated_at, retry_at, holder, results, result_bytes, lines,
        tuple((position, at) for position, at in entered), started_at, finished_at, error, result_size,
        None if tally is None else Tally(*tally),
    )  # fmt: skip


def spec(text: bytes, params: bytes) -> ev.Submission:
    plan, _, rest = text.partition(b"\n")
    id, type, created_at, owner, key, *more = _loads(rest)
    max_attempts, keep_for, expires_at, fingerprint, retry_of, batch, members, hook = more
    return ev.Submission(
        id, type, params, _plan(plan), created_at, owner, key, max_attempts, keep_for, expires_at, fingerprint, retry_of, batch,
        members, None if hook is None else Hook.load(hook),
    )  # fmt: skip


def seq_and_kind(text: bytes) -> tuple[int, bytes]:
    """Of an entry of the log."""
    seq, kind, _ = text.split(b" ", 2)
    return int(seq), kind


def logged(text: bytes, of: Record) -> LogEntry:
    """One entry of the log; `of` gives what the log does not repeat."""
    head, _, data = text.partition(b"\n")
    seq, kind, values = head.split(b" ", 2)
    made = _KINDS[kind]
    given = dict(zip(_NAMES[made], _loads(values), strict=True))
    if "tags" in given:
        given["tags"] = tuple(given["tags"])
    if made is ev.Submitted:
        given["spec"] = of.job.spec
    elif made is ev.ResultKept:
        given["data"] = data
    elif made is ev.Returned:
        given["result"] = of.result or b""
    return LogEntry(int(seq), made(**given))


def kept(text: bytes) -> tuple[int, ev.Key, bytes]:
    """Seq, key and data of a partial result."""
    head, _, data = text.partition(b"\n")
    seq, _, values = head.split(b" ", 2)
    return int(seq), _loads(values)[1], data


def progress(text: bytes) -> LogEntry:
    seq, at, percent, message, tally = _loads(text)
    return LogEntry(seq, ev.Progressed(at, percent, message, None if tally is None else Tally(*tally)))
