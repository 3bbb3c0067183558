"""Jobs of every outcome, and metrics of an application."""

import asyncio

from jindu import App, Context, JobError, Retry, get_metrics

app = App()
orders = get_metrics().counter("orders", "Orders that came", ["country"])
app.errors.add("OVEN_COLD", title={"zh": "烤箱是冷的", "en": "The oven is cold"}, message={"zh": "等等", "en": "Wait"})


@app.job(stages=["read", "think"], concurrency=3)
async def good(ctx: Context, n: int = 1) -> int:
    async with ctx.stage("read"):
        with get_metrics().call("library"):
            await asyncio.sleep(0)
        orders.add(country="de")
    async with ctx.stage("think"):
        return n


@app.job
async def bad() -> None:
    raise JobError("OVEN_COLD")


@app.job(retry=Retry(attempts=2, base=0.01, cap=0.01))
async def twice(ctx: Context) -> int:
    if ctx.attempt == 1:
        raise JobError("NETWORK_ERROR")
    return 2


@app.job(concurrency=1)
async def hold(ctx: Context) -> None:
    """Runs until it is cancelled."""
    await asyncio.Event().wait()


@app.job
async def steps(ctx: Context, n: int = 50) -> None:
    for at in range(n):
        ctx.progress(at * 100 / n)
        await asyncio.sleep(0.005)
