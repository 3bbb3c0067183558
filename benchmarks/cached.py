"""What reads of results, configuration and statistics cost cold and warm, and how often something kept answers them (E4).

    python benchmarks/cached.py [--waiting 50000] [--requests 3000]

Cold: the first look at an ended job with 1,000 partial results; the counts and the types right after a submit, which makes them
anew. Warm: the same read again. The load is a dashboard's and its users': reports looked at again and again, few of them much
(Zipf), between them counts and types, and for each hundred reads a new job. Exit code 1 when fewer than 80 % of the load are
answered from what is kept, or a warm read takes more than a tenth of a cold one that is slow.
"""

import argparse
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import httpx

HERE = Path(__file__).resolve().parent
PORT = 7129
SLOW = 10.0  # milliseconds from which a cold read is slow
REPORTS = 20


def milliseconds(http: httpx.Client, path: str) -> float:
    begun = time.perf_counter()
    http.get(path).raise_for_status()
    return (time.perf_counter() - begun) * 1000


def pairs(http: httpx.Client, paths: list[str], before: Callable[[], object]) -> tuple[float, float]:
    """Medians of cold and warm reads; `before` each pair, something that makes the read cold."""
    cold, warm = [], []
    for path in paths:
        before()
        cold.append(milliseconds(http, path))
        warm.append(min(milliseconds(http, path) for _ in range(3)))
    return statistics.median(cold), statistics.median(warm)


def submit(http: httpx.Client) -> None:
    http.post("/v1/jobs", json={"type": "waiting", "delay": 86_400}).raise_for_status()


def load(http: httpx.Client, ids: list[str], requests: int) -> float:
    """The share of reads that something kept has answered."""
    chance = random.Random(7)
    weights = [1 / (place + 1) for place in range(len(ids))]
    before = http.get("/v1/stats").json()["cache"]
    for number in range(requests):
        if number % 100 == 0:
            submit(http)
        job = chance.choices(ids, weights)[0]
        path = chance.choices([f"/v1/jobs/{job}", f"/v1/jobs/{job}/result", "/v1/stats", "/v1/types"], [50, 30, 15, 5])[0]
        http.get(path).raise_for_status()
    after = http.get("/v1/stats").json()["cache"]
    hits, misses = after["hits"] - before["hits"], after["misses"] - before["misses"]
    share: float = hits / (hits + misses)
    return share


def measured(http: httpx.Client, waiting: int, requests: int) -> bool:
    for _ in range(waiting // 1000):
        http.post("/v1/batches", json={"jobs": [{"type": "waiting", "delay": 86_400}] * 1000}).raise_for_status()
    made = [http.post("/v1/jobs?wait=60", json={"type": "reporting"}).json() for _ in range(REPORTS)]
    ids = [job["id"] for job in made]
    kinds = {
        "a report": pairs(http, [f"/v1/jobs/{job}" for job in ids], lambda: None),
        "statistics": pairs(http, ["/v1/stats"] * 20, lambda: submit(http)),
        "job types": pairs(http, ["/v1/types"] * 20, lambda: submit(http)),
    }
    good = True
    for name, (cold, warm) in kinds.items():
        kept = cold < SLOW or warm <= cold / 10
        good = good and kept
        print(f"{name}: cold {cold:.1f} ms, warm {warm:.1f} ms, 1/{cold / warm:.0f}{'' if kept else ' NOT KEPT'}")
    share = load(http, ids, requests)
    print(f"load: {share:.1%} answered from what is kept, at least 80 %")
    return good and share > 0.8


def until_ready(http: httpx.Client) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            if http.get("/readyz").is_success:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    raise SystemExit("the server did not start")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--waiting", type=int, default=50_000, help="jobs in the store besides the reports")
    parser.add_argument("--requests", type=int, default=3_000)
    args = parser.parse_args()
    env = {**os.environ, "JINDU_QUEUE_LIMIT": "10000000"}
    env["PYTHONPATH"] = os.pathsep.join([str(HERE), env.get("PYTHONPATH", "")])
    with tempfile.TemporaryDirectory() as folder, httpx.Client(base_url=f"http://127.0.0.1:{PORT}", timeout=60) as http:
        command = [sys.executable, "-m", "jindu", "serve", "cached_jobs:app", "--port", str(PORT)]
        server = subprocess.Popen([*command, "--store", f"sqlite:///{folder}/bench.db", "--log-level", "error"], env=env)
        try:
            until_ready(http)
            good = measured(http, args.waiting, args.requests)
        finally:
            server.kill()
            server.wait()
    sys.exit(not good)


if __name__ == "__main__":
    main()
