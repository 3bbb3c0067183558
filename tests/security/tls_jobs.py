"""A job of some length, with results, and a large one."""

import asyncio

from jindu import App, Context

app = App()


@app.job(pace=0)
async def steps(ctx: Context, to: int) -> str:
    for number in range(to):
        ctx.progress(100 * number / to)
        ctx.partial({"n": number, "filler": "x" * 2_000}, key=str(number))
        await asyncio.sleep(0)
    return "y" * 200_000
