"""What the examples of the JavaScript client's README watch."""

import asyncio

from jindu import App, Context, JobError, Stage

app = App()


@app.job(stages=[Stage("asking"), Stage("ranking")])
async def diagnose(ctx: Context, brand: str) -> dict[str, object]:
    async with ctx.stage("asking") as stage:
        for number, platform in enumerate(("one", "two"), 1):
            await asyncio.sleep(0.05)
            ctx.partial({"platform": platform, "rank": number}, key=platform)
            stage.progress(50 * number, f"{platform} answered")
    async with ctx.stage("ranking"):
        await asyncio.sleep(0.05)
    return {"brand": brand, "rank": 1}


@app.job
async def exhausted(ctx: Context) -> None:
    ctx.progress(40)
    raise JobError("AI_QUOTA_EXHAUSTED")


@app.job(timeout=300)
async def moving(ctx: Context, updates: int, pause: float) -> None:
    """Reports so often, for benchmarks/watching_cost_javascript.py."""
    for number in range(updates):
        ctx.progress(100 * number / updates, f"{number} of {updates}")
        await asyncio.sleep(pause)
