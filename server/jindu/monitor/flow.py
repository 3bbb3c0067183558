"""What happens to jobs, heard on the bus: how many came, waited, ran, ended, and how long each took.

Only what happens on this node rides along with its notice; of other nodes' jobs those count. Durations of runs and stages are
monotonic; waiting is measured by the stored times, since it may begin before a restart.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from ..bus.contract import Bus, Notice
from ..core.catalogue import CATALOGUE
from ..core.clock import Clock
from ..core.job import Job
from ..core.plan import Plan
from ..core.states import Kind, Status
from .instruments import LONG, Family, Numbers, Spreads

EVENT_LABELS = {kind: (kind.value,) for kind in Kind}

ENDED = (Status.COMPLETED, Status.FAILED, Status.CANCELLED)
BACK = frozenset({Kind.HAND_BACK, Kind.LOST})  # waits again, from now
OVER = frozenset({Kind.RETRY, Kind.HAND_BACK, Kind.LOST, Kind.RETURN, Kind.FAIL, Kind.CANCEL})
FAULTY = frozenset({Kind.RETRY, Kind.LOST, Kind.FAIL})


@dataclass(slots=True)
class _Attempt:
    """One run; times are monotonic seconds."""

    type: str
    since: float
    stage: str
    stage_since: float


class Flow:
    """`close` when the node ends."""

    def __init__(self, bus: Bus, clock: Clock) -> None:
        self._clock = clock
        self._running: dict[str, _Attempt] = {}
        self._back: dict[str, float] = {}  # wall-clock second from which a job waits that ran before
        self.active: Counter[str] = Counter()
        """Attempts that run, by type."""
        self.submitted = Numbers("jindu_jobs_submitted", "Jobs that were accepted", ["type"])
        self.ended = Numbers("jindu_jobs_ended", "Jobs that ended, by how", ["type", "status"])
        self.attempts = Numbers("jindu_attempts", "Attempts that ended, however", ["type"])
        self.faults = Numbers("jindu_attempts_failed", "Attempts that failed, whether tried again or not", ["type"])
        self.errors = Numbers("jindu_job_errors", "Errors that attempts ended with", ["code"])
        self.retries = Numbers("jindu_retries", "Further attempts that were scheduled", ["type"])
        self.events = Numbers("jindu_events", "Changes of jobs and batches that were committed", ["kind"])
        self.batches = Numbers("jindu_batches_ended", "Batches that ended, by how", ["status"])
        self.wait = Spreads("jindu_job_wait_seconds", "From when a job was due to when an attempt began", ["type"], LONG)
        self.run = Spreads("jindu_job_run_seconds", "How long an attempt ran", ["type"], LONG)
        self.stage = Spreads("jindu_stage_seconds", "How long a stage of an attempt took", ["type", "stage"], LONG)
        for kind in Kind:
            self.events.have(kind.value)
        for status in ENDED:
            self.batches.have(status.value)
        for code in CATALOGUE:
            self.errors.have(code)
        self._stop = bus.listen(self.hear)

    def close(self) -> None:
        self._stop()

    @property
    def families(self) -> Iterable[Family]:
        return (
            self.submitted, self.ended, self.attempts, self.faults, self.errors, self.retries, self.events, self.batches,
            self.wait, self.run, self.stage,
        )  # fmt: skip

    def declare(self, type: str, plan: Plan) -> None:
        """Show a job type, with its stages, from now on."""
        for family in (self.submitted, self.attempts, self.faults, self.retries, self.wait, self.run):
            family.have(type)
        for status in ENDED:
            self.ended.have(type, status.value)
        for position in range(-1, len(plan.stages)):
            self.stage.have(type, plan.name(position))

    def hear(self, notice: Notice) -> None:
        job, event = notice.job, notice.event
        if job is None or event is None:
            return
        kind = event.kind
        self.events.values[EVENT_LABELS[kind]] += 1
        if kind is Kind.PROGRESS:
            return
        if job.is_batch:
            if job.is_completed:
                self.batches.add(job.status.value)
        elif kind is Kind.SUBMIT:
            self.submitted.add(job.spec.type)
        elif kind is Kind.CLAIM:
            self._begin(job, event.at)
        elif kind is Kind.STAGE:
            self._enter(job)
        elif kind in OVER:
            self._over(job, kind, event.at)

    def _begin(self, job: Job, at: float) -> None:
        now, type = self._clock.monotonic(), job.spec.type
        self._running[job.id] = _Attempt(type, now, job.spec.plan.name(job.position), now)
        self.active[type] += 1
        since = self._back.pop(job.id, None)
        if since is None and job.run == job.attempt:  # else it ran before this process did: since when it waits nobody knows
            since = job.due_at
        if since is not None:
            self.wait.add(max(at - since, 0.0), type)

    def _enter(self, job: Job) -> None:
        attempt = self._running.get(job.id)
        if attempt is not None:
            now = self._clock.monotonic()
            self.stage.add(now - attempt.stage_since, attempt.type, attempt.stage)
            attempt.stage, attempt.stage_since = job.spec.plan.name(job.position), now

    def _over(self, job: Job, kind: Kind, at: float) -> None:
        type = job.spec.type
        if (attempt := self._running.pop(job.id, None)) is not None:
            now = self._clock.monotonic()
            self.active[type] -= 1
            self.run.add(now - attempt.since, type)
            self.stage.add(now - attempt.stage_since, type, attempt.stage)
        if kind is not Kind.HAND_BACK and (attempt is not None or kind in FAULTY):
            self.attempts.add(type)
        if kind in FAULTY:
            self.faults.add(type)
        if kind in BACK:
            self._back[job.id] = at
        if kind is Kind.RETRY:
            self.retries.add(type)
        if job.error is not None:
            self.errors.add(job.error["code"])
        if job.is_completed:
            self._back.pop(job.id, None)
            self.ended.add(type, job.status.value)


def success_rate(completed: float, failed: float) -> float | None:
    """From 0 to 1, of the jobs that ran to an end of their own: cancelled ones say nothing. None before the first."""
    return completed / (completed + failed) if completed + failed else None
