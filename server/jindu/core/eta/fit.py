"""What the remembered runs say of one mark: a line through their logarithms, the run's own rate, and which to believe."""

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from .marks import MARKS, TENTHS, Run

PRIOR_PACE = 0.5  # b where nothing was learned yet, at the beginning of a stage; c is what lacks of 1
PRIOR_RATE = 0.8  # b inside a stage
PRIOR_WEIGHT = 8.0  # runs that the prior counts as, of the usual spread
SPREAD = 0.09  # the variance of log(pace) that makes a run count whole against the prior
SMALL = 0.01  # of a usual total, added to times before the logarithm: the first moments say little about pace
LEAST_LEFT = 1e-3  # seconds
LEAST_SMALL = 1e-6  # seconds: no logarithm of nothing
TRUST = (
    0.0,
    1.0,
)  # in the run's own rate, against the line: mixtures of the two are hardly better and need more runs to be found
MOST_LEVERAGE = 0.9


@dataclass(frozen=True, slots=True)
class Mark:
    """At one mark: the line, what is left over (sorted logarithms), and how long the runs stood (sorted seconds)."""

    tenth: int
    later: float  # seconds behind the last report of its stage, the middle of the runs
    line: "Line"
    sized: bool
    small: float  # seconds added before the logarithm
    trust: float  # in the run's own rate
    left_over: Sequence[float]
    pairs: Sequence[tuple[float, float]]  # of each run: seconds until its next mark, its left-over

    def remaining(self, pace: float | None, size: float | None) -> float:
        """log of the seconds that remain at this mark, without what is left over. `pace`: seconds since the run began, inside
        a stage those that the whole stage takes at its own rate. What is None is taken to be as usual."""
        line = self.line.at
        if pace is not None:
            line += self.line.pace * (math.log(pace + self.small) - self.line.usual_pace)
        if self.sized and size:
            line += self.line.scale * (math.log(size) - self.line.usual_size)
        if not self.trust or pace is None:
            return line
        return self.trust * math.log(_at_rate(pace, self.tenth, self.later) + self.small) + (1 - self.trust) * line

    def larger(self, size: float | None) -> float:
        """How many times longer a run of this size takes from here than one of the usual size."""
        if not self.sized or not size:
            return 1.0
        return math.exp(min(max(self.line.scale, 0.0) * (math.log(size) - self.line.usual_size), 20.0))

    @property
    def usual_stand(self) -> float:
        """Seconds that three of four runs stood here at least."""
        return self.pairs[len(self.pairs) // 4][0]

    @property
    def middle_stand(self) -> float:
        """Seconds that a run in the middle stood here, on its way to the next mark."""
        return self.pairs[len(self.pairs) // 2][0]

    def stood(self, seconds: float) -> Sequence[float]:
        """What is left over of the runs that stood here longer than so many seconds, sorted."""
        return sorted(over for _, over in self.pairs[bisect_right(self.pairs, (seconds, math.inf)) :])


class Line(NamedTuple):
    """Through the middle of the runs (`at`, where pace and size are usual; all logarithms), with a slope for each of these."""

    at: float
    usual_pace: float
    usual_size: float
    pace: float
    scale: float
    misses: Sequence[float]  # of each run: its logarithm less what the line through all the others says of it


def quantile(ordered: Sequence[float], level: float) -> float:
    """Linear between neighbours, of (n + 1) parts, as a sample says it of the next one (Weibull); clipped to the extremes."""
    at = min(max(level * (len(ordered) + 1) - 1, 0.0), len(ordered) - 1.0)
    low = int(at)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (at - low)


def fit(runs: Sequence[Run], mark: int) -> Mark | None:
    """None if no run has been seen at this mark."""
    stage, tenth = divmod(mark, MARKS)
    seen = [run for run in runs if not math.isnan(run.marks[mark])]
    if not seen:
        return None
    small = max(SMALL * quantile(sorted(run.total for run in seen), 0.5), LEAST_SMALL)
    later = quantile(sorted(run.total - run.counted(stage) for run in seen), 0.5)
    paces = [_pace(run, stage, tenth) for run in seen]
    sized = all(run.size for run in seen)
    sizes = [math.log(run.size) if sized and run.size else 0.0 for run in seen]
    remain = [math.log(max(run.total - run.marks[mark], LEAST_LEFT)) for run in seen]
    prior = PRIOR_RATE if tenth else PRIOR_PACE
    line = _line([math.log(pace + small) for pace in paces], sizes, remain, prior, sized=sized)
    trust, over = 0.0, line.misses
    if tenth:
        rates = [y - math.log(_at_rate(pace, tenth, later) + small) for pace, y in zip(paces, remain, strict=True)]
        trust, over = _believed(rates, line.misses)
    stands = [run.next_after(mark) - run.marks[mark] for run in seen]
    return Mark(
        tenth=tenth,
        later=later,
        line=line,
        sized=sized,
        small=small,
        trust=trust,
        left_over=sorted(over),
        pairs=sorted(zip(stands, over, strict=True)),
    )


def _pace(run: Run, stage: int, tenth: int) -> float:
    at = run.marks[stage * MARKS + tenth]
    return (at - run.marks[stage * MARKS]) * TENTHS / tenth if tenth else at


def _at_rate(pace: float, tenth: int, later: float) -> float:
    """Seconds that remain at a tenth of a stage that takes `pace`, if later stages take what they usually do."""
    return pace * (1 - tenth / TENTHS) + later


def _believed(rates: Sequence[float], line: Sequence[float]) -> tuple[float, Sequence[float]]:
    """Which mixture of the two was nearest to what came, and what it leaves over."""
    mixed = [(trust, [trust * r + (1 - trust) * e for r, e in zip(rates, line, strict=True)]) for trust in TRUST]
    return min(mixed, key=lambda one: sum(map(abs, one[1])))


def _line(x: Sequence[float], z: Sequence[float], y: Sequence[float], prior: float, *, sized: bool) -> Line:
    """Least squares for both slopes, drawn towards the prior as by `PRIOR_WEIGHT` further runs. What is left over of a run is
    reckoned as if it had been left out: its miss divided by 1 less its leverage (Allen's PRESS)."""
    count = len(x)
    mx, mz, my = sum(x) / count, sum(z) / count, sum(y) / count
    x, z, y = [v - mx for v in x], [v - mz for v in z], [v - my for v in y]
    weight = PRIOR_WEIGHT * SPREAD
    xx, zz, xz = _dot(x, x) + weight, _dot(z, z) + weight, _dot(x, z)
    xy, zy = _dot(x, y) + weight * prior, _dot(z, y) + weight * (1 - prior)
    det = xx * zz - xz * xz
    scale = min(max((zy * xx - xy * xz) / det, -0.5), 1.5) if sized else 0.0
    pace = min(max((xy - scale * xz) / xx, 0.0), 1.2)
    misses = []
    for a, b, right in zip(x, z, y, strict=True):
        leverage = 1 / count + (a * a * zz - 2 * a * b * xz + b * b * xx) / det
        misses.append((right - pace * a - scale * b) / (1 - min(leverage, MOST_LEVERAGE)))
    return Line(my, mx, mz, pace, scale, misses)


def _dot(a: Sequence[float], b: Sequence[float]) -> float:
    return sum(p * q for p, q in zip(a, b, strict=True))
