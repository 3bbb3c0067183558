"""Jobs to look at: they go on when a file appears, so that a test sees each moment."""

import asyncio
import os
from pathlib import Path
from typing import Any

from jindu import App, Context, JobError, Stage

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
            await ctx.step(name, gate, name)
            ctx.partial({"platform": name, "brand": brand, "rank": number}, key=name)
            stage.progress(33 * number, f"{number}/3 answered")
    async with ctx.stage("ranking") as stage:
        stage.progress(50, "comparing")
        await gate("ranked")
    async with ctx.stage("tracing"):
        await gate("done")
    return {"brand": brand, "ranking": [brand, "another"]}


@app.job(concurrency=20)
async def hold(ctx: Context, text: str = "") -> None:
    """Runs until it is cancelled."""
    ctx.progress(40, text or "holding")
    await asyncio.Event().wait()


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
