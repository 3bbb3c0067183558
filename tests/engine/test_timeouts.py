"""Time limits are per attempt. A thread that ignores one is abandoned where all can see it."""

import asyncio
import logging
import threading
from typing import Any

import pytest

from jindu import App, Context, JobError, Retry
from jindu.handles import Handle


async def ended(job: Handle[Any]) -> dict[str, Any]:
    async with asyncio.timeout(10):
        return [update async for update in job.updates()][-1].state


async def test_a_coroutine_is_stopped_at_its_time_limit_with_its_results_kept(app: App) -> None:
    cleaned = asyncio.Event()

    @app.job(timeout="100ms")
    async def work(ctx: Context) -> None:
        ctx.partial("kept")
        try:
            await asyncio.Event().wait()
        finally:
            cleaned.set()

    async with app.open():
        end = await ended(await work.submit())
    assert (end["status"], end["error"]["code"], end["results"]) == ("failed", "JOB_TIMEOUT", 1)
    assert cleaned.is_set()


async def test_the_limit_is_per_attempt(app: App) -> None:
    @app.job(timeout=0.1, retry=Retry(attempts=3, base=0, cap=0))
    async def work(ctx: Context) -> int:
        if ctx.attempt < 3:
            await asyncio.Event().wait()
        return ctx.attempt

    async with app.open():
        assert await (await work.submit()).wait(10) == 3


async def test_what_a_body_raises_while_it_is_stopped_does_not_hide_the_time_out(app: App) -> None:
    @app.job(timeout=0.1)
    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            raise ValueError("while cleaning up")

    async with app.open():
        assert (await ended(await work.submit()))["error"]["code"] == "JOB_TIMEOUT"


async def test_a_body_that_returns_within_the_grace_completes(app: App) -> None:
    @app.job(timeout=0.1)
    async def work() -> str:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            return "just in time"
        return "never"

    async with app.open():
        assert await (await work.submit()).wait(5) == "just in time"


async def test_a_thread_that_looks_stops_at_its_time_limit(app: App) -> None:
    @app.job(timeout=0.1)
    def work(ctx: Context) -> None:
        for _ in ctx.track(iter(int, 1)):
            threading.Event().wait(0.001)

    async with app.open() as node:
        end = await ended(await work.submit())
        assert end["error"]["code"] == "JOB_TIMEOUT"
        async with asyncio.timeout(5):
            while node.running:
                await asyncio.sleep(0.005)


async def test_a_thread_that_ignores_its_limit_is_abandoned_visibly(app: App, caplog: pytest.LogCaptureFixture) -> None:
    door, late = threading.Event(), []
    loop, over = asyncio.get_running_loop(), asyncio.Event()

    @app.job(timeout=0.1, concurrency=1, retry=Retry(attempts=5, base=0, cap=0))
    def deaf(ctx: Context) -> str:
        ctx.partial("before")
        assert door.wait(10)
        ctx.partial("late")
        ctx.progress(99, "late")
        ctx.log("late")
        try:
            ctx.step_sync("late", str)
        except Exception as error:  # noqa: BLE001 - whichever: the write must not succeed
            late.append(type(error).__name__)
        loop.call_soon_threadsafe(over.set)
        return "late"

    @app.job
    async def other() -> int:
        return 1

    async with app.open() as node:
        job = await deaf.submit()
        end = await ended(job)
        # The end is committed, and although four attempts are left there is no automatic retry while the thread lives.
        assert (end["status"], end["error"]["code"], end["attempt"], end["results"]) == ("failed", "JOB_TIMEOUT", 1, 1)
        seq = (await node.jobs.read(job.id)).job.seq
        # Its slot stays taken, it is said to be running, others go on.
        assert (node.running, node._worker.is_abandoned(job.id)) == (1, True)
        assert any(job.id in entry.getMessage() and "abandoned" in entry.getMessage() for entry in caplog.records)
        second = await deaf.submit()
        assert await (await other.submit()).wait(5) == 1
        assert (await node.jobs.read(second.id)).job.status.value == "pending"
        # What it writes later fails the fence.
        door.set()
        await asyncio.wait_for(over.wait(), 5)
        assert await second.wait(5) == "late"
        assert late == ["Conflict"] or late[0] == "Conflict"
        assert (await node.jobs.read(job.id)).job.seq == seq
        assert list(await node.store.steps(job.id)) == []


async def test_a_coroutine_that_swallows_its_cancellation_is_abandoned_too(app: App) -> None:
    door = asyncio.Event()

    @app.job(timeout=0.1)
    async def deaf() -> None:
        while not door.is_set():
            try:
                await door.wait()
            except asyncio.CancelledError:
                continue

    async with app.open() as node:
        job = await deaf.submit()
        with pytest.raises(JobError, match="JOB_TIMEOUT"):
            await job.wait(10)
        assert node._worker.is_abandoned(job.id)
        door.set()
        async with asyncio.timeout(5):
            while node.running:
                await asyncio.sleep(0.005)


async def test_closing_does_not_wait_for_an_abandoned_thread(app: App) -> None:
    door = threading.Event()

    @app.job(timeout=0.05)
    def deaf() -> None:
        door.wait(30)

    async with asyncio.timeout(5):
        async with app.open():
            with pytest.raises(JobError, match="JOB_TIMEOUT"):
                await (await deaf.submit()).wait(5)
    door.set()


async def test_a_time_out_is_logged_with_the_error_id_people_are_given(app: App, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR)

    @app.job(timeout=0.05)
    async def work() -> None:
        await asyncio.Event().wait()

    async with app.open():
        end = await ended(await work.submit())
    assert any(end["error"]["id"] in entry.getMessage() for entry in caplog.records)
