"""The remembered runs of one job type with one list of stages, and what they say of a run under way."""

import math
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .fit import Mark, fit, quantile
from .marks import LONGEST, MARKS, TENTHS, Run

KEPT = 200  # runs
ENOUGH = 8  # runs without which nothing is said of a run that does not count
A_FEW = 3  # runs that say something beside the run's own rate
SLOW = 0.95  # of the runs left the stage sooner: "longer than usual"
CLAIMED = 0.9  # how often the upper end is to hold
STEP = 0.02  # by which the level is moved when it did not
LEVELS = (0.5, 0.999)
QUICKLY_FIT = 32  # runs, of which fits cost so little that they need not be made ahead of being asked for
RENEWED = 0.05  # of the runs, that are added before all fits are made anew
LOG_LONGEST = math.log(LONGEST)
LEAST_WIDTH = 1.05  # times the middle: runs that were all alike promise nothing finer
SLOWING = 0.5  # of the time that it stands between two reports: that it goes more slowly; the rest, that the next is near
LINDY = (0.3, 2.0)  # of the seconds it stood: the middle, the upper end
WIDE = 2.0  # times the middle: the upper end of a rate alone
FIRST_PERCENT = 2.0  # of the job, below which a rate says nothing
LEAST_WEIGHT = 0.01  # of a usual run: a stage that takes no time is seen all the same


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a run under way is: at `fraction` of `stage` since `stood` seconds, `elapsed` seconds after it began, `in_stage`
    after it came into the stage; None for these two: it was interrupted. `percent` is of the whole job by the weights of its
    plan."""

    stage: int
    fraction: float
    elapsed: float | None
    stood: float
    in_stage: float | None
    percent: float
    size: float | None = None


@dataclass(frozen=True, slots=True)
class Left:
    """Seconds that remain: as likely more as less (`p50`), and seldom more (`p90`). `slow`: longer than usual in its stage."""

    p50: float
    p90: float
    slow: bool = False


@dataclass(frozen=True, slots=True)
class _Facts:
    """Of all runs together."""

    weights: Sequence[float] | None
    mean_total: float | None
    counts: Sequence[bool]


class History:
    """Fits are made when they are first asked for. Runs that are added make them stale: `refresh` makes some of them anew, so
    that neither who asks nor who adds waits for all of them."""

    def __init__(self, stages: int, runs: Iterable[Run] = (), level: float = CLAIMED) -> None:
        self.stages = stages
        self.level = level
        """Of the quantile that stands for `CLAIMED`: corrected by how often it held."""
        self.runs: deque[Run] = deque((run for run in runs if self._fits(run)), KEPT)
        self._made: dict[int, Mark | None] = {}
        self._slow_after: dict[int, float | None] = {}
        self._stale: dict[int, None] = {}
        self._facts: _Facts | None = None
        self._added = 0  # since the fits became stale

    def add(self, run: Run, held: float | None = None) -> None:
        """A run that completed; one that cannot have been is left out. `held`: the share of the moments of its course at which
        what was told held; it corrects the level."""
        if not self._fits(run):
            return
        if held is not None:
            self.level = min(max(self.level + STEP * (CLAIMED - held), LEVELS[0]), LEVELS[1])
        self.runs.append(run)
        self._added += 1
        if self._added > len(self.runs) * RENEWED:
            self._added = 0
            self._slow_after.clear()
            self._facts = None
            self._stale = dict.fromkeys(self._made)
            if len(self.runs) <= QUICKLY_FIT:
                self._made.clear()

    def refresh(self, fits: int) -> int:
        """Make up to so many fits anew that are stale; how many were."""
        places = list(self._stale)[:fits]
        for place in places:
            del self._stale[place]
            self._made[place] = fit(self.runs, place)
        return len(places)

    def left(self, at: Standing) -> Left | None:
        """What remains; None where nothing can be known. Never negative, p50 <= p90, finite."""
        if not _sane(at):
            return None
        low = self._mark(at.stage * MARKS + int(at.fraction * TENTHS + 1e-9)) if at.stage >= 0 else None
        known = len(low.left_over) if low else 0
        counts = at.fraction > 0 and at.percent >= FIRST_PERCENT
        if low is None or known < (A_FEW if counts else ENOUGH):
            return self._by_rate(at) if counts else None
        p50, p90 = self._by_runs(low, at)
        return Left(p50, max(p50 * LEAST_WIDTH, p90), self._slow(at))

    @property
    def weights(self) -> Sequence[float] | None:
        """The share of time of each stage (their sum is 1), from the middle of the runs; None while there are too few."""
        return self._known.weights

    @property
    def mean_total(self) -> float | None:
        """Seconds of a run, the mean; None while there are too few."""
        return self._known.mean_total

    def counts(self, stage: int) -> bool:
        """Whether runs say how far they are in this stage; of one that nothing is known of it is hoped that they do."""
        return not self.runs or stage < 0 or self._known.counts[stage]

    @property
    def _known(self) -> "_Facts":
        if self._facts is None:
            self._facts = _Facts(self._weights(), self._mean(), [self._count(stage) for stage in range(self.stages)])
        return self._facts

    def _mean(self) -> float | None:
        return sum(run.total for run in self.runs) / len(self.runs) if len(self.runs) >= ENOUGH else None

    def _count(self, stage: int) -> bool:
        seen = [run for run in self.runs if not math.isnan(run.marks[stage * MARKS])]
        counted = [run for run in seen if not all(map(math.isnan, run.marks[stage * MARKS + 1 : stage * MARKS + TENTHS]))]
        return 2 * len(counted) >= len(seen)

    def _weights(self) -> Sequence[float] | None:
        if len(self.runs) < ENOUGH:
            return None
        usual = [self._duration(stage, 0.5) for stage in range(self.stages)]
        total = sum(seconds or 0.0 for seconds in usual)
        if total <= 0:
            return None
        shares = [max((seconds or 0.0) / total, LEAST_WEIGHT) for seconds in usual]
        return [share / sum(shares) for share in shares]

    def usual_total(self, level: float = 0.5) -> float | None:
        """Seconds of a run, the middle or another quantile; None while there are too few."""
        if len(self.runs) < ENOUGH:
            return None
        return quantile(sorted(run.total for run in self.runs), level)

    def _by_runs(self, low: Mark, at: Standing) -> tuple[float, float]:
        over, base = low.left_over, self._base(low, at)
        if at.stood > low.usual_stand:
            over = low.stood(at.stood)
            if len(over) < A_FEW:
                return self._unheard_of(low, base, at.stood)
        passed = at.stood * (1 - SLOWING) if 0 < at.fraction < 1 else at.stood
        p50, p90 = (_finite(base * _exp(quantile(over, level)) - passed) for level in (0.5, self.level))
        return p50, p90

    def _base(self, low: Mark, at: Standing) -> float:
        """Seconds that remained when the run came to where it stands: of the marks before and behind, by nearness."""
        tenths = at.fraction * TENTHS + 1e-9
        between = tenths - int(tenths)
        slowing = SLOWING if at.fraction < 1 else 0.0
        moving = None if at.in_stage is None else max(at.in_stage - at.stood * (1 - slowing), 0.0)
        began = None if at.elapsed is None else max(at.elapsed - (at.stood if at.in_stage is None else at.in_stage), 0.0)
        whole = None if moving is None or not at.fraction else min(moving / at.fraction, LONGEST)
        before = _exp(low.remaining(whole if low.tenth else began, at.size))
        high = self._mark(at.stage * MARKS + int(tenths) + 1) if tenths < TENTHS else None
        if high is None:
            return before
        if moving is not None and not low.tenth:  # a first report is no rate: as if it came to the next mark in the usual time
            whole = min((moving + low.middle_stand * (1 - between)) * TENTHS / high.tenth, LONGEST)
        return before * (1 - between) + _exp(high.remaining(whole, at.size)) * between

    def _unheard_of(self, low: Mark, base: float, stood: float) -> tuple[float, float]:
        """Hardly any run stood here as long: it is told to stand for a part of what it has stood already (Lindy's rule), and to
        go on as usual then."""
        p50, p90 = (max(base * _exp(quantile(low.left_over, level)) - low.middle_stand, 0.0) for level in (0.5, self.level))
        return _finite(p50 + LINDY[0] * stood), _finite(p90 + LINDY[1] * stood)

    def _by_rate(self, at: Standing) -> Left | None:
        """As far as it came in this time, it goes on. One that stands for longer than it ever moved moves as slowly as that."""
        if not at.elapsed:
            return None
        moving, parts = max(at.elapsed - at.stood, 0.0), (100 - at.percent) / at.percent
        rest = at.elapsed * parts if at.stood > moving else max(moving * parts - at.stood, LINDY[0] * at.stood)
        return Left(_finite(rest), _finite(rest * WIDE), slow=False)

    def _slow(self, at: Standing) -> bool:
        if at.stage not in self._slow_after:
            self._slow_after[at.stage] = self._duration(at.stage, SLOW) if len(self.runs) >= ENOUGH else None
        usual = self._slow_after[at.stage]
        if usual is None or at.in_stage is None:
            return False
        first = self._mark(at.stage * MARKS)
        return at.in_stage > usual * (1.0 if first is None else first.larger(at.size))

    def _duration(self, stage: int, level: float) -> float | None:
        took = sorted(seconds for run in self.runs if (seconds := _took(run, stage)) is not None)
        return quantile(took, level) if took else None

    @property
    def _marks(self) -> range:
        return range(self.stages * MARKS)

    def _mark(self, place: int) -> Mark | None:
        if place not in self._marks:
            return None
        if place not in self._made:
            self._made[place] = fit(self.runs, place)
        return self._made[place]

    def _fits(self, run: Run) -> bool:
        return len(run.marks) == self.stages * MARKS and run.sound


def _took(run: Run, stage: int) -> float | None:
    begun = run.marks[stage * MARKS]
    return None if math.isnan(begun) else run.ended(stage) - begun


def _sane(at: Standing) -> bool:
    return (
        (at.elapsed is None or 0 <= at.elapsed <= LONGEST)
        and 0 <= at.stood <= LONGEST
        and (at.in_stage is None or 0 <= at.in_stage <= LONGEST)
        and (at.size is None or 0 < at.size < math.inf)
        and 0 <= at.fraction <= 1
        and 0 <= at.percent <= 100
    )


def _finite(seconds: float) -> float:
    return min(max(seconds, 0.0), LONGEST)


def _exp(logarithm: float) -> float:
    """At most `LONGEST`: a line of logarithms that leads far beyond the runs it was drawn through has no number."""
    return math.exp(min(logarithm, LOG_LONGEST))
