"""Advice about a job that goes on: when it may end, and how long it has to wait. Judged as of now; it moves no seq.

Who makes frames and snapshots asks an `Advice`, once for all who watch. It is not stored and no part of what a job is.
"""

from typing import NamedTuple, Protocol

from .job import Job
from .shown import Eta, Queue

POLL_FAST_MS = 1_000
POLL_SLOW_MS = 10_000
POLL_QUIET_MS = 5_000
QUIET_AFTER = 30.0  # seconds without a change after which polling may slow down, where nobody knows better
LOOKS = 8  # times that a client asks until the end, if the end comes when it is expected
DRIFT = 0.1  # of what was told, that an estimate may be off before it is told anew
LEAST_DRIFT = 1.0  # seconds


class Told(NamedTuple):
    """`eta` of an open job, `queue` of one that waits its turn; None where nothing is known."""

    eta: Eta | None = None
    queue: Queue | None = None


class Advice(Protocol):
    def of(self, job: Job) -> Told:
        """What is to be said of a job now. Never raises, never waits; costs some microseconds."""
        ...


class Nothing:
    """Says nothing."""

    def of(self, job: Job) -> Told:
        return NOTHING


NOTHING = Told()
SILENT: Advice = Nothing()


def poll_after_ms(job: Job, told: Told, wall: float) -> int | None:
    """When asking again makes sense: often enough to see it move, seldom while its end or turn is far. None at the end."""
    if job.is_completed:
        return None
    if told.queue is not None and told.queue["wait"] is not None:
        return _between(told.queue["wait"])
    if told.eta is not None:
        return _between(told.eta["p50"])
    return POLL_FAST_MS if wall - job.updated_at < QUIET_AFTER else POLL_QUIET_MS


def changed(before: Told, now: Told, passed: float) -> bool:
    """Whether who counts down what was told `passed` seconds ago would be wrong."""
    if _facts(before) != _facts(now):
        return True
    if before.eta is None or now.eta is None:
        return False
    return any(_drifted(before.eta[name] - passed, now.eta[name]) for name in ("p50", "p90"))


def _between(seconds: float) -> int:
    return int(min(max(seconds * 1000 / LOOKS, POLL_FAST_MS), POLL_SLOW_MS))


def _facts(told: Told) -> tuple[object, ...]:
    eta, queue = told
    return (eta is None, eta is not None and eta.get("slow", False), None if queue is None else queue["position"])


def _drifted(counted: float, now: float) -> bool:
    return abs(max(counted, 0.0) - now) > max(LEAST_DRIFT, DRIFT * now)
