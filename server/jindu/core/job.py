"""A job as one frozen value, and the one function that changes it.

``status``, ``stage``, ``progress`` and ``is_completed`` are properties of that value (PROTOCOL rule 10): there is no place
where two of them are stored, so there is no place where they can disagree.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, TypeAlias

from . import events as ev
from .batch import Tally
from .catalogue import CATALOGUE
from .plan import CEILING
from .states import ENDS, STATUS, IllegalTransition, Phase, Status, after
from .value import value

Changes: TypeAlias = dict[str, Any]  # fields of a job by name
MESSAGE_LIMIT = 500  # characters of a message or log line


@value
class Job:
    """The state of a job after `seq` committed changes. Times are wall-clock seconds.

    ``position`` and ``floor`` are how far it has come: the stage (-1 before the first) and the percent of the whole.
    ``run`` is the fence: raised at every claim, each write of a runner is conditional on it.
    """

    spec: ev.Submission
    phase: Phase
    seq: int
    run: int
    attempt: int
    crashes: int
    position: int
    floor: float
    message: str
    priority: int
    tags: tuple[str, ...]
    due_at: float
    updated_at: float
    retry_at: float | None = None
    holder: str | None = None
    results: int = 0
    result_bytes: int = 0
    lines: int = 0
    entered: tuple[tuple[int, float], ...] = ()
    started_at: float | None = None
    finished_at: float | None = None
    error: ev.ErrorBody | None = None
    result_size: int | None = None
    tally: Tally | None = None

    @property
    def id(self) -> str:
        return self.spec.id

    @property
    def is_batch(self) -> bool:
        return self.spec.members is not None

    @property
    def status(self) -> Status:
        return STATUS[self.phase]

    @property
    def stage(self) -> str:
        return self.phase.value if self.phase in ENDS else self.spec.plan.name(self.position)

    @property
    def progress(self) -> float:
        """Percent of the whole job, 0 to 100; 0 when it failed or was cancelled (`reached` says how far it got)."""
        if self.phase is Phase.COMPLETED:
            return 100.0
        return 0.0 if self.phase in ENDS else self.floor

    @property
    def is_completed(self) -> bool:
        return self.phase in ENDS

    @property
    def cancelling(self) -> bool:
        return self.phase is Phase.CANCELLING

    @property
    def reached(self) -> float | None:
        """How far a failed or cancelled job had come; None for all others."""
        return self.floor if self.phase in (Phase.FAILED, Phase.CANCELLED) else None

    @property
    def rank(self) -> float:
        """The place in the queue: due time less the head start that priority gives, both in seconds."""
        return self.due_at - self.priority


def clip(text: str) -> str:
    """At most `MESSAGE_LIMIT` characters, the cut shown by an ellipsis."""
    return text if len(text) <= MESSAGE_LIMIT else text[: MESSAGE_LIMIT - 1] + "…"


def evolve(job: Job | None, event: ev.Event) -> Job:
    """The job after one event. Pure; raises `IllegalTransition` and changes nothing if the table does not allow it.

    One case worked through: stage 2 of 3 at 70 %, the process dies, the event is `LeaseLost`. The phase goes back to
    pending, position and floor stay, `crashes` rises by one, `attempt` does not (nobody's fault). The next `Claimed`
    raises `run`, so a write of the dead process, should it still come, no longer fits and is refused.
    """
    phase = after(job.phase if job else None, event.kind)
    if job is None:
        if not isinstance(event, ev.Submitted):
            raise IllegalTransition(None, event.kind)
        return _born(event)
    if isinstance(event, ev.Progressed):
        return _progressed(job, event)
    changes = _ending(job, phase, event) if phase in ENDS else _CHANGES[type(event)](job, event)
    return replace(job, phase=phase, seq=job.seq + 1, updated_at=max(event.at, job.updated_at), **changes)


def fold(history: Iterable[ev.Event]) -> Job | None:
    """The job that a whole history makes."""
    job: Job | None = None
    for event in history:
        job = evolve(job, event)
    return job


def _born(event: ev.Submitted) -> Job:
    return Job(
        spec=event.spec,
        phase=Phase.PENDING,
        seq=1,
        run=0,
        attempt=1,
        crashes=0,
        position=-1,
        floor=0.0,
        message="",
        priority=event.priority,
        tags=event.tags,
        due_at=event.due_at,
        updated_at=event.at,
        tally=None if event.spec.members is None else Tally(pending=event.spec.members),
    )


def _progressed(job: Job, event: ev.Progressed) -> Job:
    """Most events are progress, and naming every field costs a third of `replace`."""
    floor = job.floor
    if event.percent > floor:
        floor = max(floor, round(min(event.percent, CEILING), 1))
    return Job(
        job.spec, job.phase, job.seq + 1, job.run, job.attempt, job.crashes, job.position, floor,
        job.message if event.message is None else clip(event.message), job.priority, job.tags, job.due_at,
        max(event.at, job.updated_at), job.retry_at, job.holder, job.results, job.result_bytes, job.lines, job.entered,
        job.started_at, job.finished_at, job.error, job.result_size, job.tally if event.tally is None else event.tally,
    )  # fmt: skip


def _ending(job: Job, phase: Phase, event: ev.Event) -> Changes:
    changes = {"finished_at": max(event.at, job.updated_at), "retry_at": None, "holder": None}
    if isinstance(event, ev.Returned):
        return {**changes, "error": None, "result_size": len(event.result)}
    if isinstance(event, ev.Cancelled) or (isinstance(event, ev.Failed) and phase is Phase.FAILED):
        return {**changes, "error": event.error}
    # Whatever died after a wish to cancel is cancelled: its own error is not what people are told.
    return {**changes, "error": CATALOGUE["JOB_CANCELLED"].body(id=f"{job.id}-{job.run}")}


def _claimed(job: Job, event: ev.Claimed) -> Changes:
    started = job.started_at if job.started_at is not None else event.at
    return {"run": job.run + 1, "holder": event.holder, "retry_at": None, "error": None, "started_at": started}


def _stage(job: Job, event: ev.StageEntered) -> Changes:
    if not job.position < event.position < len(job.spec.plan.stages):
        raise ValueError(f"stages go forward only: {event.position} after {job.position}")
    floor = max(job.floor, job.spec.plan.start(event.position))
    return {"position": event.position, "floor": floor, "entered": (*job.entered, (event.position, event.at))}


def _result(job: Job, event: ev.ResultKept) -> Changes:
    return {"results": job.results + 1, "result_bytes": job.result_bytes + len(event.data)}


def _logged(job: Job, event: ev.Logged) -> Changes:
    return {"lines": job.lines + 1}


def _changed(job: Job, event: ev.Changed) -> Changes:
    return {"priority": event.priority, "tags": event.tags}


def _retry(job: Job, event: ev.RetryScheduled) -> Changes:
    again = {
        "attempt": job.attempt + 1,
        "retry_at": event.retry_at,
        "due_at": event.retry_at,
        "error": event.error,
        "holder": None,
    }
    return again if event.keep_floor else {**again, "position": -1, "floor": 0.0, "message": "", "entered": ()}


def _handed_back(job: Job, event: ev.HandedBack) -> Changes:
    return {"holder": None}


def _lost(job: Job, event: ev.LeaseLost) -> Changes:
    return {"holder": None, "crashes": job.crashes + 1, "error": event.error}


def _wish(job: Job, event: ev.CancelWished) -> Changes:
    return {}


_CHANGES: Mapping[type[Any], Callable[[Job, Any], Changes]] = {
    ev.Claimed: _claimed,
    ev.StageEntered: _stage,
    ev.ResultKept: _result,
    ev.Logged: _logged,
    ev.Changed: _changed,
    ev.RetryScheduled: _retry,
    ev.HandedBack: _handed_back,
    ev.LeaseLost: _lost,
    ev.CancelWished: _wish,
}
