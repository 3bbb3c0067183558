"""A job of many large partial results, which fill any buffer between a server and a client that does not read."""

import asyncio

from jindu import App, Context

app = App()


@app.job(concurrency=10)
async def wide(ctx: Context, results: int = 100, size: int = 20_000, hold: bool = True) -> None:
    """Keeps its results at once, then runs until it is cancelled."""
    for number in range(results):
        ctx.partial("x" * size, key=number)
        await asyncio.sleep(0)
    if hold:
        await asyncio.Event().wait()
