"""The same loads on several checkouts in turns, since the speed of a machine moves and only neighbours of one run compare:

    python -m benchmarks.compare before=DIR after=DIR [--only LOAD ...] [--rounds N] [--seconds S]

Prints each round and the medians; writes nothing.
"""

import argparse
import statistics
import tempfile
from pathlib import Path

from . import contenders, host
from .host import HERE
from .loads.sample import SIZES, Sample, Size, Tools
from .plan import OURS, measures


def main() -> None:
    args = _arguments()
    trees = {name: Path(folder).resolve() for name, _, folder in (given.partition("=") for given in args.trees)}
    short = SIZES["short"]
    size = Size("compare", args.rounds, args.seconds, short.watchers, args.many, args.few, args.idle, short.kept)
    found: dict[tuple[str, str], list[Sample]] = {}
    (HERE / "results").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        host.build(Path(folder))
        every = measures(Tools(Path(folder), size))
        wanted = {name: every[name] for name in every if name.endswith(f": {OURS}") and name.startswith(tuple(args.only))}
        for _ in range(size.rounds):
            for name, measure in wanted.items():
                for tree, contenders.tree in trees.items():
                    sample = measure()
                    found.setdefault((name, tree), []).append(sample)
                    print(_line(name, tree, [sample]), flush=True)
    print("medians")
    for (name, tree), samples in found.items():
        print(_line(name, tree, samples))


def _line(name: str, tree: str, samples: list[Sample]) -> str:
    us, rate, p50, p99 = (
        statistics.median(getattr(one, key) or 0 for one in samples) for key in ("us", "rate", "p50_ms", "p99_ms")
    )
    kept = ("kib", "mib", "arrived")
    more = "  ".join(
        f"{key} {statistics.median(one.more[key] for one in samples):.2f}" for key in kept if key in samples[0].more
    )
    return f"{name:28} {tree:10} {us:8.2f} us {rate:10,.0f}/s  p50/p99 {p50:.1f}/{p99:.1f} ms  {more}"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.compare", description=__doc__)
    parser.add_argument("trees", nargs="+", help="NAME=DIR, a checkout each")
    parser.add_argument("--only", action="append", default=[], help="loads whose name begins so")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--many", type=int, default=1000, help="jobs of the load with many")
    parser.add_argument("--few", type=int, default=200)
    parser.add_argument("--idle", type=int, default=2000)
    return parser.parse_args()


if __name__ == "__main__":
    main()
