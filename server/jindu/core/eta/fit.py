"""What the remembered runs say of one mark: a line through their logarithms, and what it leaves over."""

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from .marks import Run

PRIOR_PACE = 0.5  # b where nothing was learned yet: half history, half the pace of this run
PRIOR_SIZE = 0.5  # c likewise, beside the pace
PRIOR_WEIGHT = 1.0  # runs that the prior counts as, of the usual spread
SPREAD = 0.09  # the variance of log(elapsed) that makes a run count whole against the prior
SMALL = 0.01  # of a usual total, added to times before the logarithm: the first moments say little about pace
LEAST_LEFT = 1e-3  # seconds


@dataclass(frozen=True, slots=True)
class Mark:
    """At one mark: the line, what is left over (sorted logarithms), and how long the runs stood (sorted seconds)."""

    elapsed: float  # seconds, the middle of the runs
    offset: float
    pace: float
    scale: float
    sized: bool
    small: float  # seconds added to elapsed
    left_over: Sequence[float]
    pairs: Sequence[tuple[float, float]]  # of each run: seconds until its next mark, its left-over

    def middle(self, elapsed: float, size: float | None) -> float:
        """log of the seconds that remain, without what is left over."""
        told = self.offset + self.pace * math.log(elapsed + self.small)
        return told + self.scale * math.log(size) if self.sized and size else told

    @property
    def usual_stand(self) -> float:
        """Seconds that three of four runs stood here at least."""
        return self.pairs[len(self.pairs) // 4][0]

    def stood(self, seconds: float) -> Sequence[float]:
        """What is left over of the runs that stood here longer than so many seconds, sorted."""
        return sorted(over for _, over in self.pairs[bisect_right(self.pairs, (seconds, math.inf)) :])


def quantile(ordered: Sequence[float], level: float) -> float:
    """Linear between neighbours, of (n + 1) parts, as a sample says it of the next one (Weibull); clipped to the extremes."""
    at = min(max(level * (len(ordered) + 1) - 1, 0.0), len(ordered) - 1.0)
    low = int(at)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (at - low)


def fit(runs: Sequence[Run], mark: int) -> Mark | None:
    """None if no run has been seen at this mark."""
    seen = [run for run in runs if not math.isnan(run.marks[mark])]
    if not seen:
        return None
    small = SMALL * quantile(sorted(run.total for run in seen), 0.5)
    sized = all(run.size for run in seen)
    paces = [math.log(run.marks[mark] + small) for run in seen]
    sizes = [math.log(run.size) if sized and run.size else 0.0 for run in seen]
    remain = [math.log(max(run.total - run.marks[mark], LEAST_LEFT)) for run in seen]
    pace, scale = _slopes(paces, sizes, remain, sized=sized)
    count = len(seen)
    offset = sum(remain) / count - pace * sum(paces) / count - scale * sum(sizes) / count
    over = [y - offset - pace * x - scale * z for x, z, y in zip(paces, sizes, remain, strict=True)]
    stands = [_stand(run, mark) for run in seen]
    return Mark(
        elapsed=quantile(sorted(run.marks[mark] for run in seen), 0.5),
        offset=offset,
        pace=pace,
        scale=scale,
        sized=sized,
        small=small,
        left_over=sorted(over),
        pairs=sorted(zip(stands, over, strict=True)),
    )


def _stand(run: Run, mark: int) -> float:
    """Seconds between this mark and the next that was seen."""
    at = run.marks[mark]
    return next((later for later in run.marks[mark + 1 :] if not math.isnan(later)), run.total) - at


def _slopes(paces: Sequence[float], sizes: Sequence[float], remain: Sequence[float], *, sized: bool) -> tuple[float, float]:
    """Least squares for both slopes, drawn towards the priors as by `PRIOR_WEIGHT` further runs."""
    x, z, y = _centred(paces), _centred(sizes), _centred(remain)
    prior_pace, prior_size = PRIOR_PACE, PRIOR_SIZE if sized else 0.0
    weight = PRIOR_WEIGHT * SPREAD
    xx, zz, xz = _dot(x, x) + weight, _dot(z, z) + weight, _dot(x, z)
    xy = _dot(x, y) + weight * prior_pace
    zy = _dot(z, y) + weight * prior_size
    if not sized:
        return _within(xy / xx), 0.0
    scale = min(max((zy * xx - xy * xz) / (xx * zz - xz * xz), -0.5), 1.5)
    return _within((xy - scale * xz) / xx), scale


def _within(pace: float) -> float:
    return min(max(pace, 0.0), 1.2)


def _centred(values: Sequence[float]) -> Sequence[float]:
    middle = sum(values) / len(values)
    return [value - middle for value in values]


def _dot(a: Sequence[float], b: Sequence[float]) -> float:
    return sum(p * q for p, q in zip(a, b, strict=True))
