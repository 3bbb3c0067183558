"""Bodies in child processes: they say what bodies say, and however they die only their job ends."""

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest

from engine import child_jobs
from engine.appearing import gone, text_of
from jindu import App, InvalidParams, JobError
from jindu.handles import Handle


@pytest.fixture
def parent(app: App) -> App:
    app.include(child_jobs.app)
    return app


async def ended(job: Handle[Any]) -> dict[str, Any]:
    async with asyncio.timeout(20):
        return [update async for update in job.updates()][-1].state


async def test_a_child_says_everything_a_body_can_say_and_may_print(parent: App, tmp_path: Path) -> None:
    async with parent.open() as node:
        job = await child_jobs.report.submit(str(tmp_path))
        result = await job.wait(20)
        record = (await node.jobs.read(job.id)).job
        kept = await node.jobs.results(job.id)
    assert result["pid"] != os.getpid()
    assert (result["value"], result["job"], result["attempt"]) == (4, job.id, 1)
    assert result["answers"] == ["1", "NETWORK_ERROR"]
    assert [position for position, _ in record.entered] == [0, 1]
    assert (record.lines, record.message, record.floor) == (3, "odd ?", 99.9)
    assert [(one.key, one.data) for one in kept] == [("a", b'{"x":1}')]
    assert (tmp_path / "step").read_text() == "done"


async def test_a_second_attempt_in_a_child_goes_on_from_its_steps(parent: App, tmp_path: Path) -> None:
    async with parent.open() as node:
        job = await child_jobs.twice.submit(str(tmp_path))
        assert await job.wait(20) == [1, "x"]
        assert [kept.data for kept in await node.jobs.results(job.id)] == [b'"first"', b'"second"']


@pytest.mark.parametrize(
    ("how", "code"),
    [
        ("signal", "JOB_CRASHED"),
        ("exit", "JOB_CRASHED"),
        ("SystemExit", "INTERNAL_ERROR"),
        ("KeyboardInterrupt", "INTERNAL_ERROR"),
        ("MemoryError", "INTERNAL_ERROR"),
        ("code", "OVEN_COLD"),
        ("nan", "RESULT_NOT_JSON"),
        ("object", "RESULT_NOT_JSON"),
        ("large", "RESULT_TOO_LARGE"),
        ("long error", "INTERNAL_ERROR"),
        ("unprintable", "INTERNAL_ERROR"),
    ],
)
async def test_however_a_child_ends_only_its_job_fails(parent: App, how: str, code: str) -> None:
    async with parent.open() as node:
        end = await ended(await child_jobs.die.submit(how))
        assert (end["status"], end["error"]["code"], end["results"]) == ("failed", code, 1)
        assert node.ready is None
        assert node.running == 0 or await asyncio.wait_for(_idle(node), 5)


async def _idle(node: Any) -> bool:
    while node.running:
        await asyncio.sleep(0.005)
    return True


async def test_a_time_out_kills_the_child_and_what_it_started(parent: App, tmp_path: Path) -> None:
    async with parent.open():
        job = await child_jobs.hang.submit(str(tmp_path))
        with pytest.raises(JobError, match="JOB_TIMEOUT"):
            await job.wait(20)
        assert await gone(int(await text_of(tmp_path / "started")))
        assert await gone(int(await text_of(tmp_path / "grandchild")))


async def test_a_cancel_kills_a_child_that_does_not_listen(parent: App, tmp_path: Path) -> None:
    async with parent.open():
        job = await child_jobs.deaf.submit(str(tmp_path))
        pid = int(await text_of(tmp_path / "started"))
        await job.cancel()
        assert (await ended(job))["status"] == "cancelled"
        assert await gone(pid)


async def test_a_cancel_stops_a_child_at_its_next_item(parent: App, tmp_path: Path) -> None:
    async with parent.open():
        job = await child_jobs.watchful.submit(str(tmp_path))
        await text_of(tmp_path / "started")
        await job.cancel()
        assert (await ended(job))["status"] == "cancelled"


async def test_a_child_that_returns_after_the_wish_completes(parent: App, tmp_path: Path) -> None:
    async with parent.open():
        job = await child_jobs.polite.submit(str(tmp_path))
        await text_of(tmp_path / "started")
        await job.cancel()
        assert await job.wait(20) == "finished anyway"


async def test_parameters_are_checked_before_a_child_starts(parent: App) -> None:
    async with parent.open() as node:
        with pytest.raises(InvalidParams):
            await child_jobs.double.submit("x")  # type: ignore[arg-type]
        assert node.running == 0
        assert child_jobs.double(4) == 8


async def test_closing_the_app_kills_its_children_and_hands_their_jobs_back(parent: App, tmp_path: Path) -> None:
    async with parent.open():
        job = await child_jobs.hang.submit(str(tmp_path))
        pids = [int(await text_of(tmp_path / name)) for name in ("started", "grandchild")]
    assert all([await gone(pid) for pid in pids])
    again = App(settings=parent.settings)
    async with again.open() as node:
        record = (await node.jobs.read(job.id)).job
        assert (record.status.value, record.attempt, record.crashes) == ("pending", 1, 0)
