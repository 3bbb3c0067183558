"""Inside the process: what the consistency check of a status answer costs, and a store that holds many jobs that have ended."""

import asyncio
import shutil
import time
from pathlib import Path

from jindu import StateConsistencyMonitor
from jindu.core import events as ev
from jindu.core.frames import state
from jindu.core.job import Job, evolve
from jindu.core.plan import Plan
from jindu.core.states import Status
from jindu.engine.options import Options

from ..jobs import app
from .sample import Sample, Tools

TOGETHER = 1000


def running_job() -> Job:
    job: Job | None = None
    spec = ev.Submission("JOB", "diagnose", b"{}", Plan.of(["ai_fetching", "ranking_analysis"]), 1.0)
    for event in (ev.Submitted(1.0, spec, 1.0), ev.Claimed(2.0, "boot"), ev.StageEntered(3.0, 0), ev.Progressed(4.0, 30.0)):
        job = evolve(job, event)
    assert job is not None
    return job


def status_check(tools: Tools) -> Sample:
    """The unit is a check of the four fields against their row, counted in the figures."""
    monitor, job = StateConsistencyMonitor(), running_job()
    shown, count = state(job), 0
    begun, end = time.process_time(), time.monotonic() + min(tools.size.seconds, 1)
    while time.monotonic() < end:
        for _ in range(1000):
            monitor.check_against(shown, job)
        count += 1000
    us = (time.process_time() - begun) / count * 1e6
    return Sample(us, 1e6 / us, conditions="in the process")


def kept(folder: Path, jobs: int) -> Path:
    """A database that keeps `jobs` jobs which ran and completed, made by our own engine the first time, under `folder`. To be
    copied before it is used."""
    made = folder / f"kept-{jobs}"
    if not (made / "done").exists():
        shutil.rmtree(made, ignore_errors=True)
        made.mkdir(parents=True)
        asyncio.run(_fill(made / "bench.db", jobs))
        (made / "done").touch()
    return made / "bench.db"


async def _fill(database: Path, jobs: int) -> None:
    async with app.open(store=f"sqlite:///{database}", queue_limit=10_000_000, concurrency=500, keep_for=1e9) as node:
        kind = node.jobs.type("nothing")
        for begin in range(0, jobs, TOGETHER):
            together = [node.jobs.submit(kind, b"{}", Options()) for _ in range(min(TOGETHER, jobs - begin))]
            await asyncio.gather(*together)
        while (await node.store.counts())[Status.COMPLETED] < jobs:  # noqa: ASYNC110 - seconds of work, looked at now and then
            await asyncio.sleep(0.2)
