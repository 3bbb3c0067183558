"""Jobs of the journeys. Bodies append a line to a file outside of the store each time a step really runs."""

import asyncio
import contextlib
import os
import sys

from jindu import App, Context, JobError, Retry, Stage

app = App()
STAGES = ["first", "second", "third"]
COUNT = os.environ.get("JOURNEY_COUNT", os.devnull)


def counted(job_id: str, step: str) -> str:
    """One atomic append: O_APPEND, a line below the size of a page."""
    line = os.open(COUNT, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        os.write(line, f"{job_id} {step}\n".encode())
    finally:
        os.close(line)
    return step


@app.job(stages=[Stage(name) for name in STAGES], concurrency=10)
async def counting(ctx: Context, number: int) -> dict[str, object]:
    """Three stages, two steps each, a partial result for each stage; the result tells what the steps gave."""
    seen = []
    for name in STAGES:
        async with ctx.stage(name, total=2) as stage:
            for part in ("a", "b"):
                seen.append(await ctx.step(f"{name}-{part}", counted, ctx.job_id, f"{name}-{part}"))
                await asyncio.sleep(0.05)
                stage.advance(message=f"{name} {part}")
            ctx.partial({"stage": name, "number": number})
    return {"number": number, "seen": seen}


@app.job(pace=0, timeout=120)
async def pouring(ctx: Context, results: int, pause: float = 0.002) -> int:
    """Partial results with unpaced progress between them."""
    for number in range(results):
        ctx.partial({"number": number}, key=f"k{number}")
        ctx.progress(100 * number / results, f"poured {number}")
        await asyncio.sleep(pause)
    return results


@app.job(concurrency=10)
async def waiting(ctx: Context, name: str = "") -> str:
    """Runs until the file JOURNEY_COUNT.go exists."""
    ctx.progress(10, "waiting")
    while not os.path.exists(f"{COUNT}.go"):
        await asyncio.sleep(0.01)
    return name


async def gate(name: str) -> None:
    """Until the file JOURNEY_COUNT.name exists."""
    while not os.path.exists(f"{COUNT}.{name}"):
        await asyncio.sleep(0.005)


@app.job(stages=[Stage(name) for name in STAGES], retry=Retry(attempts=2, base=0, cap=0), pace=0)
async def everything(ctx: Context) -> dict[str, object]:
    """All that a client can be told: stages, progress, lines, results small and large, an attempt that fails, a large result.
    Waits for two gates, so that clients can come before, in the middle and after."""
    await gate("go")
    for name in STAGES:
        async with ctx.stage(name, total=20) as stage:
            for number in range(20):
                stage.advance(message=f"{name} {number}")
                if number % 4 == 0:
                    ctx.partial(name[0] * 40_000 if number % 8 == 0 else {"number": number}, key=f"{name}-{number}")
                if number == 10:
                    ctx.log(f"half of {name}")
                await asyncio.sleep(0.005)
        if name == "second":
            if ctx.attempt == 1:
                raise ConnectionError("once")
            await gate("half")
    return {"text": "x" * 50_000}


@app.job
async def telling(ctx: Context, lines: int, pause: float = 0) -> None:
    """Logs."""
    for number in range(lines):
        ctx.log(f"line {number}")
        await asyncio.sleep(pause)


@app.job
async def stubborn(ctx: Context) -> None:
    """Ignores every wish to end it."""
    ctx.progress(10, "not listening")
    while True:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(3600)


@app.job
async def exiting() -> None:
    sys.exit("a body may not end the server")


@app.job
async def failing(secret: str) -> None:
    raise RuntimeError(f"internal detail {secret} at {__file__}")


@app.job
async def out_of_quota() -> None:
    raise JobError("AI_QUOTA_EXHAUSTED")
