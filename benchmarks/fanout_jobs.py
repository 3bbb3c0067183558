"""Jobs of the fan-out measurement: each reports with the time in its message, as fast as it may or at a rate."""

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


@app.job(pace=0, timeout=600, concurrency=100_000)
async def publishing(ctx: Context, rate: float = 0, seconds: float = 10, offset: float = 0) -> int:
    """Report `rate` times a second (0: once a turn of the loop) for some seconds; the message carries CLOCK_MONOTONIC in ns."""
    await gate()
    begun, count = time.monotonic() + offset, 0
    while (now := time.monotonic()) < begun + seconds:
        if now >= begun + count / rate if rate else True:
            ctx.progress(min(99, 100 * count / 1_000_000), f"Fetching sources and ranking candidates ts={time.monotonic_ns()} ")
            count += 1
        await asyncio.sleep(max(begun + count / rate - time.monotonic(), 0) if rate else 0)
    return count
