"""Jobs that are watched while the wire fails."""

import asyncio

from jindu import App, Context

app = App()


@app.job(concurrency=50)
async def greet(name: object = "") -> str:
    return "hello"


@app.job(concurrency=50, pace=0, timeout=120)
async def pouring(ctx: Context, results: int, pause: float = 0.002, size: int = 0) -> int:
    """Partial results (of about `size` bytes) with unpaced progress between them."""
    for number in range(results):
        ctx.partial({"number": number, "text": "x" * size}, key=f"k{number}")
        ctx.progress(100 * number / results, f"poured {number}")
        await asyncio.sleep(pause)
    return results


@app.job(concurrency=50, timeout=120)
async def hold(ctx: Context) -> None:
    """Runs until it is cancelled."""
    ctx.progress(10, "holding")
    await asyncio.Event().wait()


@app.job(concurrency=50, pace=0, timeout=120)
async def chatting(ctx: Context) -> None:
    """Says something all the time, until it is cancelled."""
    number = 0
    while True:
        number += 1
        ctx.progress(0, f"{number} " + "x" * 450)
        await asyncio.sleep(0)
