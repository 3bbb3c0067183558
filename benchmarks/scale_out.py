"""What a node can write: submits and progress updates a second, one node on SQLite and one on Redis, in the same run.

    python benchmarks/scale_out.py [--jobs 2000] [--updates 20000]

Starts a redis-server of its own (AOF, everysec; and always). Prints the figures and the Redis commands that one update costs.
Where `make bench-peers` has installed SAQ, arq, taskiq and BullMQ, their submits are measured on the same Redis.
"""

import argparse
import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from contract.stories import move, submit
from jindu.core import events as ev
from jindu.core.clock import SystemClock
from jindu.core.ids import IdMaker
from jindu.core.job import Job
from jindu.store.contract import Moved, Store
from jindu.store.opener import open_store
from support.redis import SAFE, RedisProcess

HERE = Path(__file__).resolve().parent


async def rate(number: int, work: Callable[[], Awaitable[object]]) -> float:
    began = time.perf_counter()
    await work()
    return number / (time.perf_counter() - began)


def births(number: int) -> list[Moved]:
    """Jobs with ids as the server makes them."""
    ids = IdMaker()
    return [submit(id=ids.new(time.time(), "diagnose")) for _ in range(number)]


async def measure(store: Store, jobs: int, updates: int) -> tuple[float, float]:
    """Submits a second, all at once; progress updates a second over 50 running jobs, each behind its last."""
    running = asyncio.create_task(store.run())
    new = births(jobs)
    submits = await rate(jobs, lambda: asyncio.gather(*(store.commit(one) for one in new)))
    heads = [move(one.job, ev.Claimed(time.time(), store.boot)) for one in new[:50]]
    await asyncio.gather(*(store.commit(one) for one in heads))

    async def told(job: Job) -> None:
        for turn in range(updates // 50):
            moved = move(job, ev.Progressed(time.time(), 99 * turn / (updates / 50), f"{turn}"))
            await store.commit(moved)
            job = moved.job

    told_rate = await rate(updates, lambda: asyncio.gather(*(told(one.job) for one in heads)))
    await store.close()
    await running
    return submits, told_rate


def others(port: int, seconds: float) -> None:
    """Submits a second of queues that `make bench-peers` has installed, 32 at a time from one process of theirs."""
    peers = HERE / ".peers"
    commands = {
        name: [str(peers / "python" / "bin" / "python"), str(HERE / "peers" / "enqueue.py"), name]
        for name in ("saq", "arq", "taskiq")
    }
    commands["bullmq"] = ["node", str(HERE / "peers" / "bullmq_enqueue.js")]
    env = {**os.environ, "NODE_PATH": str(peers / "node" / "node_modules")}
    for name, command in commands.items():
        if shutil.which(command[0]) is None:
            print(f"{name:16} is not installed: make bench-peers")
            continue
        done = subprocess.run([*command, str(port), str(seconds)], capture_output=True, text=True, env=env)
        if done.returncode:
            print(f"{name:16} cannot run: {done.stderr.strip().splitlines()[-1]}")
            continue
        told = json.loads(done.stdout)
        print(f"{name:16} submits {told['answers'] / told['seconds']:9,.0f}/s")


async def few_at_a_time(store: Store, jobs: int) -> float:
    """Submits a second, 32 at a time, as the other queues are asked."""
    running = asyncio.create_task(store.run())
    new = iter(births(jobs))

    async def one_by_one() -> None:
        for one in new:
            await store.commit(one)

    told = await rate(jobs, lambda: asyncio.gather(*(one_by_one() for _ in range(32))))
    await store.close()
    await running
    return told


def commands(redis: RedisProcess) -> dict[str, int]:
    stats = redis.client.info("commandstats")
    return {name.removeprefix("cmdstat_"): figures["calls"] for name, figures in stats.items()}


async def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--jobs", type=int, default=2_000)
    asked.add_argument("--updates", type=int, default=20_000)
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        store = await open_store(f"sqlite:///{folder}/jindu.db", SystemClock())
        submits, updates = await measure(store, given.jobs, given.updates)
        print(f"SQLite           submits {submits:9,.0f}/s   updates {updates:9,.0f}/s")
    for name, fsync in (("everysec", "everysec"), ("always", "always")):
        with (
            tempfile.TemporaryDirectory() as folder,
            RedisProcess(Path(folder), (*SAFE, "--appendfsync", fsync)) as redis,
        ):
            store = await open_store(redis.url, SystemClock())
            before = commands(redis)
            submits, updates = await measure(store, given.jobs, given.updates)
            after = commands(redis)
            spent = sum(after.values()) - sum(before.values())
            sent = after.get("evalsha", 0) - before.get("evalsha", 0)
            memory = redis.client.info("memory")["used_memory"] / given.jobs
            print(f"Redis, {name:9} submits {submits:9,.0f}/s   updates {updates:9,.0f}/s")
            print(
                f"                 {spent / (given.jobs + given.updates):.1f} commands a change within scripts, "
                f"{(given.jobs + given.updates) / max(sent, 1):.0f} changes a script, {memory / 1024:.1f} KiB a waiting job"
            )
            if name == "everysec":
                own = await few_at_a_time(await open_store(redis.url, SystemClock()), given.jobs)
                print(f"Jindu, 32 a time submits {own:9,.0f}/s")
                others(redis.port, 3.0)


asyncio.run(main())
