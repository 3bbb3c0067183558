"""The jobs of the room, and some that run one at a time, can be paused, or fail behind a committed step."""

import asyncio

from jindu import App, Context, JobError
from web.web_jobs import app as room

app = App()
app.include(room)


@app.job(concurrency=1)
async def single(ctx: Context) -> None:
    """One at a time, until it is cancelled."""
    await asyncio.Event().wait()


@app.job(concurrency=1)
async def pausable() -> int:
    return 1


@app.job(concurrency=50, stages=["read", "write"])
async def stepping(ctx: Context, fail: bool = True) -> int:
    """Commits a step, logs three lines, fails."""
    number = await ctx.step("count", counted)
    with ctx.stage("read"):
        for line in ("one", "two", "three"):
            ctx.log(line)
    ctx.partial(number, key="number")
    if fail:
        raise JobError("NETWORK_ERROR")
    return number


async def counted() -> int:
    runs.append(1)
    return len(runs)


runs: list[int] = []
