"""Histories of one job: an event of each kind, a job in each phase, and random legal lives for Hypothesis."""

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from jindu.core import events as ev
from jindu.core.catalogue import CATALOGUE
from jindu.core.job import Job, evolve
from jindu.core.plan import Plan, Stage
from jindu.core.states import ENDS, HELD, Kind, Phase

JOB = "01JOBAAAAAAAAAAAAAAAAAAAAA"
NOW = 1_800_000_000.0
PLAN = Plan.of([Stage("read", 1, {"zh": "读取", "en": "Reading"}), Stage("think", 3), "write"])
ERROR = CATALOGUE["NETWORK_ERROR"].body(id="e1")

# Kinds that a random life draws from; what ends a life comes seldom, so that lives are long.
WHILE_HELD = [Kind.STAGE, Kind.PROGRESS, Kind.PROGRESS, Kind.RESULT, Kind.LOG, Kind.CHANGE]
SELDOM = [Kind.RETRY, Kind.HAND_BACK, Kind.LOST, Kind.WISH]
FINAL = [Kind.RETURN, Kind.FAIL, Kind.CANCEL]


def submission(**given: Any) -> ev.Submission:
    return ev.Submission(**{"id": JOB, "type": "diagnose", "params": b"{}", "plan": PLAN, "created_at": NOW, **given})


def submitted(**given: Any) -> Job:
    """A job that waits."""
    return evolve(None, ev.Submitted(NOW, submission(**given), NOW))


def event(kind: Kind, at: float = NOW) -> ev.Event:
    """One event of each kind, the plainest there is."""
    made: dict[Kind, ev.Event] = {
        Kind.SUBMIT: ev.Submitted(at, submission(), at),
        Kind.CLAIM: ev.Claimed(at, "boot-1"),
        Kind.STAGE: ev.StageEntered(at, 0),
        Kind.PROGRESS: ev.Progressed(at, 10.0, "reading"),
        Kind.RESULT: ev.ResultKept(at, "k", b"1"),
        Kind.LOG: ev.Logged(at, "a line"),
        Kind.CHANGE: ev.Changed(at, 5, ("a",)),
        Kind.RETRY: ev.RetryScheduled(at, at + 5, ERROR, keep_floor=False),
        Kind.HAND_BACK: ev.HandedBack(at),
        Kind.LOST: ev.LeaseLost(at, ERROR),
        Kind.WISH: ev.CancelWished(at),
        Kind.RETURN: ev.Returned(at, b'{"score":1}'),
        Kind.FAIL: ev.Failed(at, ERROR),
        Kind.CANCEL: ev.Cancelled(at, CATALOGUE["JOB_CANCELLED"].body(id="c1")),
    }
    return made[kind]


def live(job: Job | None, *events: ev.Event) -> Job:
    """The job after these events."""
    for one in events:
        job = evolve(job, one)
    assert job is not None
    return job


def running(**given: Any) -> Job:
    return live(submitted(**given), event(Kind.CLAIM))


def in_phase(phase: Phase) -> Job:
    """A job that came into a phase the short way."""
    ways: dict[Phase, Sequence[Kind]] = {
        Phase.PENDING: [],
        Phase.RUNNING: [Kind.CLAIM],
        Phase.CANCELLING: [Kind.CLAIM, Kind.WISH],
        Phase.COMPLETED: [Kind.CLAIM, Kind.RETURN],
        Phase.FAILED: [Kind.CLAIM, Kind.FAIL],
        Phase.CANCELLED: [Kind.CANCEL],
    }
    return live(submitted(), *[event(kind) for kind in ways[phase]])


@st.composite
def next_events(draw: st.DrawFn, job: Job) -> ev.Event:
    """An event that may follow; times may step back, figures may be anything."""
    if job.phase is Phase.PENDING:
        kinds = [Kind.CLAIM, Kind.CLAIM, Kind.CLAIM, Kind.CHANGE, Kind.FAIL, Kind.CANCEL]
    else:
        kinds = WHILE_HELD * 3 + SELDOM + FINAL
        if job.phase is Phase.CANCELLING:
            kinds.remove(Kind.WISH)
        if job.position + 1 >= len(job.spec.plan.stages):
            kinds = [kind for kind in kinds if kind is not Kind.STAGE]
    kind = draw(st.sampled_from(kinds))
    at = NOW + draw(st.integers(-5, 50))
    if kind is Kind.STAGE:
        return ev.StageEntered(at, draw(st.integers(job.position + 1, len(job.spec.plan.stages) - 1)))
    if kind is Kind.PROGRESS:
        percent = draw(st.one_of(st.floats(0, 100), st.floats()))
        return ev.Progressed(at, percent, draw(st.none() | st.text(max_size=4)))
    if kind is Kind.RETRY:
        return ev.RetryScheduled(at, at + 1, ERROR, keep_floor=draw(st.booleans()))
    if kind is Kind.RESULT:
        return ev.ResultKept(at, f"k{job.seq}", b"%d" % job.seq)
    return event(kind, at)


@st.composite
def lives(draw: st.DrawFn, longest: int = 40) -> list[tuple[ev.Event, Job]]:
    """A legal life: each event with the job after it, from the submit on, sometimes to an end."""
    first = ev.Submitted(NOW, submission(max_attempts=99), NOW)
    life: list[tuple[ev.Event, Job]] = [(first, evolve(None, first))]
    for _ in range(draw(st.integers(0, longest))):
        job = life[-1][1]
        if job.phase in ENDS:
            break
        following = draw(next_events(job))
        life.append((following, evolve(job, following)))
    return life


__all__ = [
    "ERROR", "HELD", "JOB", "NOW", "PLAN", "event", "in_phase", "live", "lives", "next_events", "running", "submission",
    "submitted",
]  # fmt: skip
