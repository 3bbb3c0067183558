"""What a death or a drain leaves behind goes on from where it was."""

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from engine import mortal
from jindu import App, Context, JobError
from jindu.handles import Handle
from jindu.settings import Settings

TESTS = Path(__file__).parent.parent


async def killed(store: str, folder: Path, how: str) -> str:
    """Run a server until it kills itself; what it printed (the id of its job, where it submitted one)."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "engine.mortal", store, str(folder), how,
        cwd=TESTS, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    out, err = await asyncio.wait_for(process.communicate(), 20)
    assert process.returncode == -signal.SIGKILL, err.decode()
    return out.decode().strip()


@pytest.fixture
def survivor(store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> App:
    monkeypatch.setattr(mortal, "FOLDER", tmp_path)
    app = App(settings=Settings(store=store_url, grace=0))
    app.include(mortal.app)
    return app


async def test_a_job_of_a_dead_process_goes_on_from_its_steps(survivor: App, store_url: str, tmp_path: Path) -> None:
    job_id = await killed(store_url, tmp_path, "steps")
    assert (tmp_path / "first").read_text() == "x"
    async with survivor.open() as node:
        job = Handle[dict[str, Any]](node, job_id)
        told = [update async for update in job.updates()]
        # The committed step was not run again; nobody's fault, so the attempt is still the first.
        assert await job.wait(10) == {"first": 1, "second": 1, "attempt": 1}
        record = (await node.jobs.read(job_id)).job
        kept = [one.key for one in await node.jobs.results(job_id)]
    assert (tmp_path / "first").read_text() == "x"
    assert (record.attempt, record.run, record.crashes) == (1, 2, 0)
    assert kept == ["first", 2]
    assert [update.data for update in told if update.kind == "result"] == ["once", "again"]
    assert [position for position, _ in record.entered] == [0, 1]


@pytest.mark.promise("quarantine")
async def test_the_third_death_in_a_row_without_a_new_step_quarantines(survivor: App, store_url: str, tmp_path: Path) -> None:
    job_id = await killed(store_url, tmp_path, "fatal")
    for _ in range(2):
        await killed(store_url, tmp_path, "go on")
    async with survivor.open() as node:
        job = Handle[str](node, job_id)
        with pytest.raises(JobError, match="JOB_QUARANTINED"):
            await job.wait(10)
        record = (await node.jobs.read(job_id)).job
        assert (record.attempt, record.run, record.results, record.is_completed) == (1, 3, 1, True)
        assert node.ready is None


async def test_two_deaths_do_not_quarantine(survivor: App, store_url: str, tmp_path: Path) -> None:
    job_id = await killed(store_url, tmp_path, "fatal")
    await killed(store_url, tmp_path, "go on")
    async with survivor.open() as node:
        assert await Handle[str](node, job_id).wait(10) == "survived"
        record = (await node.jobs.read(job_id)).job
        assert (record.attempt, record.run, record.crashes) == (1, 3, 2)


async def test_a_new_step_resets_the_count_of_deaths(survivor: App, store_url: str, tmp_path: Path) -> None:
    job_id = await killed(store_url, tmp_path, "progressing")
    for _ in range(3):
        await killed(store_url, tmp_path, "go on")
    async with survivor.open() as node:
        assert await Handle[int](node, job_id).wait(10) == 4
        record = (await node.jobs.read(job_id)).job
        assert (record.attempt, record.run) == (1, 5)
    assert (tmp_path / "steps").read_text() == "xxxx"


async def test_draining_hands_back_without_counting_an_attempt_and_reopening_resumes(app: App, store_url: str) -> None:
    begun, ran = asyncio.Event(), []

    def declare(app: App, wait: bool) -> Any:
        @app.job(stages=["one", "two"], pace=0)
        async def work(ctx: Context) -> list[Any]:
            async with ctx.stage("one") as stage:
                first = await ctx.step("first", lambda: ran.append("first") or "value")
                stage.progress(100)
                ctx.partial("kept")
            async with ctx.stage("two"):
                begun.set()
                if wait:
                    await asyncio.Event().wait()
            return [first, ctx.attempt]

        return work

    work = declare(app, wait=True)
    async with app.open() as node:
        job = await work.submit()
        await asyncio.wait_for(begun.wait(), 5)
        await node.drain()
        assert node.ready == "draining"
        record = (await node.jobs.read(job.id)).job
        assert (record.status.value, record.attempt, record.crashes, record.progress) == ("pending", 1, 0, 50.0)
        later = await work.submit()
        assert (await node.jobs.read(later.id)).job.run == 0
    again = App(settings=Settings(store=store_url, grace=0))
    declare(again, wait=False)
    async with again.open() as node:
        assert await Handle[Any](node, job.id).wait(10) == ["value", 1]
        assert await Handle[Any](node, later.id).wait(10) == ["value", 1]
        record = (await node.jobs.read(job.id)).job
        assert (record.run, record.results) == (2, 1)
    assert ran == ["first", "first"]


async def test_draining_lets_what_runs_end_within_the_grace(app: App) -> None:
    door, begun = asyncio.Event(), asyncio.Event()

    @app.job
    async def work() -> str:
        begun.set()
        await door.wait()
        return "in time"

    async with app.open(grace=10) as node:
        job = await work.submit()
        await asyncio.wait_for(begun.wait(), 5)
        draining = asyncio.create_task(node.drain())
        await asyncio.sleep(0)
        door.set()
        await asyncio.wait_for(draining, 5)
        assert await job.wait(5) == "in time"


async def test_a_cancel_wished_before_the_death_ends_cancelled(app: App, store_url: str) -> None:
    """The process dies between the wish and the end: its job is not run again."""
    begun, door = asyncio.Event(), asyncio.Event()

    @app.job
    async def work() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            await door.wait()

    async with app.open() as node:
        job = await work.submit()
        await asyncio.wait_for(begun.wait(), 5)
        await job.cancel()
        record = await node.journal.change(job.id, node._upkeep._taken_back)
        door.set()
        assert (record.status.value, record.error and record.error["code"]) == ("cancelled", "JOB_CANCELLED")
