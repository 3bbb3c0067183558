"""Runs each program with work of a random size beside a random load, and keeps when it reported what.

    python -m benchmarks.eta.record [PROGRAM …] [--runs 20]

One line of JSON for each run in traces/PROGRAM.jsonl: `points` are [seconds since it began, stage, done, total].
"""

import argparse
import contextlib
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from .programs import PROGRAMS

TRACES = Path(__file__).parent / "traces"
APART = 0.02  # seconds between two points of one stage that are kept
BURN = "while True: sum(range(10000))"


@contextlib.contextmanager
def load(processes: int) -> Iterator[None]:
    """So many processes that only burn time."""
    burning = [subprocess.Popen([sys.executable, "-c", BURN]) for _ in range(processes)]
    try:
        yield
    finally:
        for process in burning:
            process.kill()
            process.wait()


def record(name: str, number: int) -> dict[str, object]:
    """One run; the same number makes the same work."""
    rng = random.Random(f"{name} {number}")
    beside = rng.choice([0, 0, 1, 2])
    with tempfile.TemporaryDirectory() as folder:
        program = PROGRAMS[name](rng, Path(folder))
        stages = list(next(program))
        with load(beside):
            began = time.monotonic()
            points: list[list[float]] = []
            for stage, done, total in program:
                at = round(time.monotonic() - began, 3)
                point = [at, stages.index(stage), done, total]
                if points and points[-1][1] == point[1] and at - points[-1][0] < APART and done < total:
                    continue
                points.append(point)
            total_time = round(time.monotonic() - began, 3)
    return {"run": number, "load": beside, "stages": stages, "points": points, "total": total_time}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("programs", nargs="*", default=list(PROGRAMS))
    parser.add_argument("--runs", type=int, default=20)
    asked = parser.parse_args()
    TRACES.mkdir(exist_ok=True)
    os.nice(5)
    for name in asked.programs:
        with (TRACES / f"{name}.jsonl").open("w") as file:
            for number in range(asked.runs):
                run = record(name, number)
                file.write(json.dumps(run, separators=(",", ":")) + "\n")
                print(f"{name} {number}: {run['total']} s, {len(run['points'])} points, load {run['load']}")


if __name__ == "__main__":
    main()
