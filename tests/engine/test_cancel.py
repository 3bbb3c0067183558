"""Cancelling: pending at once, running by a wish; then the first end wins."""

import asyncio
import threading
from typing import Any

import pytest

from jindu import AlreadyEnded, App, Context, JobError
from jindu.core.job import Job
from jindu.core.states import Phase
from jindu.engine.jobs import UnknownJob
from jindu.engine.run import Run
from jindu.handles import Handle


async def ended(job: Handle[Any]) -> dict[str, Any]:
    async with asyncio.timeout(10):
        return [update async for update in job.updates()][-1].state


async def test_a_pending_job_is_cancelled_at_once_and_never_runs(app: App) -> None:
    ran = []

    @app.job
    async def work() -> None:
        ran.append(1)

    async with app.open() as node:
        job = await work.options(delay="1h").submit()
        await job.cancel()
        record = (await node.jobs.read(job.id)).job
        assert (record.phase, record.run, record.reached) == (Phase.CANCELLED, 0, 0.0)
        with pytest.raises(JobError, match="JOB_CANCELLED"):
            await job.wait(5)
    assert ran == []


async def test_a_running_job_is_asked_to_stop(app: App) -> None:
    begun = asyncio.Event()

    @app.job(pace=0)
    async def work(ctx: Context) -> None:
        ctx.progress(30)
        ctx.partial("kept")
        begun.set()
        await asyncio.Event().wait()

    async with app.open():
        job = await work.submit()
        await asyncio.wait_for(begun.wait(), 5)
        await job.cancel("changed my mind")
        end = await ended(job)
    assert (end["status"], end["stage"], end["progress"], end["reached"]) == ("cancelled", "cancelled", 0.0, 30.0)
    assert (end["error"]["code"], end["results"]) == ("JOB_CANCELLED", 1)


async def test_the_wish_is_shown_while_the_body_is_ending(app: App) -> None:
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
        shown = (await node.jobs.read(job.id)).job
        assert (shown.status.value, shown.cancelling) == ("running", True)
        await job.cancel()  # again: nothing changes
        assert (await node.jobs.read(job.id)).job.seq == shown.seq
        door.set()
        assert (await ended(job))["status"] == "cancelled"


async def test_a_body_that_returns_after_the_wish_completes(app: App) -> None:
    begun = asyncio.Event()

    @app.job
    async def work() -> str:
        begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            return "done all the same"
        return "never"

    async with app.open():
        job = await work.submit()
        await asyncio.wait_for(begun.wait(), 5)
        await job.cancel()
        assert await job.wait(5) == "done all the same"


async def test_an_error_after_the_wish_ends_cancelled(app: App) -> None:
    begun = asyncio.Event()

    @app.job
    async def work() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            raise ValueError("while cleaning up")

    async with app.open():
        job = await work.submit()
        await asyncio.wait_for(begun.wait(), 5)
        await job.cancel()
        assert (await ended(job))["status"] == "cancelled"


async def test_a_thread_sees_the_wish(app: App) -> None:
    loop, begun = asyncio.get_running_loop(), asyncio.Event()

    @app.job
    def work(ctx: Context) -> str:
        loop.call_soon_threadsafe(begun.set)
        while not ctx.cancelled:
            threading.Event().wait(0.001)
        return "seen"

    async with app.open():
        job = await work.submit()
        await asyncio.wait_for(begun.wait(), 5)
        await job.cancel()
        assert await job.wait(5) == "seen"


@pytest.mark.parametrize("ending", ["completed", "failed"])
async def test_after_the_end_there_is_nothing_to_cancel(app: App, ending: str) -> None:
    @app.job
    async def work() -> None:
        if ending == "failed":
            raise ValueError

    async with app.open() as node:
        job = await work.submit()
        assert (await ended(job))["status"] == ending
        seq = (await node.jobs.read(job.id)).job.seq
        with pytest.raises(AlreadyEnded):
            await job.cancel()
        assert (await node.jobs.read(job.id)).job.seq == seq


async def test_cancelling_a_cancelled_job_changes_nothing(app: App) -> None:
    @app.job
    async def work() -> None: ...

    async with app.open() as node:
        job = await work.options(delay=100).submit()
        await job.cancel()
        await job.cancel()
        assert (await node.jobs.read(job.id)).job.seq == 2


async def test_cancelling_an_unknown_job_says_so(app: App) -> None:
    async with app.open() as node:
        with pytest.raises(UnknownJob):
            await Handle[None](node, "JOB-THAT-IS-NOT").cancel()


async def test_a_cancel_at_the_very_moment_of_the_claim_frees_the_slot_at_once(app: App) -> None:
    """Many tries, so that some wishes come between the claim and the first step of the body."""

    @app.job(concurrency=50)
    async def work() -> None:
        await asyncio.Event().wait()

    async with app.open(concurrency=50) as node:
        jobs = []
        for turns in range(40):
            job = await work.submit()
            for _ in range(turns % 8):
                await asyncio.sleep(0)
            await job.cancel()
            jobs.append(job)
        assert {(await ended(job))["status"] for job in jobs} == {"cancelled"}
        async with asyncio.timeout(0.25):  # below the grace that an abandoned body would be given
            while node.running:
                await asyncio.sleep(0.005)


async def test_a_wish_that_comes_before_the_body_frees_the_slot_at_once(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = []
    start = Run._start

    async def start_late(self: Run, job: Job) -> Any:
        await node.jobs.cancel(job.id)
        return await start(self, job)

    monkeypatch.setattr(Run, "_start", start_late)

    @app.job
    async def work() -> None:
        ran.append(1)
        await asyncio.Event().wait()

    async with app.open() as node:
        job = await work.submit()
        async with asyncio.timeout(0.25):  # below the grace that an abandoned body would be given
            assert (await ended(job))["status"] == "cancelled"
            while node.running:
                await asyncio.sleep(0.005)
    assert ran == []


@pytest.mark.promise("once")
async def test_cancel_racing_completion_gives_exactly_one_end(app: App) -> None:
    @app.job(concurrency=20)
    async def work(turns: int) -> None:
        for _ in range(turns):
            await asyncio.sleep(0)

    async with app.open(concurrency=20) as node:
        jobs = [await work.submit(number % 7) for number in range(60)]
        await asyncio.gather(*[job.cancel() for job in jobs], return_exceptions=True)
        for job in jobs:
            async with asyncio.timeout(5):
                ends = [update async for update in job.updates() if update.kind in ("complete", "error")]
            assert len(ends) == 1
            kinds = [entry.event.kind.value for entry in await node.store.log(job.id)]
            assert sum(kind in ("return", "fail", "cancel") for kind in kinds) == 1
