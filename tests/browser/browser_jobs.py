"""Jobs to look at: they go on when a file appears, so that a test sees each moment."""

import asyncio
import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from jindu import App, Context, JobError, Retry, Stage

GATES = Path(os.environ.get("BROWSER_GATES", "."))
EVIL = "<img src=x onerror=\"window.hurt='img'\"><script>window.hurt='script'</script>"

app = App()
app.errors.add(
    "NASTY",
    title={"zh": f"出错了 {EVIL}", "en": f"It failed {EVIL}"},
    message={"zh": EVIL, "en": EVIL},
    action="view_partial",
)


async def gate(name: str) -> None:
    while not (GATES / name).exists():
        await asyncio.sleep(0.02)


@app.job(
    stages=[
        Stage("asking", 5, title={"zh": "询问平台", "en": "Asking platforms"}),
        Stage("ranking", 3, title={"zh": "排名分析", "en": "Ranking"}),
        Stage("tracing", 2, title={"zh": "追溯来源", "en": "Tracing sources"}),
    ],
    concurrency=20,
)
async def diagnose(ctx: Context, brand: str) -> dict[str, Any]:
    async with ctx.stage("asking") as stage:
        for number, name in enumerate(("one", "two", "three"), 1):
            await ctx.step(name, gate, f"{brand}.{name}")
            ctx.partial({"platform": name, "brand": brand, "rank": number}, key=name)
            stage.progress(33 * number, f"{number}/3 answered")
    async with ctx.stage("ranking") as stage:
        stage.progress(50, "comparing")
        await gate(f"{brand}.ranked")
    async with ctx.stage("tracing"):
        await gate(f"{brand}.done")
    return {"brand": brand, "ranking": [brand, "another"]}


@app.job(concurrency=20)
async def hold(ctx: Context, text: str = "") -> None:
    """Runs until it is cancelled."""
    ctx.progress(40, text or "holding")
    await asyncio.Event().wait()


@app.job(concurrency=20)
async def even(ctx: Context, name: str = "") -> None:
    """Always takes as long, so that its end can be told; with a name it stops half-way until it may go on."""
    for percent in range(0, 100, 10):
        ctx.progress(percent)
        await asyncio.sleep(0.05)
        if name and percent == 50:
            await gate(name)


@app.job(concurrency=2)
async def crowded(ctx: Context) -> None:
    """Two at a time, until they are cancelled; the others wait."""
    await asyncio.Event().wait()


class Depth(StrEnum):
    QUICK = "quick"
    DEEP = "deep"


@app.job(concurrency=20)
async def form(
    ctx: Context,
    brand: Annotated[str, Field(min_length=2, description="whose name is looked for")],
    rivals: Annotated[list[str], Field(max_length=3)] = [],  # noqa: B006 - read only
    depth: Depth = Depth.QUICK,
    rounds: int = 3,
    weight: float | None = None,
    loud: bool = False,
    more: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Gives back what it was given."""
    return {"brand": brand, "rivals": rivals, "depth": depth, "rounds": rounds, "weight": weight, "loud": loud, "more": more}


@app.job(concurrency=20, retry=Retry(attempts=2, base=0.05))
async def second_time(ctx: Context) -> str:
    ctx.log("beginning")
    if ctx.attempt == 1:
        raise JobError("NETWORK_ERROR")
    return "done"


@app.job(concurrency=200)
async def small(ctx: Context) -> None:
    """Many of it make a long list."""


@app.job(concurrency=20)
async def nasty(ctx: Context, text: str) -> None:
    ctx.progress(62.5, text)
    ctx.partial({"said": text, text: [text]}, key=text)
    raise JobError("NASTY", "for the log")


@app.job(concurrency=20)
async def out_of_quota(ctx: Context) -> None:
    ctx.progress(35, "asking")
    ctx.partial({"platform": "one", "rank": 2}, key="one")
    raise JobError("AI_QUOTA_EXHAUSTED")


@app.job(concurrency=20)
async def large(ctx: Context) -> str:
    ctx.partial("p" * 40_000, key="large")
    return "r" * 200_000


app.schedule("0 3 29 2 *", hold, id="leap_day", timezone="Europe/Berlin")
