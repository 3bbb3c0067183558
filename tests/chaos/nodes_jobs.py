"""Jobs that say in a file outside of everything when they run: the limits are held against it, not against our counters."""

import asyncio
import os
import time

from jindu import App, Context, Retry, Stage

app = App()
LOG = os.environ.get("CHAOS_LOG", os.devnull)
STAGES = ["one", "two"]
LIMITS = {"work": 4, "single": 1, "second_try": 3}
TICK = 0.04  # seconds


def say(what: str, ctx: Context) -> None:
    """One atomic append: the moment (CLOCK_MONOTONIC, which all processes share), process, type, job."""
    line = os.open(LOG, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        os.write(line, f"{time.monotonic():.6f} {os.getpid()} {what} {ctx.job_id}\n".encode())
    finally:
        os.close(line)


async def lived(ctx: Context, type: str, ticks: int) -> list[str]:
    say(f"{type}:begin", ctx)
    try:
        done = []
        for name in STAGES:
            async with ctx.stage(name, total=ticks) as stage:
                done.append(await ctx.step(name, _ticks, ctx, type, ticks, stage))
                ctx.partial({"stage": name}, key=name)
        return done
    finally:
        say(f"{type}:end", ctx)


async def _ticks(ctx: Context, type: str, ticks: int, stage: object) -> str:
    for tick in range(ticks):
        await asyncio.sleep(TICK)
        say(f"{type}:tick", ctx)
        stage.advance(message=str(tick))  # type: ignore[attr-defined]
    return f"{ctx.job_id}"


@app.job(stages=[Stage(name) for name in STAGES], concurrency=LIMITS["work"], keep_for=3600)
async def work(ctx: Context) -> list[str]:
    return await lived(ctx, "work", 8)


@app.job(stages=[Stage(name) for name in STAGES], concurrency=LIMITS["single"], keep_for=3600)
async def single(ctx: Context) -> list[str]:
    return await lived(ctx, "single", 2)


@app.job(
    stages=[Stage(name) for name in STAGES], concurrency=LIMITS["second_try"], keep_for=3600, retry=Retry(attempts=2, base=0.05)
)
async def second_try(ctx: Context) -> list[str]:
    seen = await lived(ctx, "second_try", 4)
    if ctx.attempt == 1:
        raise ConnectionError("the first try fails")
    return seen
