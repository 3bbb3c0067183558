"""Jobs of `update_cost.py`: each reports at a rate, or once a turn of the loop; all begin together."""

import asyncio
import os
import time

from jindu import App, Context

app = App()
GO = os.environ.get("BENCH_GO", "go")
_started: dict[str, asyncio.Event] = {}


async def gate() -> None:
    """Wait, all together, until the file GO exists: one look for all jobs."""
    if "event" not in _started:
        event = _started["event"] = asyncio.Event()
        while not os.path.exists(GO):  # noqa: ASYNC110, ASYNC240 - a file is the signal between two processes
            await asyncio.sleep(0.05)
        event.set()
    await _started["event"].wait()


async def report(ctx: Context, rate: float, seconds: float, offset: float) -> int:
    """`rate` reports a second (0: once a turn of the loop), one sleep before each, as the peers of the other benchmarks do; the
    message carries CLOCK_MONOTONIC in ns."""
    await gate()
    begun, count = time.monotonic() + offset, 0
    while time.monotonic() < begun + seconds:
        await asyncio.sleep(max(begun + count / rate - time.monotonic(), 0) if rate else 0)
        ctx.progress(min(99, count / 10_000), f"Fetching sources and ranking candidates ts={time.monotonic_ns()} ")
        count += 1
    return count


@app.job(pace=0, timeout=600, concurrency=100_000)
async def publishing(ctx: Context, rate: float = 0, seconds: float = 10, offset: float = 0) -> int:
    """Every report is written, unless it is overtaken while a commit is under way."""
    return await report(ctx, rate, seconds, offset)


@app.job(timeout=600, concurrency=100_000)
async def paced(ctx: Context, rate: float = 0, seconds: float = 10, offset: float = 0) -> int:
    """As jobs are by default: ten a second at most, the newest of what comes between."""
    return await report(ctx, rate, seconds, offset)


@app.job(concurrency=100)
async def ending() -> None:
    """For stores that have kept many jobs."""
