"""Jobs that are in their second step when their server dies."""

import asyncio
import os
from pathlib import Path

from jindu import App, Context

app = App()
FOLDER = Path(os.environ.get("BENCH_FOLDER", "."))


def noted(job_id: str) -> None:
    """One byte more for each time that the first step was run."""
    with (FOLDER / f"{job_id}.first").open("a") as file:
        file.write("x")


@app.job(stages=["first", "second"], concurrency=1000, pace=0)
async def stepping(ctx: Context) -> None:
    async with ctx.stage("first"):
        await ctx.step("first", noted, ctx.job_id)
    async with ctx.stage("second") as stage:
        for percent in range(1, 100):
            stage.progress(percent, f"at {percent} in run {os.getpid()}")
            await asyncio.sleep(0.2)
