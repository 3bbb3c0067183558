"""A job under way: where it stands for who tells its end, and what can be learned from it when it has completed.

Times are monotonic seconds, so that a clock that is set moves no estimate. Where only the row of a job is at hand (another
node runs it), `of_row` reads the same from its stored times.
"""

from array import array
from collections.abc import Sequence

from ..core.eta.history import Left, Standing
from ..core.eta.marks import Marks, Run
from ..core.job import Job
from .watching import Move

SAMPLES = 32  # of what was told in the course of a run; then every second one is dropped and half as many are taken


class Course:
    """`job` is its newest committed state. A job that is tried again is one course: what remained at a moment of its first
    attempt has the later ones in it."""

    __slots__ = (
        "_counted", "_entered", "_every", "_fresh", "_moved", "_reached", "_said", "_skipped", "began", "began_attempt", "job",
        "learning", "marks", "move", "size",
    )  # fmt: skip

    def __init__(self, job: Job, now: float, size: float | None) -> None:
        self.began = now
        self.marks = Marks(len(job.spec.plan.stages))
        self.learning = job.run == 1
        """Whether it was here from its beginning, and was never interrupted."""
        self.size = size
        self.move: Move | None = None
        self._counted = -1  # the last stage in which the author said how far it is
        self._said = array("d")
        """Three for each: when it was told, p50, p90. As objects they were the largest part of what a job under way holds."""
        self._every, self._skipped = 1, 0
        self.again(job, now)

    def again(self, job: Job, now: float) -> None:
        """An attempt begins."""
        self.job = job
        self.began_attempt = now
        self._fresh = job.position < 0
        self._entered: float | None = now if self._fresh else None
        self._moved = now
        self._reached = (job.position, job.floor)

    def moved(self, job: Job, now: float) -> None:
        """Something was committed."""
        self.job = job
        reached = (job.position, job.floor)
        if reached != self._reached:
            if reached[0] != self._reached[0]:
                self._entered = now
            self._moved, self._reached = now, reached

    def note(self, position: int, fraction: float, now: float) -> None:
        """The author's own report; what is learned from is of the first attempt."""
        if fraction > 0:
            self._counted = position
        if self.job.attempt == 1 and self.learning:
            self.marks.note(position, fraction, now - self.began)

    @property
    def silent(self) -> bool:
        """Whether nothing was said yet of how far it is in its stage."""
        return self.job.position > self._counted

    def standing(self, now: float, *, counts: bool) -> Standing:
        """As of now. A stage that does not count stands at its beginning, wherever its bar was moved to."""
        job, entered = self.job, self._entered
        in_stage = None if entered is None else now - entered
        elapsed = now - self.began_attempt if self._fresh else None
        stood = now - self._moved if counts or in_stage is None else in_stage
        return Standing(job.position, _fraction(job, counts=counts), elapsed, stood, in_stage, job.floor, self.size)

    def said(self, left: Left, now: float) -> None:
        """What was told at a moment of its course; evenly spaced moments are kept."""
        self._skipped += 1
        if self._skipped < self._every:
            return
        self._skipped = 0
        self._said.extend((now, left.p50, left.p90))
        if len(self._said) >= 3 * SAMPLES:
            self._said = array("d", (value for at in range(0, len(self._said), 6) for value in self._said[at : at + 3]))
            self._every *= 2

    def ended(self, now: float) -> tuple[Run | None, Sequence[float], float | None]:
        """The job has completed: the run, if it can be learned from; of what was told, how far p50 was off as a share of the
        whole time; and the share of it for which p90 held, None if nothing was told."""
        total = max(now - self.began, 1e-9)
        run = self.marks.ended(total, self.size) if self.learning else None
        at, p50, p90 = self._said[::3], self._said[1::3], self._said[2::3]
        remained = [now - moment for moment in at]
        errors = [abs(told - true) / total for told, true in zip(p50, remained, strict=True)]
        held = [told >= true for told, true in zip(p90, remained, strict=True)]
        return run, errors, sum(held) / len(held) if held else None


def of_row(job: Job, wall: float, *, counts: bool) -> Standing:
    """Where a job stands by its row alone."""
    again = job.run > 1
    entered = job.entered[-1][1] if job.entered else job.started_at
    elapsed = None if again or job.started_at is None else max(wall - job.started_at, 0.0)
    in_stage = None if entered is None else max(wall - entered, 0.0)
    stood = max(wall - job.updated_at, 0.0) if counts or in_stage is None else in_stage
    return Standing(job.position, _fraction(job, counts=counts), elapsed, stood, None if again else in_stage, job.floor)


def waiting(job: Job, size: float | None) -> Standing:
    """Where a job will stand when its turn comes."""
    if job.position < 0:
        return Standing(0, 0.0, 0.0, 0.0, 0.0, 0.0, size)
    return Standing(job.position, _fraction(job, counts=True), None, 0.0, None, job.floor, size)


def _fraction(job: Job, *, counts: bool) -> float:
    return job.spec.plan.within(job.position, job.floor) / 100 if counts and job.position >= 0 else 0.0
