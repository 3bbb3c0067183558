"""A job that moves steadily."""

import asyncio

from jindu import App, Context

app = App()


@app.job(pace=0, timeout=300)
async def moving(ctx: Context, seconds: float, each: float) -> str:
    steps = round(seconds / each)
    for step in range(steps):
        ctx.progress(100 * step / steps, f"step {step} of {steps}")
        await asyncio.sleep(each)
    return "done"
