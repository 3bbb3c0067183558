"""A FastAPI application with slow work in jobs: uvicorn examples.fastapi_mount.main:api

Jindu lives below `/jobs`: `/jobs/v1/…`, its page at `/jobs/`. The application's own endpoints submit and look.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, HTTPException
from pydantic import BaseModel, Field

from jindu import App, Context, UnknownJob

jobs = App()


@jobs.job(timeout="10m", concurrency=2)
async def export(ctx: Context, rows: int) -> dict[str, int]:
    """Export so many rows."""
    async for _ in ctx.track(range(rows)):
        await asyncio.sleep(0.01)
    return {"rows": rows}


@asynccontextmanager
async def lifespan(api: FastAPI) -> AsyncIterator[None]:
    """The application's own, which runs inside that of Jindu."""
    api.state.ready = True
    yield
    api.state.ready = False


api = FastAPI(title="Shop", lifespan=lifespan)


class Export(BaseModel):
    rows: int = Field(ge=1, le=100_000)


@api.post("/exports", status_code=202)
async def begin(asked: Export) -> dict[str, str]:
    job = await export.options(owner="shop").submit(rows=asked.rows)
    return {"id": job.id, "watch": f"/jobs/v1/stream?channels=job:{job.id}", "token": job.token()}


@api.get("/exports/{job_id}")
async def look(job_id: str) -> dict[str, object]:
    try:
        shown = await (await export.find(job_id)).status()
    except UnknownJob:
        raise HTTPException(404, "there is no such export") from None
    return {"status": shown["status"], "progress": shown["progress"], "result": shown["result"]}


jobs.attach(api, "/jobs")
