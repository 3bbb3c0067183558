"""Jobs for who submits at random: quick ones, with parameters that take nothing but what their schema says.

Parameters of jobs are lax by design ("5" is taken for 5), which no JSON Schema can say: here they are strict.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from jindu import App, Context, JobError, Stage

app = App()


class Place(BaseModel, extra="forbid"):
    city: Annotated[str, Field(max_length=20)]
    near: "Place | None" = None


@app.job(concurrency=20, stages=[Stage("look", 1), Stage("tell", 2)])
async def describe(
    ctx: Context, place: Place, words: Annotated[list[str], Field(max_length=3)], tone: Literal["dry", "warm"] = "dry"
) -> dict[str, str]:
    async with ctx.stage("look") as stage:
        async for word in stage.track(words):
            ctx.partial({"word": word})
            ctx.log(word)
    async with ctx.stage("tell"):
        return {"told": f"{place.city}, {tone}"}


@app.job
async def idle() -> None:
    """There to be paused."""


@app.job(concurrency=20)
async def fail(ctx: Context) -> None:
    ctx.partial("kept", key="first")
    raise JobError("DIAGNOSIS_FAILED")
