"""Jobs under fire. Each step appends a line to a file outside of the store when it really runs."""

import asyncio
import os

from jindu import App, Context, JobError, Retry, Stage

app = App()
COUNT = os.environ.get("CHAOS_COUNT", os.devnull)
STAGES = ["one", "two"]
STEPS = [f"{stage}-{part}" for stage in STAGES for part in "ab"]


def noted(job_id: str, step: str) -> str:
    """One atomic append: O_APPEND, a line below the size of a page."""
    line = os.open(COUNT, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        os.write(line, f"{job_id} {step}\n".encode())
    finally:
        os.close(line)
    return step


async def worked(ctx: Context) -> list[str]:
    seen = []
    for name in STAGES:
        async with ctx.stage(name, total=2) as stage:
            for part in "ab":
                seen.append(await ctx.step(f"{name}-{part}", noted, ctx.job_id, f"{name}-{part}"))
                await asyncio.sleep(0.02)
                stage.advance(message=part)
            ctx.partial({"stage": name}, key=name)
    return seen


@app.job(stages=[Stage(name) for name in STAGES], concurrency=20, keep_for=3600)
async def work(ctx: Context) -> list[str]:
    """Completes with the names of its steps."""
    return await worked(ctx)


@app.job(stages=[Stage(name) for name in STAGES], concurrency=20)
async def fails(ctx: Context) -> None:
    """Fails behind its last step."""
    await worked(ctx)
    raise JobError("DIAGNOSIS_FAILED")


@app.job(stages=[Stage(name) for name in STAGES], concurrency=20, retry=Retry(attempts=2, base=0.01))
async def second_try(ctx: Context) -> list[str]:
    """Fails once for reasons of its own, then completes over its steps."""
    seen = await worked(ctx)
    if ctx.attempt == 1:
        raise JobError("NETWORK_ERROR")
    return seen


@app.job(keep_for=0, concurrency=20)
async def fleeting() -> int:
    """Removed soon after its end: something to clean up."""
    return 1
