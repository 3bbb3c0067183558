"""Jobs whose answers are read again and again, and jobs that only wait."""

from jindu import App, Context

app = App()


@app.job(pace=0)
async def reporting(ctx: Context) -> dict[str, int]:
    """Leaves as many partial results as a job may."""
    for number in range(1_000):
        ctx.partial({"brand": number, "sources": [number] * 20})
    return {"brands": 1_000}


@app.job
async def waiting() -> None:
    """Does nothing, when its time comes."""
