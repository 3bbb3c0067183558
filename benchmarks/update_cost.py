"""What an update costs from the job's body to its watchers' sockets: the whole server, durable before visible, CPU from /proc.

    python benchmarks/update_cost.py --wsload PATH [--rounds 3] [--seconds 5] [--kept-db FILE] [--tree NAME=DIR ...] [load ...]

PATH is the load client, compiled; it has to answer pings. Each `--tree` is a checkout whose server is measured; several are
interleaved in one run, since this machine's speed moves from minute to minute and only ratios of one run can be compared.
Prints a line for each run, then medians.
"""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from websockets.asyncio.client import connect

HERE = Path(__file__).resolve().parent
PORT = 7113
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Load:
    """`rate`: updates a second of each job, 0 as fast as the loop turns. `sockets` 0: one dashboard watches every job, by its
    `channel`, else each socket watches its own job, or all the one there is."""

    jobs: int
    sockets: int
    rate: float
    channel: str = "job"


LOADS = {
    "one": Load(1, 1000, 10),
    "burst": Load(1, 1000, 0),
    "thousand": Load(1000, 1000, 10),
    "fivehundred": Load(500, 500, 10),
    "twohundred": Load(200, 200, 10),
    "dashboard": Load(1000, 0, 10),
    "feed": Load(1000, 0, 10, "feed"),
}


def job_id(number: int) -> str:
    return f"bench-job-number-{number}"


@contextmanager
def serving(tree: Path, folder: str, jobs: int) -> Iterator[subprocess.Popen[bytes]]:
    env = {**os.environ, "BENCH_GO": f"{folder}/go", "PYTHONPATH": f"{tree}/server:{HERE}"}
    command = ["taskset", "-c", "0", sys.executable, "-m", "jindu", "serve", "update_jobs:app", "--port", str(PORT)]
    command += ["--store", f"sqlite:///{folder}/bench.db", "--concurrency", str(jobs + 1), "--log-level", "error"]
    server = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, cwd=folder)
    try:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                httpx.get(f"http://127.0.0.1:{PORT}/readyz")
                break
            except httpx.TransportError:
                time.sleep(0.05)
        yield server
    finally:
        server.kill()
        server.wait()


def submit(load: Load, seconds: float) -> None:
    with httpx.Client(base_url=f"http://127.0.0.1:{PORT}") as http:
        for number in range(load.jobs):
            offset = number / load.jobs / load.rate if load.rate else 0
            params = {"rate": load.rate, "seconds": seconds, "offset": offset}
            http.put(f"/v1/jobs/{job_id(number)}", json={"type": "publishing", "params": params}).raise_for_status()


def begin_when_all_watch(pid: int, folder: str, sockets: int) -> None:
    while len(os.listdir(f"/proc/{pid}/fd")) < sockets:
        time.sleep(0.02)
    time.sleep(0.5)
    go(folder)


def go(folder: str) -> None:
    """Let the jobs begin."""
    Path(folder, "go").touch()


def by_sockets(args: argparse.Namespace, load: Load, pid: int, folder: str) -> dict[str, float]:
    """The load client in C: a socket for each watcher."""
    threading.Thread(target=begin_when_all_watch, args=(pid, folder, load.sockets), daemon=True).start()
    channel = "job:bench-job-number-%d" if load.jobs > 1 else f"job:{job_id(0)}"
    command = ["taskset", "-c", "1", args.wsload, "-p", str(PORT), "-n", str(load.sockets), "-c", "64", "--pid", str(pid)]
    command += ["-s", str(args.seconds), "-w", "2", "-P", "/v1/ws", "--subproto", "jindu.v1", "--match", '"progress"']
    command += ["--ts-key", " ts=", "--send", json.dumps({"type": "subscribe", "channels": {channel: 0}})]
    done = subprocess.run(command, capture_output=True, text=True, timeout=args.seconds + 120, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    wanted = load.rate * load.jobs * (load.sockets if load.jobs == 1 else 1)
    return {
        "us": found["cpu_s_per_1M"],
        "rate": found["msgs_per_s"],
        "arrived": found["msgs_per_s"] / wanted if wanted else 1.0,
        "p50": found["lat_us"]["p50"] / 1000,
        "p99": found["lat_us"]["p99"] / 1000,
        "busy": found["busy"],
    }


def cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


async def by_dashboard(args: argparse.Namespace, load: Load, pid: int, folder: str) -> dict[str, float]:
    """One socket that watches every job; states are counted, the CPU without watchers is taken off by `alone`."""
    channels = {"jobs": 0} if load.channel == "feed" else {f"job:{job_id(number)}": 0 for number in range(load.jobs)}
    watching = connect(f"ws://127.0.0.1:{PORT}/v1/ws", compression=None, ping_interval=None, max_size=None)
    async with watching as socket:
        await socket.send(json.dumps({"type": "subscribe", "channels": channels}))
        while '"subscribed"' not in (message := str(await asyncio.wait_for(socket.recv(), 30))):
            assert '"bye"' not in message, message
        go(folder)
        begun = time.monotonic() + 2
        states, before, at, late = 0, 0.0, 0.0, []
        while (now := time.monotonic()) < begun + args.seconds:
            message = str(await asyncio.wait_for(socket.recv(), 30))
            if '"ping"' in message:
                await socket.send('{"type":"pong"}')
            if now < begun:
                continue
            if not before:
                before, at = cpu(pid), now
            parts = message.split(" ts=")[1:]
            states += len(parts)
            clock = time.monotonic_ns()
            late += [(clock - int(part.split(" ", 1)[0])) / 1e6 for part in parts]
        used, passed = cpu(pid) - before, now - at
    late.sort()
    wanted = load.rate * load.jobs
    if load.channel == "feed":
        wanted = min(wanted, 4.0 * load.jobs)
    return {
        "us": used / states * 1e6,
        "rate": states / passed,
        "arrived": states / passed / wanted,
        "p50": late[len(late) // 2],
        "p99": late[len(late) * 99 // 100],
        "busy": used / passed,
    }


async def alone(args: argparse.Namespace, load: Load, pid: int, folder: str) -> dict[str, float]:
    """The same jobs, nobody watches: what remains of an update."""
    go(folder)
    await asyncio.sleep(2)
    before, at = cpu(pid), time.monotonic()
    await asyncio.sleep(args.seconds)
    used, passed = cpu(pid) - before, time.monotonic() - at
    made = load.rate * load.jobs * passed
    return {"us": used / made * 1e6, "rate": made / passed, "arrived": 0, "p50": 0, "p99": 0, "busy": used / passed}


def measured(args: argparse.Namespace, name: str, tree: Path) -> dict[str, float]:
    load = LOADS[name.removesuffix("-alone")]
    with tempfile.TemporaryDirectory(dir=args.folder) as folder:
        if args.kept_db:
            subprocess.run(["cp", args.kept_db, f"{folder}/bench.db"], check=True)
        with serving(tree, folder, load.jobs) as server:
            submit(load, args.seconds + 12)
            profiler = None
            if args.profile:
                profiler = subprocess.Popen(args.profile.format(pid=server.pid, name=name).split(), start_new_session=True)
            if name.endswith("-alone"):
                found = asyncio.run(alone(args, load, server.pid, folder))
            elif load.sockets:
                found = by_sockets(args, load, server.pid, folder)
            else:
                found = asyncio.run(by_dashboard(args, load, server.pid, folder))
            if profiler is not None:
                profiler.wait()
            return found


def line(name: str, tree: str, found: dict[str, float]) -> str:
    return (
        f"{name:18} {tree:10} {found['us']:7.1f} us  {found['rate']:9,.0f}/s  arrived {found['arrived']:4.2f}"
        f"  p50/p99 {found['p50']:6.1f} /{found['p99']:7.1f} ms  busy {found['busy']:4.2f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--wsload", required=True)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--tree", action="append", default=[])
    parser.add_argument("--folder", default=None, help="where databases lie while measured (a real disk)")
    parser.add_argument("--kept-db", default=None, help="a database to begin with")
    parser.add_argument("--profile", default=None, help="a command to run beside the server: {pid}, {name}")
    parser.add_argument("loads", nargs="*", default=["one", "thousand", "twohundred"])
    args = parser.parse_args()
    trees = dict(given.split("=", 1) for given in args.tree) or {"here": str(HERE.parent)}
    found: dict[tuple[str, str], list[dict[str, float]]] = {}
    for _ in range(args.rounds):
        for name in args.loads:
            for tree, path in trees.items():
                run = measured(args, name, Path(path))
                found.setdefault((name, tree), []).append(run)
                print(line(name, tree, run), flush=True)
    print("medians")
    for (name, tree), runs in found.items():
        print(line(name, tree, {key: statistics.median(run[key] for run in runs) for key in runs[0]}))


if __name__ == "__main__":
    main()
