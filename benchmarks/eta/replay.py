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

from jindu.core.eta.bar import by_time
from jindu.core.eta.history import History, Left, Standing
from jindu.core.eta.marks import Marks, Run

from .plots import draw

TRACES = Path(__file__).parent / "traces"
SMOOTHING = 0.3  # tqdm's default
ENOUGH = 8
SHOWN = "compile_java"
GAPS = ("equal", "learned", "moved")

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
    held_now: float | None = None  # of the newest run
    gaps: dict[str, list[float]] = field(default_factory=dict)
    microseconds: list[float] = field(default_factory=list)
    moments: dict[str, list[tuple[float, float]]] = field(default_factory=dict)  # by teller: share of the run, error
    course: list[tuple[int, float, float, float | None, float | None]] = field(default_factory=list)


def score(traces: Sequence[Trace], moments: int) -> Score:
    found = Score()
    history = History(traces[0].stages)
    totals: list[float] = []
    for number, trace in enumerate(traces):
        _tell(found, trace, number, history, totals, moments)
        _shown(found, trace, history, moments)
        history.add(trace.run(), found.held_now)
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
        passed = at.elapsed / trace.total
        errors["ours"].append(abs(left.p50 - true) / trace.total)
        held.append(left.p90 >= true)
        for name, value in said.items():
            errors[name].append(1.0 if value is None else abs(value - true) / trace.total)
        for name in errors if number >= ENOUGH else ():
            found.moments.setdefault(name, []).append((passed, errors[name][-1]))
    for name, values in errors.items():
        if values:
            found.errors.setdefault(name, []).append(statistics.median(values))
            if number >= ENOUGH:
                found.after.setdefault(name, []).append(statistics.median(values))
    found.held_now = sum(held) / len(held) if held else None
    if found.held_now is not None and number >= ENOUGH:
        found.held.append(found.held_now)


def _shown(found: Score, trace: Trace, history: History, moments: int) -> None:
    """The largest distance between the percent shown and the share of time passed: with equal weights, with learned ones, and
    moved by time where a stage does not count."""
    weights = history.weights
    if weights is None:
        return
    equal = [1 / trace.stages] * trace.stages
    gaps = dict.fromkeys(GAPS, 0.0)
    floor = 0.0
    for at in trace.standings(moments):
        if at.stage < 0:
            continue
        passed = 100 * at.elapsed / trace.total
        shown = {"equal": _percent(equal, at), "learned": _percent(weights, at)}
        low = 100 * sum(weights[: at.stage])
        left = None if history.counts(at.stage) else history.left(at)
        by_itself = 0.0 if left is None else by_time(at, left, low, low + 100 * weights[at.stage])
        floor = shown["moved"] = max(floor, shown["learned"], by_itself)
        gaps = {name: max(gap, abs(shown[name] - passed)) for name, gap in gaps.items()}
    for name, gap in gaps.items():
        found.gaps.setdefault(name, []).append(gap)


def _percent(weights: Sequence[float], at: Standing) -> float:
    return 100 * (sum(weights[: at.stage]) + weights[at.stage] * at.fraction)


def read(path: Path) -> list[Trace]:
    return [Trace.of(json.loads(line)) for line in path.read_text().splitlines()]


def scores(moments: int) -> dict[str, Score]:
    return {path.stem: score(read(path), moments) for path in sorted(TRACES.glob("*.jsonl"))}


def table(found: dict[str, Score]) -> list[str]:
    lines = [
        "| program | runs | straight | tqdm | mean | ours | ours / best | p90 holds | bar: equal weights | learned | moved |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for name, got in found.items():
        middle = {teller: 100 * statistics.median(values) for teller, values in got.after.items()}
        best = min(middle[teller] for teller in ("straight", "tqdm", "mean"))
        gaps = {kind: statistics.median(values) for kind, values in got.gaps.items()}
        lines.append(
            f"| {name} | {len(got.errors['ours'])} | {middle['straight']:.1f} | {middle['tqdm']:.1f} | {middle['mean']:.1f} | "
            f"**{middle['ours']:.1f}** | {middle['ours'] / best:.2f} | {100 * statistics.fmean(got.held):.0f} % | "
            f"{gaps['equal']:.0f} | {gaps['learned']:.0f} | {gaps['moved']:.0f} |"
        )
    return lines


def summary(found: dict[str, Score]) -> list[str]:
    names = ("straight", "tqdm", "mean")
    of_all = {
        teller: 100 * statistics.median(e for got in found.values() for e in got.after[teller]) for teller in (*names, "ours")
    }
    best = min(of_all[teller] for teller in names)
    held = [share for got in found.values() for share in got.held]
    gaps = {kind: statistics.median(gap for got in found.values() for gap in got.gaps[kind]) for kind in GAPS}
    cost = sorted(value for got in found.values() for value in got.microseconds)
    return [
        f"all programs, % of the run: straight {of_all['straight']:.1f}, tqdm {of_all['tqdm']:.1f}, mean {of_all['mean']:.1f}, "
        f"ours {of_all['ours']:.1f} ({of_all['ours'] / best:.2f} of the best)",
        f"p90 held at {100 * statistics.fmean(held):.1f} % of the moments",
        f"largest distance of the bar from the share of time, median: {gaps['moved']:.0f} points (learned weights alone "
        f"{gaps['learned']:.0f}, equal weights {gaps['equal']:.0f})",
        f"cost of one estimate: median {statistics.median(cost):.1f} us, p99 {cost[int(0.99 * len(cost))]:.1f} us",
    ]


def plots(found: dict[str, Score], folder: Path) -> None:
    """How far each is off in the course of a run, over all programs; and what was told of the last run of one of them."""
    folder.mkdir(exist_ok=True)
    lines = {}
    for name in ("ours", "straight", "tqdm", "mean"):
        by_tenth: dict[int, list[float]] = {}
        for passed, error in (moment for got in found.values() for moment in got.moments[name]):
            by_tenth.setdefault(min(int(passed * 10), 9), []).append(error)
        lines[name] = [(10 * tenth + 5, 100 * statistics.median(errors)) for tenth, errors in sorted(by_tenth.items())]
    draw(
        folder / "course.svg",
        "How far off, fifteen programs",
        "% of the run that has passed",
        "median error, % of the run",
        lines,
    )
    course = found[SHOWN].course
    last = [moment for moment in course if moment[0] == course[-1][0] and moment[3] is not None]
    told = {
        "told": [(passed, p50) for _, passed, _, p50, _ in last if p50 is not None],
        "true": [(passed, true) for _, passed, true, _, _ in last],
    }
    band = [(p50, p90) for _, _, _, p50, p90 in last if p50 is not None and p90 is not None]
    draw(
        folder / "told.svg",
        f"What was told of one run ({SHOWN}); shaded: up to the careful guess",
        "seconds",
        "seconds left",
        told,
        band,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--moments", type=int, default=50)
    parser.add_argument("--plots", type=Path, help="a folder for plots as SVG")
    asked = parser.parse_args()
    found = scores(asked.moments)
    if not found:
        sys.exit("no traces: python -m benchmarks.eta.record makes them")
    print("\n".join([*table(found), "", *summary(found)]))
    if asked.plots is not None:
        plots(found, asked.plots)


if __name__ == "__main__":
    main()
