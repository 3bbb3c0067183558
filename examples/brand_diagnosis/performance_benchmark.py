"""How quickly a live server answers: python performance_benchmark.py --base-url URL

5 requests to warm up, then 20, 10 in parallel, of the health route and of polling one diagnosis. The verdict is exit code 0 if
each answers in under 100 ms on average and more than 10 requests a second, else 1.
"""

import statistics
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import httpx
import live

WARM_UP, REQUESTS, PARALLEL = 5, 20, 10
MEAN_MS, PER_SECOND = 100.0, 10.0


@dataclass(frozen=True)
class Figures:
    """Milliseconds of each request, and seconds that all took together."""

    path: str
    took_ms: list[float]
    seconds: float

    @property
    def mean_ms(self) -> float:
        return statistics.fmean(self.took_ms)

    @property
    def per_second(self) -> float:
        return len(self.took_ms) / self.seconds

    def __str__(self) -> str:
        slowest, middle = max(self.took_ms), statistics.median(self.took_ms)
        times = f"mean {self.mean_ms:7.2f} ms  median {middle:7.2f} ms  slowest {slowest:7.2f} ms"
        return f"{self.path:<42} {times}  {self.per_second:7.1f} req/s"


def measured(http: httpx.Client, path: str) -> Figures:
    def ask(_: int) -> float:
        began = time.perf_counter()
        live.get(http, path)
        return 1000 * (time.perf_counter() - began)

    for number in range(WARM_UP):
        ask(number)
    began = time.perf_counter()
    with ThreadPoolExecutor(PARALLEL) as threads:
        took = list(threads.map(ask, range(REQUESTS)))
    return Figures(path, took, time.perf_counter() - began)


def main() -> int:
    parser = live.arguments("How quickly a live server answers.")
    parser.add_argument("--mean-ms", type=float, default=MEAN_MS, help=f"a mean above it is too slow ({MEAN_MS:.0f})")
    parser.add_argument("--per-second", type=float, default=PER_SECOND, help=f"fewer are too few ({PER_SECOND:.0f})")
    options = parser.parse_args()
    print("性能基准 / performance benchmark\n" + "=" * 60)
    print(f"time      {datetime.now(UTC).isoformat(timespec='seconds')}\naddress   {options.base_url}")
    print(f"settings  {WARM_UP} to warm up, {REQUESTS} requests, {PARALLEL} in parallel")
    print(f"limits    mean {options.mean_ms:g} ms, {options.per_second:g} req/s\n")
    try:
        with live.client(options.base_url, options.key) as http:
            task_id = live.post(http, "/api/perform-brand-test", live.ASKED)["execution_id"]
            found = [measured(http, path) for path in ("/health", f"/test/status/{task_id}")]
    except (httpx.HTTPError, AssertionError) as wrong:
        print(f"verdict   ✗ {wrong}")
        return 1
    for figures in found:
        print(figures)
    good = all(figures.mean_ms < options.mean_ms and figures.per_second > options.per_second for figures in found)
    print(f"\nverdict   {'✓ fast enough' if good else '✗ too slow'}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
