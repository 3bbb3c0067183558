"""What a hundred clients that never read cost: memory of the server for each, and the latency of those who read.

    python benchmarks/stalled.py [--readers 100] [--watchers 20] [--seconds 6] [--rounds 3]

Each round runs with and without them, one after the other. They stay for the whole run: the limit that drops them is raised.
Last they come again under the limit of 10 seconds, to see when the last of them is gone. Exit code 1 when a bound is broken.
"""

import argparse
import asyncio
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import orjson
from websockets.asyncio.client import ClientConnection, connect

HERE = Path(__file__).resolve().parent
PORT = 7109
RATE = 100  # updates a second
LIMIT = 10.0  # seconds that a write may wait, the setting's default
BOUNDS = {
    "KiB in all": 300.0,
    "KiB of ours": 20.0,
    "p99 ratio": 1.5,
    "seconds": LIMIT + 1,
}  # the tick that drops them is half a second


def resident(pid: int) -> int:
    """Bytes of memory that a process holds."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.findall(r"VmRSS:\s+(\d+)", status)[0]) * 1024


def in_kernel() -> int:
    """Bytes that wait in the kernel on the server's side."""
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(int(line[4].partition(":")[0], 16) for line in lines if line[1].endswith(f":{PORT:04X}"))


async def opened(job_id: str, *, reads: bool) -> ClientConnection:
    raw = socket.socket()
    if not reads:  # or the kernel takes much on the client's side before anything waits on the server's
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    raw.connect(("127.0.0.1", PORT))
    raw.setblocking(False)
    connection = await connect(f"ws://127.0.0.1:{PORT}/v1/ws", sock=raw, compression=None, ping_interval=None)
    await connection.send(orjson.dumps({"type": "subscribe", "channels": {f"job:{job_id}": 0}}).decode())
    if not reads:
        connection.transport.pause_reading()
    return connection


async def latencies(connection: ClientConnection, until: float) -> list[float]:
    """Milliseconds from report to arrival, from a second on after the beginning."""
    found: list[float] = []
    begin = time.monotonic() + 1
    while (now := time.monotonic()) < until:
        message = await asyncio.wait_for(connection.recv(), 10)
        for stamp in re.findall(rb" ts=(\d+)", message if isinstance(message, bytes) else message.encode()):
            if now > begin:
                found.append(time.monotonic() * 1000 - int(stamp) / 1e6)
    return found


async def measured(pid: int, args: argparse.Namespace, readers: int) -> list[float]:
    """p50 and p99 in ms of those who read; KiB for connections, while the job runs, and in the kernel."""
    start = time.monotonic() + 4 + readers / 50  # by then all are connected
    params = {"start": start, "rate": RATE, "seconds": args.fill + args.seconds + 30}
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{PORT}") as http:
        job_id = (await http.post("/v1/jobs", json={"type": "racing", "params": params})).json()["id"]
    before = resident(pid)
    stalled = [await opened(job_id, reads=False) for _ in range(readers)]
    await asyncio.sleep(2)
    connected = resident(pid)
    # Until what is held for them no longer grows; what the job itself takes is in both runs.
    await asyncio.sleep(start - time.monotonic() + args.fill)
    filled, kernel = resident(pid), in_kernel()
    watchers = [await opened(job_id, reads=True) for _ in range(args.watchers)]
    until = time.monotonic() + args.seconds
    found = sorted(each for one in await asyncio.gather(*(latencies(watcher, until) for watcher in watchers)) for each in one)
    for each in (*stalled, *watchers):
        each.transport.abort()
    held = [each / 1024 for each in (connected - before, filled - connected, kernel)]
    return [found[len(found) // 2], found[len(found) * 99 // 100], *held]


async def last_gone(go: Path, args: argparse.Namespace) -> float:
    """Seconds from when no buffer of theirs took any more until the server had dropped the last of them."""
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{PORT}") as http:
        params = {"rate": RATE, "seconds": 120}
        job_id = (await http.post("/v1/jobs", json={"type": "publishing", "params": params})).json()["id"]
        stalled = [await opened(job_id, reads=False) for _ in range(args.readers)]
        while (await http.get("/v1/stats")).json()["connections"] < args.readers:  # noqa: ASYNC110 - in another process
            await asyncio.sleep(0.05)
        await asyncio.to_thread(go.touch)
        full, most = time.monotonic(), 0
        while (await http.get("/v1/stats")).json()["connections"]:
            if (kernel := in_kernel()) > most:
                full, most = time.monotonic(), kernel
            await asyncio.sleep(0.05)
        gone = time.monotonic() - full
    for each in stalled:
        each.transport.abort()
    return gone


def run(args: argparse.Namespace, readers: int) -> list[float]:
    with serving(600) as (pid, go):
        return asyncio.run(measured(pid, go, args, readers))


@contextmanager
def serving(stall: float) -> Iterator[tuple[int, Path]]:
    """A server whose readers may stall for so many seconds: its process, and the file at which its job begins."""
    with tempfile.TemporaryDirectory() as folder:
        go = Path(folder) / "go"
        env = {**os.environ, "BENCH_GO": str(go), "JINDU_WRITE_STALL_SECONDS": str(stall)}
        env["PYTHONPATH"] = os.pathsep.join([str(HERE.parent), env.get("PYTHONPATH", "")])
        command = [sys.executable, "-m", "jindu", "serve", "benchmarks.jobs:app", "--port", str(PORT)]
        command += ["--store", f"sqlite:///{folder}/bench.db", "--log-level", "error"]
        server = subprocess.Popen(command, env=env)
        try:
            _until_ready()
            yield server.pid, go
        finally:
            server.kill()
            server.wait()


def _until_ready() -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"http://127.0.0.1:{PORT}/readyz").is_success:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    raise SystemExit("the server did not start")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--readers", type=int, default=100)
    parser.add_argument("--watchers", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=6)
    parser.add_argument("--fill", type=float, default=6, help="seconds for the buffers of those who never read to fill")
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    without, beside = [], []
    for _ in range(args.rounds):
        without.append(run(args, 0))
        beside.append(run(args, args.readers))
    few, many = ([statistics.median(each) for each in zip(*runs, strict=True)] for runs in (without, beside))
    print(f"without: p50 {few[0]:.1f} ms, p99 {few[1]:.1f} ms; beside them: p50 {many[0]:.1f} ms, p99 {many[1]:.1f} ms")
    each = [(stalled - alone) / args.readers for stalled, alone in zip(many, few, strict=True)][2:]
    print("KiB for each: its connection {:.0f}, what waits for it {:.0f}, in the kernel {:.0f}".format(*each))
    ratio = statistics.median(with_them[1] / alone[1] for alone, with_them in zip(without, beside, strict=True))
    with serving(LIMIT) as (_, go):
        seconds = asyncio.run(last_gone(go, args))
    found = {"KiB in all": sum(each), "KiB of ours": each[1], "p99 ratio": ratio, "seconds": seconds}
    for name, bound in BOUNDS.items():
        print(f"{name}: {found[name]:.2f}, at most {bound:g}: {'kept' if found[name] <= bound else 'NOT KEPT'}")
    sys.exit(any(found[name] > bound for name, bound in BOUNDS.items()))


if __name__ == "__main__":
    main()
