"""A server in a process of its own that dies in the middle of its jobs: ``python -m engine.mortal STORE FOLDER HOW``."""

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Any

from jindu import App, Context
from jindu.settings import Settings

DEADLY = __name__ == "__main__"  # not in a test's own process, whatever its arguments are
FOLDER = Path(sys.argv[2]) if DEADLY else Path()
app = App()


def ran(name: str) -> int:
    """Note that it ran, on disk; how often so far."""
    with (FOLDER / name).open("a") as file:
        file.write("x")
    return (FOLDER / name).stat().st_size


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@app.job(stages=["one", "two"], pace=0)
async def steps(ctx: Context, deadly: bool = True) -> dict[str, Any]:
    """Dies after its first step; in a process where it is not told to die, it goes on from there."""
    async with ctx.stage("one"):
        ctx.partial("once", key="first")
        first = await ctx.step("first", ran, "first")
    async with ctx.stage("two"):
        ctx.partial("again")
        await ctx.step(f"in process {sys.argv[3]}" if DEADLY else "at home", str)
        if DEADLY:
            die()
        second = await ctx.step("second", ran, "second")
    return {"first": first, "second": second, "attempt": ctx.attempt}


@app.job
async def fatal(ctx: Context) -> str:
    """Kills whatever process runs it."""
    ctx.partial("seen")
    await asyncio.sleep(0)
    if DEADLY:
        async with asyncio.timeout(10):
            while not (await app.node.jobs.read(ctx.job_id)).job.results:
                await asyncio.sleep(0)
        die()
    return "survived"


@app.job
async def progressing(ctx: Context, deaths: int) -> int:
    """Kills its process several times, but each time after one new step."""
    for number in range(deaths):
        if DEADLY and f"step {number}" not in await app.node.store.steps(ctx.job_id):
            await ctx.step(f"step {number}", ran, "steps")
            die()
        await ctx.step(f"step {number}", ran, "steps")
    return deaths


async def main(store: str, how: str) -> None:
    app.configure(**Settings(store=store, grace=0).model_dump())
    async with app.open():
        if how == "steps":
            print((await steps.submit()).id, flush=True)  # noqa: T201
        elif how == "fatal":
            print((await fatal.submit()).id, flush=True)  # noqa: T201
        elif how == "progressing":
            print((await progressing.submit(4)).id, flush=True)  # noqa: T201
        await asyncio.sleep(20)


if __name__ == "__main__":
    sys.modules["engine.mortal"] = sys.modules["__main__"]
    asyncio.run(main(sys.argv[1], sys.argv[3]))
