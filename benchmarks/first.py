"""What a delivery costs today: our whole server (real jobs, durable before visible) beside plain Starlette, in one run.

    python benchmarks/first.py --harness DIR [--rounds 3] [--seconds 4] [--connections 1000]

DIR holds the load client (`load/wsload.c`) and the peers (`peers/starlette_app.py`). Server on core 0, client on core 1.
Prints a table and writes it to benchmarks/first.md. CPU microseconds for each message that arrived; latency from report to
arrival.
"""

import argparse
import asyncio
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import httpx

from jindu.bus.local import LocalBus
from jindu.core.clock import SystemClock
from jindu.core.codec import encode
from jindu.core.events import Submission, Submitted
from jindu.core.plan import Plan
from jindu.engine.journal import Journal
from jindu.store.opener import open_store

HERE = Path(__file__).resolve().parent
PORT = 7107


@dataclass(frozen=True)
class Load:
    """`jobs` 1: one job, all watch it; else a job for each watcher. `rate`: updates a second of each job, 0 for no limit."""

    name: str
    jobs_per_watcher: bool
    rate: float


LOADS = [
    Load("one job, all watch, as fast as it goes", False, 0),
    Load("one job, all watch, 10 updates/s", False, 10),
    Load("a job each, 5 updates/s each", True, 5),
]


def job_id(number: int) -> str:
    return f"bench-job-number-{number}"


async def seed(store_url: str, jobs: int, rate: float, seconds: float) -> None:
    """Put the jobs into the store under ids the load client can count up."""
    clock = SystemClock()
    store = await open_store(store_url, clock)
    journal = Journal(store, LocalBus())
    writer = asyncio.create_task(store.run())
    now = clock.wall()

    def submitted(number: int) -> Submitted:
        offset = number / max(jobs, 1) / rate if rate else 0
        params = encode({"rate": rate, "seconds": seconds, "offset": offset})
        spec = Submission(job_id(number), "publishing", params, Plan(), now)
        return Submitted(now, spec, now)

    await asyncio.gather(*(journal.submit(submitted(number)) for number in range(jobs)))
    await store.close()
    await writer


@contextmanager
def running(command: list[str], env: dict[str, str], path: str) -> Iterator[subprocess.Popen[bytes]]:
    server = subprocess.Popen(["taskset", "-c", "0", *command], env={**os.environ, **env}, stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                httpx.get(f"http://127.0.0.1:{PORT}{path}")
                break
            except httpx.TransportError:
                time.sleep(0.05)
        yield server
    finally:
        server.kill()
        server.wait()


def measure(wsload: str, server: subprocess.Popen[bytes], options: list[str], args: argparse.Namespace) -> dict[str, Any]:
    command = ["taskset", "-c", "1", wsload, "-p", str(PORT), "-n", str(args.connections), "-c", "64", "--pid", str(server.pid)]
    command += ["-s", str(args.seconds), "-w", "1", *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=args.seconds + 120, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def ours(load: Load, wsload: str, args: argparse.Namespace) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(dir=args.folder) as folder:
        store = f"sqlite:///{folder}/bench.db"
        jobs = args.connections if load.jobs_per_watcher else 1
        asyncio.run(seed(store, jobs, load.rate, args.seconds + 4))
        env = {"BENCH_GO": f"{folder}/go", "PYTHONPATH": str(HERE)}
        command = [sys.executable, "-m", "jindu", "serve", "fanout_jobs:app", "--port", str(PORT), "--store", store]
        command += ["--concurrency", str(jobs + 1), "--log-level", "error"]
        channel = "job:bench-job-number-%d" if load.jobs_per_watcher else f"job:{job_id(0)}"
        subscribe = json.dumps({"type": "subscribe", "channels": {channel: 0}})
        with running(command, env, "/readyz") as server:
            threading.Thread(target=go, args=(server.pid, args.connections, Path(env["BENCH_GO"])), daemon=True).start()
            options = [
                "-P",
                "/v1/ws",
                "--send",
                subscribe,
                "--subproto",
                "jindu.v1",
                "--match",
                '"progress"',
                "--ts-key",
                " ts=",
            ]
            return measure(wsload, server, options, args)


def go(pid: int, connections: int, signal: Path) -> None:
    """Let the jobs begin when the server holds all sockets, as the peers begin when the load client says so."""
    while len(os.listdir(f"/proc/{pid}/fd")) < connections:
        time.sleep(0.02)
    signal.touch()


def plain(load: Load, wsload: str, args: argparse.Namespace) -> dict[str, Any]:
    peer = str(Path(args.harness) / "peers" / "starlette_app.py")
    mode = "w2" if load.jobs_per_watcher else "w1"
    rate = load.rate * args.connections if load.jobs_per_watcher else load.rate
    go = json.dumps({"mode": mode, "rate": rate, "secs": args.seconds + 2, "burst": 1})
    command = [sys.executable, peer, str(PORT), "websockets-sansio", "uvloop"]
    with running(command, {"PAD": str(args.pad), "NODEFLATE": "1"}, "/") as server:
        return measure(wsload, server, ["-P", "/ws/%d", "--go", go], args)


def row(load: Load, name: str, runs: list[dict[str, Any]]) -> str:
    def median(pick: Any) -> float:
        return statistics.median(pick(run) for run in runs)

    cost, rate = median(lambda r: r["cpu_s_per_1M"]), median(lambda r: r["msgs_per_s"])
    p50, p99 = (median(lambda r, q=q: r["lat_us"][q]) / 1000 for q in ("p50", "p99"))
    busy, size = median(lambda r: r["busy"]), median(lambda r: r["avg_len"])
    return f"| {load.name} | {name} | {cost:.1f} | {rate:,.0f} | {p50:.1f} / {p99:.1f} | {busy:.2f} | {size:.0f} |"


def report(args: argparse.Namespace, found: dict[tuple[str, str], list[dict[str, Any]]]) -> str:
    packages = ", ".join(f"{name} {version(name)}" for name in ("starlette", "uvicorn", "websockets", "uvloop", "orjson"))
    lines = [
        "# First figures",
        "",
        f"{args.connections} sockets, {args.rounds} interleaved rounds of {args.seconds:g} s, medians. Server on core 0, load",
        f"client on core 1 of a machine with {os.cpu_count()} cores ({platform.machine()}).",
        f"Python {platform.python_version()}, {packages}. Jindu is the whole server: jobs run, every",
        "update is committed (SQLite, synchronous=FULL) before it is sent. Plain Starlette publishes from memory with",
        "`await send_text` for each subscriber; it stores nothing. Compare ratios of one run only.",
        "",
        "| load | server | CPU us a delivery | deliveries/s | p50 / p99 ms | core busy | bytes |",
        "|---|---|---|---|---|---|---|",
    ]
    for load in LOADS:
        lines += [row(load, name, found[load.name, name]) for name in ("jindu", "plain Starlette")]
    lines += ["", f"Command: `python benchmarks/first.py --harness DIR --rounds {args.rounds} --seconds {args.seconds:g}`", ""]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--harness", default=os.environ.get("JINDU_BENCH_HARNESS", ""))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--connections", type=int, default=1000)
    parser.add_argument(
        "--pad", type=int, default=25, help="tens of bytes added to plain Starlette's message, to be of our size"
    )
    parser.add_argument("--folder", default=None, help="where databases lie while measured (a real disk)")
    parser.add_argument("--out", default=str(HERE / "first.md"))
    args = parser.parse_args()
    if not (Path(args.harness) / "load" / "wsload.c").exists():
        parser.exit(2, "the load client (load/wsload.c) was not found: give its folder with --harness or JINDU_BENCH_HARNESS\n")
    with tempfile.TemporaryDirectory() as built:
        wsload = f"{built}/wsload"
        subprocess.run(["gcc", "-O2", "-o", wsload, f"{args.harness}/load/wsload.c"], check=True)
        found: dict[tuple[str, str], list[dict[str, Any]]] = {}
        for _ in range(args.rounds):
            for load in LOADS:
                for name, peer in (("jindu", ours), ("plain Starlette", plain)):
                    run = peer(load, wsload, args)
                    found.setdefault((load.name, name), []).append(run)
                    print(row(load, name, [run]), flush=True)
    text = report(args, found)
    Path(args.out).write_text(text)
    print(text)


if __name__ == "__main__":
    main()
