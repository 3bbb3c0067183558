"""Tells the end of recorded runs as they go, knowing only the runs before, and compares.

    python -m benchmarks.eta.replay [--moments 50] [--plots DIR]

At evenly spaced moments of each run: |predicted - true remaining| / true total. Compared: the straight line through the
percent shown (equal weights of stages), tqdm's smoothed rate (0.3) over the same percent, the mean of the runs before (as
Gradio's queue does), and ours.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from jindu.core.eta.history import History, Left, Standing
from jindu.core.eta.marks import Marks, Run

TRACES = Path(__file__).parent / "traces"
SMOOTHING = 0.3  # tqdm's default
ENOUGH = 8

Point: TypeAlias = "tuple[float, int, float, float]"


@dataclass(frozen=True)
class Trace:
    stages: int
    points: Sequence[Point]
    total: float

    @classmethod
    def of(cls, row: dict[str, Any]) -> "Trace":
        return cls(len(row["stages"]), [(p[0], int(p[1]), p[2], p[3]) for p in row["points"]], row["total"])

    def run(self) -> Run:
        marks = Marks(self.stages)
        for at, stage, done, total in self.points:
            marks.note(stage, done / total if total else 0.0, at)
        return marks.ended(self.total, next((total for _, _, _, total in self.points if total), None))

    def standings(self, moments: int) -> Iterator[Standing]:
        """At the middles of so many equal parts of its time."""
        entered: dict[int, float] = {}
        place = 0
        size: float | None = None
        for moment in range(moments):
            now = self.total * (moment + 0.5) / moments
            while place < len(self.points) and self.points[place][0] <= now:
                entered.setdefault(self.points[place][1], self.points[place][0])
                size = size or self.points[place][3] or None
                place += 1
            if not place:
                yield Standing(-1, 0.0, now, now, now, 0.0, None)
                continue
            at, stage, done, total = self.points[place - 1]
            fraction = min(done / total, 1.0) if total else 0.0
            percent = 100 * (stage + fraction) / self.stages
            yield Standing(stage, fraction, now, now - at, now - entered[stage], percent, size)


Teller: TypeAlias = "Callable[[Standing], float | None]"


def straight(at: Standing) -> float | None:
    return at.elapsed * (100 - at.percent) / at.percent if at.percent else None


class Smoothed:
    """tqdm: an exponential mean of the time and of the units between looks, corrected for its beginning."""

    def __init__(self) -> None:
        self.seconds = self.units = self.looks = 0.0
        self.last = (0.0, 0.0)

    def __call__(self, at: Standing) -> float | None:
        then, percent = self.last
        if at.percent > percent:
            self.seconds = SMOOTHING * (at.elapsed - then) + (1 - SMOOTHING) * self.seconds
            self.units = SMOOTHING * (at.percent - percent) + (1 - SMOOTHING) * self.units
            self.looks += 1
            self.last = (at.elapsed, at.percent)
        return (100 - at.percent) * self.seconds / self.units if self.units else None


def mean_of(before: Sequence[float]) -> Teller:
    mean = statistics.fmean(before) if before else None
    return lambda at: None if mean is None else max(mean - at.elapsed, 0.0)


@dataclass
class Score:
    """Of one program: errors of each teller by run, of the runs that had eight before them and of all."""

    errors: dict[str, list[float]] = field(default_factory=dict)
    after: dict[str, list[float]] = field(default_factory=dict)
    held: list[float] = field(default_factory=list)
    gaps: dict[str, list[float]] = field(default_factory=dict)
    microseconds: list[float] = field(default_factory=list)
    course: list[tuple[int, float, float, float | None, float | None]] = field(default_factory=list)


def score(traces: Sequence[Trace], moments: int) -> Score:
    found = Score()
    history = History(traces[0].stages)
    totals: list[float] = []
    for number, trace in enumerate(traces):
        weights = history.weights
        _tell(found, trace, number, history, totals, moments)
        _shown(found, trace, weights, moments, learned=number >= ENOUGH)
        history.add(trace.run())
        totals.append(trace.total)
    return found


def _tell(found: Score, trace: Trace, number: int, history: History, totals: Sequence[float], moments: int) -> None:
    tellers: dict[str, Teller] = {"straight": straight, "tqdm": Smoothed(), "mean": mean_of(totals)}
    errors: dict[str, list[float]] = {"ours": [], **{name: [] for name in tellers}}
    held: list[bool] = []
    for at in trace.standings(moments):
        true = trace.total - at.elapsed
        history.left(at)  # what is made once for all updates is made
        began = time.perf_counter()
        left: Left | None = history.left(at)
        found.microseconds.append((time.perf_counter() - began) * 1e6)
        said = {name: teller(at) for name, teller in tellers.items()}
        found.course.append((number, at.elapsed, true, left.p50 if left else None, left.p90 if left else None))
        if left is None:
            continue
        errors["ours"].append(abs(left.p50 - true) / trace.total)
        held.append(left.p90 >= true)
        for name, value in said.items():
            errors[name].append(1.0 if value is None else abs(value - true) / trace.total)
    for name, values in errors.items():
        if values:
            found.errors.setdefault(name, []).append(statistics.median(values))
            if number >= ENOUGH:
                found.after.setdefault(name, []).append(statistics.median(values))
    if held and number >= ENOUGH:
        found.held.append(sum(held) / len(held))


def _shown(found: Score, trace: Trace, weights: Sequence[float] | None, moments: int, *, learned: bool) -> None:
    """The largest distance between the percent shown and the share of time passed."""
    if not learned or weights is None:
        return
    equal = [1 / trace.stages] * trace.stages
    for name, shares in (("equal", equal), ("learned", weights)):
        distance = [
            abs(100 * (sum(shares[: at.stage]) + shares[at.stage] * at.fraction) - 100 * at.elapsed / trace.total)
            for at in trace.standings(moments)
            if at.stage >= 0
        ]
        found.gaps.setdefault(name, []).append(max(distance, default=0.0))


def read(path: Path) -> list[Trace]:
    return [Trace.of(json.loads(line)) for line in path.read_text().splitlines()]


def scores(moments: int) -> dict[str, Score]:
    return {path.stem: score(read(path), moments) for path in sorted(TRACES.glob("*.jsonl"))}


def table(found: dict[str, Score]) -> list[str]:
    lines = [
        "| program | runs | straight | tqdm | mean | ours | ours / best | p90 holds | bar: equal weights | learned |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for name, got in found.items():
        middle = {teller: 100 * statistics.median(values) for teller, values in got.after.items()}
        best = min(middle[teller] for teller in ("straight", "tqdm", "mean"))
        gaps = {kind: statistics.median(values) for kind, values in got.gaps.items()}
        lines.append(
            f"| {name} | {len(got.errors['ours'])} | {middle['straight']:.1f} | {middle['tqdm']:.1f} | {middle['mean']:.1f} | "
            f"**{middle['ours']:.1f}** | {middle['ours'] / best:.2f} | {100 * statistics.fmean(got.held):.0f} % | "
            f"{gaps['equal']:.0f} | {gaps['learned']:.0f} |"
        )
    return lines


def summary(found: dict[str, Score]) -> list[str]:
    names = ("straight", "tqdm", "mean")
    of_all = {
        teller: 100 * statistics.median(e for got in found.values() for e in got.after[teller]) for teller in (*names, "ours")
    }
    best = min(of_all[teller] for teller in names)
    held = [share for got in found.values() for share in got.held]
    learned = statistics.median(gap for got in found.values() for gap in got.gaps["learned"])
    equal = statistics.median(gap for got in found.values() for gap in got.gaps["equal"])
    cost = sorted(value for got in found.values() for value in got.microseconds)
    return [
        f"all programs, % of the run: straight {of_all['straight']:.1f}, tqdm {of_all['tqdm']:.1f}, mean {of_all['mean']:.1f}, "
        f"ours {of_all['ours']:.1f} ({of_all['ours'] / best:.2f} of the best)",
        f"p90 held at {100 * statistics.fmean(held):.1f} % of the moments",
        f"largest distance of the bar from the share of time, median: {learned:.0f} points (equal weights {equal:.0f})",
        f"cost of one estimate: median {statistics.median(cost):.1f} us, p99 {cost[int(0.99 * len(cost))]:.1f} us",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--moments", type=int, default=50)
    asked = parser.parse_args()
    found = scores(asked.moments)
    if not found:
        sys.exit("no traces: python -m benchmarks.eta.record makes them")
    print("\n".join([*table(found), "", *summary(found)]))


if __name__ == "__main__":
    main()
