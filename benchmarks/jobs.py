"""The jobs that are measured: `jindu serve benchmarks.jobs:app`. Messages carry CLOCK_MONOTONIC in ns, as peers' do."""

import asyncio
import time

from jindu import App, Context

app = App()
TEXT = "Fetching sources and ranking candidates"
MANY = 100_000
FASTER = 0.002  # seconds between two updates of a job that is faster than a thousand watchers can be told


async def until(moment: float) -> None:
    await asyncio.sleep(max(moment - time.monotonic(), 0))


@app.job(pace=0, timeout=600, concurrency=MANY)
async def reporting(ctx: Context, start: float, rate: float, count: int, offset: float = 0) -> int:
    """Report `count` times, `rate` a second, from `start` + `offset` (CLOCK_MONOTONIC seconds) on."""
    for number in range(count):
        await until(start + offset + number / rate)
        ctx.progress(min(99, 100 * (number + 1) / count), f"{TEXT} ts={time.monotonic_ns()} ")
    return count


@app.job(pace=0, timeout=600, concurrency=MANY)
async def racing(ctx: Context, start: float, seconds: float, rate: float = 0, burst: int = 1) -> int:
    """Report `burst` times in each of `rate` turns a second; 0 for more than can be delivered to all, which merge."""
    await until(start)
    count = 0
    while time.monotonic() < start + seconds:
        for _ in range(burst):
            count += 1
            ctx.progress(min(99, count / 1e6), f"{TEXT} ts={time.monotonic_ns()} ")
        if rate:
            await until(start + count / burst / rate)
        else:
            await asyncio.sleep(FASTER)
    return count


@app.job(pace=0, timeout=3600, concurrency=MANY)
async def holding(ctx: Context, seconds: float = 600) -> None:
    """Report once and stay: to be watched or asked for while nothing happens."""
    ctx.progress(12.5, TEXT)
    await asyncio.sleep(seconds)


@app.job(concurrency=MANY)
async def nothing(query: str = "", lang: str = "", options: dict[str, object] | None = None) -> None:
    """To be submitted."""
