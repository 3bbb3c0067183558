"""A record of an earlier system as a job of ours: fields and words by a mapping, contradictions set right, the rest refused.

The mapping is a TOML file, all of it optional:

    type = "diagnosis"                   # of records that name none
    keep = "30d"                         # how long they are kept, from now on
    stages = ["ai_fetching", "ranking_analysis", "source_tracing"]   # of a job, in their order

    [fields]                             # ours = theirs
    task_id = "execution_id"

    [statuses]                           # theirs = ours
    success = "completed"

    [stage_names]                        # theirs = ours
    "AI请求" = "ai_fetching"
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..core import events as ev
from ..core.catalogue import CATALOGUE
from ..core.codec import NotJson, encode_strict
from ..core.durations import seconds
from ..core.ids import CLIENT_ID
from ..core.job import MESSAGE_LIMIT, Job, clip
from ..core.plan import CEILING, Plan
from ..core.states import ENDS, Phase
from ..engine.limits import RESULT_BYTES
from ..engine.options import PARAMS_BYTES
from ..monitor.consistency import set_right

FIELDS = (
    "task_id", "type", "owner", "tags", "params", "status", "stage", "progress", "is_completed", "reached", "message", "result",
    "error", "created_at", "started_at", "updated_at", "finished_at",
)  # fmt: skip
MILLISECONDS_FROM = 1e11  # a time above is in milliseconds: in seconds it would be the year 5138
UNFINISHED = frozenset({phase.value for phase in Phase} | {"initializing", "processing"})


class Refused(ValueError):
    """The record, or the mapping, cannot be used; the text says why."""


@dataclass(frozen=True)
class Words:
    """A mapping as it was read."""

    type: str = "imported"
    keep: float = 30 * 86_400.0
    plan: Plan = field(default_factory=Plan)
    fields: Mapping[str, str] = field(default_factory=dict)
    statuses: Mapping[str, str] = field(default_factory=dict)
    stage_names: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> "Words":
        """Raises `Refused`, also for a name that means nothing here."""
        try:
            found = tomllib.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise Refused(f"{path} cannot be read: {error.strerror}") from None
        except ValueError as error:
            raise Refused(f"{path} is not TOML: {error}") from None
        known = {"type", "keep", "stages", "fields", "statuses", "stage_names"}
        unknown = sorted({*found} - known) + sorted({*_table(found, "fields")} - {*FIELDS})
        if unknown:
            raise Refused(f"{path}: {', '.join(unknown)} means nothing here")
        try:
            return cls(
                type=str(found.get("type", cls.type)),
                keep=seconds(found.get("keep", cls.keep)),
                plan=Plan.of(found.get("stages", ())),
                fields=_table(found, "fields"),
                statuses=_table(found, "statuses"),
                stage_names=_table(found, "stage_names"),
            )
        except (ValueError, TypeError) as error:
            raise Refused(f"{path}: {error}") from None


@dataclass(frozen=True)
class Read:
    """A record that can be used: the job, its result (JSON text), and what contradicted itself and was set right."""

    job: Job
    result: bytes | None
    repaired: tuple[str, ...]


def read(record: Any, words: Words, now: float) -> Read:
    """Raises `Refused`. `now` is wall-clock seconds."""
    if not isinstance(record, dict):
        raise Refused("a record is a JSON object")
    given = {name: record[theirs] for name in FIELDS if (theirs := words.fields.get(name, name)) in record}
    task_id = str(given.get("task_id", ""))
    if not CLIENT_ID.fullmatch(task_id):
        raise Refused("task_id has 16 to 64 characters of A-Z, a-z, 0-9, _ and -")
    state, repaired, stage = _state(task_id, given, words)
    phase = Phase(state["status"])
    result = _json(given.get("result"), "result", RESULT_BYTES) if phase is Phase.COMPLETED else None
    times = _times(given, now)
    spec = ev.Submission(
        id=task_id,
        type=_text(given, "type") or words.type,
        params=_json(given.get("params") if isinstance(given.get("params"), dict) else {}, "params", PARAMS_BYTES),
        plan=words.plan,
        created_at=times["created_at"],
        owner=_text(given, "owner"),
        keep_for=max(0.0, now - times["finished_at"]) + words.keep,
    )
    reached = 100.0 if phase is Phase.COMPLETED else _percent(state.get("reached"))
    error = None if phase is Phase.COMPLETED else _error(given.get("error"), phase, task_id)
    position = _position(words.plan, stage, reached, completed=phase is Phase.COMPLETED)
    job = Job(
        spec=spec, phase=phase, seq=0, run=0, attempt=1, crashes=0, position=position, floor=reached,
        message=clip(_text(given, "message") or ""), priority=0, tags=_tags(given.get("tags")), due_at=times["created_at"],
        updated_at=times["finished_at"], started_at=times["started_at"], finished_at=times["finished_at"], error=error,
    )  # fmt: skip
    return Read(job, result, tuple(repaired))


def _state(task_id: str, given: Mapping[str, Any], words: Words) -> tuple[dict[str, Any], list[str], str | None]:
    """The four fields and `reached`, agreeing; what was set right; the working stage that the record named, if any."""
    status, stage = given.get("status"), given.get("stage")
    status = words.statuses.get(str(status), status)
    stage = words.stage_names.get(str(stage), stage)
    ends = {phase.value for phase in ENDS}
    if status is None and stage in ends:
        status = stage
    state = {name: given[name] for name in ("progress", "is_completed", "reached") if name in given}
    state = {"task_id": task_id, "status": status, **({} if stage is None else {"stage": stage}), **state}
    repaired = set_right(state)
    if state["status"] not in ends:
        if state["status"] in UNFINISHED:
            raise Refused(f"it has not ended (status {state['status']}): only jobs that ended are taken over")
        raise Refused(f"status {status!r} is none of completed, failed, cancelled: map it in [statuses]")
    return state, repaired, stage if isinstance(stage, str) and stage not in ends else None


def _position(plan: Plan, stage: str | None, reached: float, *, completed: bool) -> int:
    """Where it stood: at the end, at the stage it named, or at the one its percent lies in; -1 before the first."""
    if completed:
        return len(plan.stages) - 1
    names = [one.name for one in plan.stages]
    if stage in names:
        return names.index(stage)
    return sum(bound <= reached for bound in plan.bounds[:-1]) - 1 if reached > 0 else -1


def _times(given: Mapping[str, Any], now: float) -> dict[str, float]:
    """In their order whatever the record says: made, started, ended."""
    finished = _time(given, "finished_at") or _time(given, "updated_at")
    created = _time(given, "created_at")
    created = (now if finished is None else finished) if created is None else created
    finished = max(created, created if finished is None else finished)
    started = _time(given, "started_at")
    return {
        "created_at": created,
        "started_at": min(max(created, created if started is None else started), finished),
        "finished_at": finished,
    }


def _time(given: Mapping[str, Any], name: str) -> float | None:
    value = given.get(name)
    if value is None or value == "":
        return None
    try:
        if isinstance(value, str) and not value.replace(".", "", 1).isdigit():
            at = datetime.fromisoformat(value)
            return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
        number = float(value)
    except (ValueError, TypeError, OverflowError):
        raise Refused(f"{name} is no time: {str(value)[:40]!r}") from None
    number = number / 1000 if number > MILLISECONDS_FROM else number
    if not 0 <= number < MILLISECONDS_FROM:
        raise Refused(f"{name} is no time: {str(value)[:40]!r}")
    return number


def _json(value: Any, name: str, limit: int) -> bytes:
    try:
        text = encode_strict(value)
    except NotJson as error:
        raise Refused(f"its {name} cannot be kept as JSON: {error}") from None
    if len(text) > limit:
        raise Refused(f"its {name} has {len(text)} bytes, more than {limit}")
    return text


def _error(value: Any, phase: Phase, task_id: str) -> ev.ErrorBody:
    """The friendly error: the one it names, else the usual one with the sentence that users were shown."""
    code = value.get("code") if isinstance(value, dict) else None
    usual = "JOB_CANCELLED" if phase is Phase.CANCELLED else "INTERNAL_ERROR"
    body = CATALOGUE[code if isinstance(code, str) and code in CATALOGUE else usual].body(id=f"{task_id}-0")
    if isinstance(value, str) and value.strip() and "\n" not in value.strip() and len(value) <= MESSAGE_LIMIT:
        body["message"] = {"zh": value.strip(), "en": value.strip()}
    return body


def _percent(value: Any) -> float:
    number = isinstance(value, int | float) and not isinstance(value, bool) and value == value
    return round(min(max(float(value), 0.0), CEILING), 1) if number else 0.0


def _text(given: Mapping[str, Any], name: str) -> str | None:
    value = given.get(name)
    return None if value is None or value == "" else str(value)[:MESSAGE_LIMIT]


def _tags(value: Any) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(tag)[:64] for tag in value if str(tag)))[:20] if isinstance(value, list) else ()


def _table(found: Mapping[str, Any], name: str) -> dict[str, str]:
    table = found.get(name, {})
    if not isinstance(table, dict) or not all(isinstance(value, str) for value in table.values()):
        raise Refused(f"[{name}] is a table of texts")
    return table
