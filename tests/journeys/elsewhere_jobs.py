"""A job with partial results that takes a moment."""

import asyncio

from jindu import App, Context

app = App()


@app.job(pace=0, concurrency=20)
async def parts(ctx: Context, number: int) -> int:
    for count in range(number):
        ctx.progress(100 * count / number)
        ctx.partial({"n": count}, key=str(count))
        await asyncio.sleep(0)
    return number
