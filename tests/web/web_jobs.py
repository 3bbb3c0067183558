"""Jobs that end at once, wait until they are cancelled, fail with results kept, return much."""

import asyncio

from jindu import App, Context, JobError

app = App()


@app.job(concurrency=50)
async def greet(name: str, times: int = 1) -> dict[str, str]:
    return {"greeting": f"hello {name}" * times}


@app.job(concurrency=50)
async def hold(ctx: Context) -> None:
    """Runs until it is cancelled."""
    ctx.progress(10, "holding")
    ctx.partial({"held": True}, key="first")
    await asyncio.Event().wait()


@app.job(concurrency=50)
async def still(ctx: Context) -> None:
    """The same without a result."""
    ctx.progress(10, "still")
    await asyncio.Event().wait()


@app.job(concurrency=50)
async def half(ctx: Context) -> None:
    ctx.progress(40)
    ctx.partial({"n": 1}, key="one")
    ctx.partial("x" * 40_000, key="large")
    raise JobError("DIAGNOSIS_FAILED", "canary-4711 at /srv/secret.py")


@app.job(concurrency=50)
async def large() -> str:
    return "x" * 100_000
