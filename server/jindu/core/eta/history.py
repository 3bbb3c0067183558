"""The remembered runs of one job type with one list of stages, and what they say of a run under way."""

import hashlib
import math
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..plan import Plan
from .fit import Mark, fit, quantile
from .marks import LONGEST, TENTHS, Run

KEPT = 200  # runs
ENOUGH = 8  # runs without which nothing is said of a run that does not count
A_FEW = 3  # runs that say something beside the run's own rate
SLOW = 0.95  # of the runs left the stage sooner: "longer than usual"
CLAIMED = 0.9  # how often the upper end is to hold
STEP = 0.02  # by which the level is moved when it did not
LINDY = (0.3, 2.0)  # of the seconds it stood: the middle, the upper end
WIDE = 2.0  # times the middle: the upper end of a rate alone
FIRST_PERCENT = 2.0  # of the job, below which a rate says nothing
LEAST_WEIGHT = 0.01  # of a usual run: a stage that takes no time is seen all the same


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a run under way is: at `fraction` of `stage` since `stood` seconds, `elapsed` seconds after it began, `in_stage`
    after it came into the stage. `percent` is of the whole job by the weights of its plan."""

    stage: int
    fraction: float
    elapsed: float
    stood: float
    in_stage: float
    percent: float
    size: float | None = None


@dataclass(frozen=True, slots=True)
class Left:
    """Seconds that remain: as likely more as less (`p50`), and seldom more (`p90`). `slow`: longer than usual in its stage."""

    p50: float
    p90: float
    slow: bool = False


def version(plan: Plan) -> str:
    """Of the list of stages: runs of another list are not comparable."""
    return hashlib.sha256("\0".join(stage.name for stage in plan.stages).encode()).hexdigest()[:16]


class History:
    """Fits are made when they are asked for and kept until a run is added."""

    def __init__(self, stages: int, runs: Iterable[Run] = (), level: float = CLAIMED) -> None:
        self.stages = stages
        self.level = level
        """Of the quantile that stands for `CLAIMED`: corrected by how often it held."""
        self.runs: deque[Run] = deque((run for run in runs if self._fits(run)), KEPT)
        self._made: dict[int, Mark | None] = {}
        self._slow_after: dict[int, float | None] = {}

    def add(self, run: Run) -> None:
        """A run that completed; one that cannot have been is left out. Corrects the level by what was to be said of it."""
        if not self._fits(run):
            return
        if len(self.runs) >= ENOUGH:
            self._correct(run)
        self.runs.append(run)
        self._made.clear()
        self._slow_after.clear()

    def left(self, at: Standing) -> Left | None:
        """What remains; None where nothing can be known. Never negative, p50 <= p90, finite."""
        if not _sane(at):
            return None
        low = self._mark(at.stage * TENTHS + min(int(at.fraction * TENTHS + 1e-9), TENTHS - 1)) if at.stage >= 0 else None
        known = len(low.left_over) if low else 0
        counts = at.fraction > 0 and at.percent >= FIRST_PERCENT
        if low is None or known < (A_FEW if counts else ENOUGH):
            return self._by_rate(at) if counts else None
        p50, p90 = self._by_runs(low, at)
        return Left(p50, max(p50, p90), self._slow(at))

    def weights(self) -> Sequence[float] | None:
        """The share of time of each stage (their sum is 1), from the middle of the runs; None while there are too few."""
        if len(self.runs) < ENOUGH:
            return None
        usual = [self._duration(stage, 0.5) for stage in range(self.stages)]
        total = sum(seconds or 0.0 for seconds in usual)
        if total <= 0:
            return None
        shares = [max((seconds or 0.0) / total, LEAST_WEIGHT) for seconds in usual]
        return [share / sum(shares) for share in shares]

    @property
    def usual_total(self) -> float | None:
        """Seconds of a run, the middle; None while there are too few."""
        if len(self.runs) < ENOUGH:
            return None
        return quantile(sorted(run.total for run in self.runs), 0.5)

    def _by_runs(self, low: Mark, at: Standing) -> tuple[float, float]:
        over = low.left_over
        if at.stood > low.usual_stand:
            over = low.stood(at.stood)
            if len(over) < A_FEW:
                return self._unheard_of(at)
        base = self._base(low, at)
        return tuple(_finite(base * _exp(quantile(over, level)) - at.stood) for level in (0.5, self.level))  # type: ignore[return-value]

    def _base(self, low: Mark, at: Standing) -> float:
        """Seconds that remained when the run came to where it stands: of the marks before and behind, by nearness."""
        tenths = at.fraction * TENTHS + 1e-9
        place = at.stage * TENTHS + min(int(tenths), TENTHS - 1)
        between = min(max(tenths - (place - at.stage * TENTHS), 0.0), 1.0)
        before = self._remained(low, at)
        high = self._mark(place + 1)
        if high is None:
            return before * (1 - between) if place + 1 == self.stages * TENTHS else before
        return before * (1 - between) + self._remained(high, at) * between

    def _remained(self, mark: Mark, at: Standing) -> float:
        moving, in_stage = max(at.elapsed - at.stood, 0.0), max(at.in_stage - at.stood, 0.0)
        pace = min(in_stage / at.fraction, LONGEST) if mark.tenth and at.fraction else moving
        return _exp(mark.remaining(pace, at.size))

    def _unheard_of(self, at: Standing) -> tuple[float, float]:
        """No run stood here as long: it is told to need a part of what it has had already (Lindy's rule)."""
        return at.stood * LINDY[0], at.stood * LINDY[1]

    def _by_rate(self, at: Standing) -> Left:
        """As far as it came in this time, it goes on."""
        moving = max(at.elapsed - at.stood, 0.0)
        p50 = _finite(moving * (100 - at.percent) / at.percent - at.stood)
        return Left(p50, _finite(p50 * WIDE), slow=False)

    def _slow(self, at: Standing) -> bool:
        if at.stage not in self._slow_after:
            self._slow_after[at.stage] = self._duration(at.stage, SLOW) if len(self.runs) >= ENOUGH else None
        usual = self._slow_after[at.stage]
        return usual is not None and at.in_stage > usual

    def _duration(self, stage: int, level: float) -> float | None:
        took = sorted(seconds for run in self.runs if (seconds := _took(run, stage)) is not None)
        return quantile(took, level) if took else None

    def _correct(self, run: Run) -> None:
        said = [(left, run.total - at.elapsed) for at in standings(run) if (left := self.left(at)) is not None]
        if said:
            held = sum(left.p90 >= true for left, true in said) / len(said)
            self.level = min(max(self.level + STEP * (CLAIMED - held), 0.5), 0.999)

    @property
    def _marks(self) -> range:
        return range(self.stages * TENTHS)

    def _mark(self, place: int) -> Mark | None:
        if place not in self._marks:
            return None
        if place not in self._made:
            self._made[place] = fit(self.runs, place)
        return self._made[place]

    def _fits(self, run: Run) -> bool:
        return len(run.marks) == self.stages * TENTHS and run.sound


def standings(run: Run) -> Iterable[Standing]:
    """A run that is over, as it stood at each of its marks."""
    count = len(run.marks) // TENTHS
    for place, elapsed in enumerate(run.marks):
        if not math.isnan(elapsed):
            stage, tenth = divmod(place, TENTHS)
            entered = run.marks[stage * TENTHS]
            percent = 100 * (stage + tenth / TENTHS) / count
            yield Standing(stage, tenth / TENTHS, elapsed, 0.0, elapsed - entered, percent, run.size)


def _took(run: Run, stage: int) -> float | None:
    begun = run.marks[stage * TENTHS]
    return None if math.isnan(begun) else run.ended(stage) - begun


def _sane(at: Standing) -> bool:
    times = all(0 <= value <= LONGEST for value in (at.elapsed, at.stood, at.in_stage))
    sized = at.size is None or 0 < at.size < math.inf
    return times and sized and 0 <= at.fraction <= 1 and 0 <= at.percent <= 100


def _finite(seconds: float) -> float:
    return min(max(seconds, 0.0), LONGEST)


def _exp(logarithm: float) -> float:
    """At most `LONGEST`: a line of logarithms that leads far beyond the runs it was drawn through has no number."""
    return math.exp(min(logarithm, math.log(LONGEST)))
