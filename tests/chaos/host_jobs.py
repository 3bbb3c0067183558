"""Jobs for a host that fails: some wait for a file beside them, some are deadly in ways that a server must survive."""

import asyncio
import os
import sys
import time
from pathlib import Path
from typing import Any

from jindu import App, Context, Stage

app = App()
FOLDER = Path(os.environ.get("CHAOS_FOLDER", "."))


async def appears(name: str) -> None:
    while not (FOLDER / name).exists():
        await asyncio.sleep(0.02)


@app.job(stages=[Stage("one"), Stage("two")], concurrency=20, pace=0)
async def gated(ctx: Context, gate: str) -> dict[str, Any]:
    """Goes on when the file is there. Notes each step outside of the store."""
    async with ctx.stage("one"):
        ctx.partial("before", key="before")
        await ctx.step("first", (FOLDER / f"{ctx.job_id}.first").touch)
        await appears(gate)
    async with ctx.stage("two") as stage:
        ctx.partial("after", key="after")
        stage.progress(50, "nearly")
    return {"attempt": ctx.attempt}


@app.job(concurrency=20)
async def quick(size: int = 1, text: str = "") -> str:
    return "x" * size


@app.job
async def blocks(seconds: float) -> str:
    """Keeps the event loop, as a body should not."""
    await asyncio.sleep(0)
    time.sleep(seconds)
    return "slept"


@app.job(stages=[Stage("count")], pace=0)
async def counts(ctx: Context, to: int) -> int:
    """Tells each number, a fiftieth of a second apart."""
    async with ctx.stage("count", total=to) as stage:
        for number in range(to):
            ctx.partial(number, key=str(number))
            stage.advance()
            await asyncio.sleep(0.02)
    return to


@app.job
async def exits() -> None:
    sys.exit(3)


@app.job
def exits_in_a_thread() -> None:
    sys.exit(3)


@app.job(run_in="process")
def exits_in_a_process() -> None:
    sys.exit(3)


@app.job(run_in="process")
def dies_in_a_process() -> None:
    os.kill(os.getpid(), 9)


@app.job(run_in="process", timeout=1)
def loops_for_ever() -> None:
    while True:
        pass


@app.job(run_in="process")
def takes_all_memory() -> int:
    held = []
    while True:
        held.append(bytearray(64 * 1024 * 1024))
