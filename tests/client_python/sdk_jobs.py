"""Jobs that clients are tried with: of which the test says when they end, and such as end by themselves."""

import asyncio
from pathlib import Path

from jindu import App, Context, JobError

app = App()


@app.job(concurrency=100, timeout=120)
async def steady(ctx: Context, until: str, pause: float = 0.02) -> int:
    """One partial result after the other, with progress between, until there is a file."""
    number = 0
    while not Path(until).exists():
        ctx.partial({"number": number}, key=f"k{number}")
        ctx.progress(min(99.0, number / 10), f"step {number}")
        number += 1
        await asyncio.sleep(pause)
    return number


@app.job(concurrency=100, timeout=120)
async def poured(ctx: Context, results: int, pause: float = 0.01, size: int = 0) -> int:
    for number in range(results):
        ctx.partial({"number": number, "text": "x" * size}, key=f"k{number}")
        ctx.progress(100 * number / results, f"step {number}")
        await asyncio.sleep(pause)
    return results


@app.job(concurrency=100, stages=["fetch", "rank"])
async def report(ctx: Context, brand: str) -> dict[str, str]:
    async with ctx.stage("fetch") as stage:
        stage.progress(50, f"reading about {brand}")
        ctx.partial({"source": "news"}, key="news")
    async with ctx.stage("rank") as stage:
        stage.progress(50, "ranking")
    return {"brand": brand}


@app.job(concurrency=100)
async def failing(ctx: Context) -> None:
    ctx.partial(1, key="one")
    ctx.progress(40)
    raise JobError("AI_QUOTA_EXHAUSTED")


@app.job(concurrency=100, timeout=120)
async def hold(ctx: Context) -> None:
    """Runs until it is cancelled."""
    ctx.progress(10, "holding")
    ctx.log("held")
    await asyncio.Event().wait()
