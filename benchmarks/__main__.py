"""`python -m benchmarks`: measure our server beside its peers in one run, print the table, write RESULTS.md."""

import argparse
import contextlib
import fcntl
import json
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from pathlib import Path

from . import baseline, host, plots, report
from .goals import rows
from .host import HERE, Unavailable
from .loads.checks import kept
from .loads.sample import SIZES, Sample, Size, Tools
from .plan import KEPT, Measure, curves, measures

RESULTS, BASELINE = HERE / "RESULTS.md", HERE / "baseline.json"
AXES = {
    "watchers": ("Cost against watchers of one job", "watchers", "CPU us a delivery"),
    "jobs": ("Cost against jobs (10 updates a second each, a watcher each)", "jobs", "CPU us an update"),
    "rate": ("Cost against the rate of updates (500 jobs, a watcher each)", "updates a second of each job", "CPU us an update"),
}


def main() -> int:
    args = _arguments()
    size = SIZES["full" if args.full else "tiny" if args.tiny else "short"]
    size = replace(size, rounds=args.rounds or size.rounds, seconds=args.seconds or size.seconds)
    if args.plots:
        with _tools(size) as tools:
            print("\n".join(_draw(tools)))
        return 0
    found, skipped, calibrations, drawn = _run(size, args.only, args.lock)
    print("\n".join(["", *report.table(rows(found))]))
    if args.out:
        Path(args.out).write_text(json.dumps({name: [asdict(s) for s in samples] for name, samples in found.items()}, indent=1))
    if args.save_baseline:
        baseline.save(BASELINE, found)
    if args.check:
        complaints = baseline.worse(baseline.ratios(found), baseline.load(BASELINE))
        print("\n".join(["", *complaints] if complaints else ["", "no ratio is 20 % worse than the baseline"]))
        return 1 if complaints else 0
    if not (args.tiny or args.only):
        report.write(RESULTS, report.whole(found, size, skipped, calibrations, drawn))
        print(f"\nwritten: {RESULTS}")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    sizes = parser.add_mutually_exclusive_group()
    sizes.add_argument("--full", action="store_true", help="three rounds and the plots: about an hour")
    sizes.add_argument("--tiny", action="store_true", help="a moment of each, to see that all works; writes nothing")
    sizes.add_argument("--plots", action="store_true", help="the plots alone, one round: some minutes")
    parser.add_argument("--rounds", type=int, help="how often everything is measured, in turns")
    parser.add_argument("--seconds", type=float, help="of each measurement")
    parser.add_argument(
        "--only", action="append", default=[], help="measurements whose name begins so, such as 'status'; writes nothing"
    )
    parser.add_argument("--check", action="store_true", help="exit 1 if a ratio is 20 %% worse than benchmarks/baseline.json")
    parser.add_argument("--save-baseline", action="store_true", help="keep the ratios of this run as the baseline")
    parser.add_argument("--lock", help="a file to lock during each measurement, where several people measure on one machine")
    parser.add_argument("--out", help="a file for every figure of the run, as JSON")
    return parser.parse_args()


def _run(
    size: Size, only: list[str], lock: str | None
) -> tuple[dict[str, list[Sample]], dict[str, str], list[float], list[str]]:
    found, skipped, calibrations, drawn = dict[str, list[Sample]](), dict[str, str](), [host.calibration()], list[str]()
    with _tools(size) as tools:
        wanted = {name: one for name, one in measures(tools).items() if not only or name.startswith(tuple(only))}
        if any(name.startswith(KEPT) for name in wanted):
            print(f"a store that keeps {size.kept:,} jobs: made once, which takes minutes", flush=True)
            kept(HERE / "results", size.kept)
        for number in range(size.rounds):
            for name, measure in wanted.items():
                if name not in skipped:
                    calibrations.append(host.calibration())
                    with _alone(lock):
                        _measure(name, measure, found, skipped, f"{number + 1}/{size.rounds}")
        if size.curves and not only:
            drawn = _draw(tools)
    return found, skipped, calibrations, drawn


@contextlib.contextmanager
def _alone(lock: str | None) -> Iterator[None]:
    if lock is None:
        yield
        return
    with open(lock, "a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def _tools(size: Size) -> Iterator[Tools]:
    (HERE / "results").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        host.build(Path(folder))
        yield Tools(Path(folder), size)


def _measure(name: str, measure: Measure, found: dict[str, list[Sample]], skipped: dict[str, str], turn: str) -> None:
    try:
        sample = measure()
    except Unavailable as missing:
        skipped[name] = f"needs {missing}"
        print(f"{turn} {name:44} skipped: needs {missing}", flush=True)
        return
    except RuntimeError as broken:
        skipped[name] = str(broken)[:200]
        print(f"{turn} {name:44} failed: {broken}", flush=True)
        return
    found.setdefault(name, []).append(sample)
    times = "" if sample.p50_ms is None else f"  p50/p99 {sample.p50_ms:.1f}/{sample.p99_ms:.1f} ms"
    print(f"{turn} {name:44} {sample.us:9.2f} us  {sample.rate:10,.0f}/s{times}", flush=True)


def _draw(tools: Tools) -> list[str]:
    lines: dict[str, dict[str, list[tuple[float, float]]]] = {}
    for name, points in curves(tools).items():
        axis, _, who = name.partition(": ")
        line = _line(name, points)
        if len(line) > 1:
            lines.setdefault(axis, {})[who] = line
    (HERE / "plots").mkdir(exist_ok=True)
    for axis, drawn in lines.items():
        title, across, up = AXES[axis]
        plots.draw(HERE / "plots" / f"{axis}.svg", title, across, up, drawn)
    return [f"plots/{axis}.svg" for axis in lines]


def _line(name: str, points: Mapping[float, Measure]) -> list[tuple[float, float]]:
    found: dict[str, list[Sample]] = {}
    for at, measure in points.items():
        _measure(f"{name} at {at:g}", measure, found, {}, "plot")
    costs = zip(points, (found.get(f"{name} at {at:g}") for at in points), strict=True)
    return [(at, samples[0].us) for at, samples in costs if samples and samples[0].us == samples[0].us]


if __name__ == "__main__":
    sys.exit(main())
