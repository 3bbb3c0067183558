"""Stages, the bar, and tracking: from coroutines and from threads."""

import asyncio
import math
import threading
from collections.abc import AsyncIterator
from typing import Any

import pytest

from jindu import App, Context, Stage
from jindu.handles import Handle

TWO = [Stage("read", 1), Stage("think", 3)]


async def history(job: Handle[Any]) -> list[tuple[str, float, str]]:
    """(stage, progress, message) of every state shown, to the end."""
    async with asyncio.timeout(10):
        states = [update.state async for update in job.updates() if update.state]
    return [(state["stage"], state["progress"], state["message"]) for state in states]


async def ended(job: Handle[Any]) -> dict[str, Any]:
    async with asyncio.timeout(10):
        return [update async for update in job.updates()][-1].state


async def test_a_job_without_stages_has_working(app: App) -> None:
    begun = asyncio.Event()

    @app.job
    async def work(ctx: Context) -> None:
        ctx.progress(50, "half")
        await begun.wait()

    async with app.open():
        job = await work.submit()
        async with asyncio.timeout(5):
            async for update in job.updates():
                if update.state["message"] == "half" and not begun.is_set():
                    assert (update.state["stage"], update.state["progress"]) == ("working", 50.0)
                    begun.set()
        assert update.state["stage"] == "completed"


async def test_a_stage_moves_its_share_of_the_bar(app: App) -> None:
    @app.job(stages=TWO, pace=0)
    async def work(ctx: Context) -> list[float]:
        head = node.journal.head
        seen = []
        async with ctx.stage("read") as stage:
            stage.progress(50)
            seen.append(head(ctx.job_id).progress)  # type: ignore[union-attr]
        async with ctx.stage("think"):
            seen.append(head(ctx.job_id).progress)  # type: ignore[union-attr]
            ctx.progress(50)
            seen.append(head(ctx.job_id).progress)  # type: ignore[union-attr]
        return seen

    async with app.open() as node:
        assert await (await work.submit()).wait(5) == [12.5, 25.0, 62.5]


async def test_stages_may_be_skipped(app: App) -> None:
    @app.job(stages=["read", "think", "write"])
    async def work(ctx: Context) -> None:
        async with ctx.stage("write"):
            pass

    async with app.open() as node:
        job = await work.submit()
        await job.wait(5)
        assert (await node.jobs.read(job.id)).job.entered[0][0] == 2


@pytest.mark.parametrize("sync", [False, True])
@pytest.mark.parametrize("name", ["read", "think", "nowhere"])
async def test_an_unknown_or_backward_stage_raises_in_the_authors_code(app: App, sync: bool, name: str) -> None:
    def enter(ctx: Context) -> str:
        with ctx.stage("think"):
            try:
                with ctx.stage(name):
                    return "entered"
            except ValueError as error:
                return str(error)

    @app.job(name="in_thread", stages=TWO)
    def in_thread(ctx: Context) -> str:
        return enter(ctx)

    @app.job(name="on_loop", stages=TWO)
    async def on_loop(ctx: Context) -> str:
        return enter(ctx)

    async with app.open():
        job = await (in_thread if sync else on_loop).submit()
        said = await job.wait(5)
    assert "forward only" in said if name != "nowhere" else "read, think" in said


async def test_track_moves_the_bar_one_item_at_a_time(app: App) -> None:
    @app.job(pace=0)
    async def work(ctx: Context) -> list[float]:
        seen = []
        async for _ in ctx.track(["a", "b", "c", "d"]):
            seen.append(node.journal.head(ctx.job_id).progress)  # type: ignore[union-attr]
        return seen

    async with app.open() as node:
        assert await (await work.submit()).wait(5) == [0.0, 25.0, 50.0, 75.0]


async def test_track_takes_asynchronous_iterables_with_a_total(app: App) -> None:
    async def pages() -> AsyncIterator[int]:
        for number in range(4):
            yield number

    @app.job(pace=0, stages=["read"])
    async def work(ctx: Context) -> list[float]:
        seen = []
        async with ctx.stage("read", total=4) as stage:
            async for _ in stage.track(pages()):
                seen.append(node.journal.head(ctx.job_id).progress)  # type: ignore[union-attr]
        return seen

    async with app.open() as node:
        assert await (await work.submit()).wait(5) == [0.0, 25.0, 50.0, 75.0]


async def test_track_of_an_asynchronous_iterable_in_a_plain_for_says_so(app: App) -> None:
    async def pages() -> AsyncIterator[int]:
        yield 1

    @app.job
    async def work(ctx: Context) -> str:
        try:
            list(ctx.track(pages()))
        except TypeError as error:
            return str(error)
        return ""

    async with app.open():
        assert "async for" in await (await work.submit()).wait(5)


async def test_track_in_a_thread_moves_the_bar_and_ends_full(app: App) -> None:
    @app.job(pace=0, stages=["read", "think"])
    def work(ctx: Context) -> int:
        with ctx.stage("read") as stage:
            for _ in stage.track(range(10)):
                pass
        with ctx.stage("think"):
            return 1

    async with app.open() as node:
        job = await work.submit()
        assert await job.wait(5) == 1
        record = (await node.jobs.read(job.id)).job
        assert [position for position, _ in record.entered] == [0, 1]
        assert record.floor == 99.9


async def test_track_in_a_thread_stops_when_cancelled(app: App) -> None:
    started, cancelled = asyncio.Event(), threading.Event()
    loop, seen = asyncio.get_running_loop(), []

    @app.job
    def work(ctx: Context) -> None:
        for number in ctx.track(range(1000)):
            seen.append(number)
            loop.call_soon_threadsafe(started.set)
            assert cancelled.wait(5)

    async with app.open():
        job = await work.submit()
        await asyncio.wait_for(started.wait(), 5)
        await job.cancel()
        cancelled.set()
        assert (await ended(job))["status"] == "cancelled"
    assert seen == [0]


async def test_track_in_a_coroutine_stops_when_cancelled_even_if_the_block_never_awaits(app: App) -> None:
    started = asyncio.Event()

    @app.job
    async def work(ctx: Context) -> None:
        async for _ in ctx.track(iter(int, 1)):
            started.set()

    async with app.open():
        job = await work.submit()
        await asyncio.wait_for(started.wait(), 5)
        await job.cancel()
        assert (await ended(job))["status"] == "cancelled"


class Unprintable:
    def __str__(self) -> str:
        raise RuntimeError("no text")


ODD: list[tuple[Any, Any]] = [
    (math.nan, None),
    (math.inf, "far"),
    (-5, "back"),
    (10**400, None),
    ("half", "text for a number"),
    (None, None),
    (50, 404),
    (50, ValueError("an exception for a text")),
    (50, Unprintable()),
    (50, "\ud800 half a character"),
    (50, "x" * 100_000),
]


@pytest.mark.parametrize("place", ["loop", "thread"])
@pytest.mark.parametrize("pace", [0, 10])
async def test_progress_never_raises_whatever_it_is_given(app: App, place: str, pace: int) -> None:
    def report(ctx: Context) -> str:
        for percent, message in ODD:
            ctx.progress(percent, message)
            ctx.log(message)
        ctx.partial("kept")
        for percent, message in ODD:
            ctx.progress(percent, message)
        return "done"

    @app.job(name="thread", pace=pace)
    def in_thread(ctx: Context) -> str:
        return report(ctx)

    @app.job(name="loop", pace=pace)
    async def on_loop(ctx: Context) -> str:
        return report(ctx)

    async with app.open() as node:
        job = await (in_thread if place == "thread" else on_loop).submit()
        assert await job.wait(5) == "done"
        assert len(await node.jobs.results(job.id)) == 1
        assert (await node.jobs.read(job.id)).job.lines == len(ODD)
        assert node.ready is None


async def test_overtaken_progress_merges_and_the_newest_is_kept(app: App) -> None:
    @app.job(stages=["read"])
    def work(ctx: Context) -> None:
        with ctx.stage("read") as stage:
            for number in range(20_000):
                stage.progress(number / 200, f"item {number}")
            ctx.partial(1)
            stage.progress(99.9, "last")

    async with app.open() as node:
        job = await work.submit()
        await job.wait(10)
        record = (await node.jobs.read(job.id)).job
    assert record.message == "last"
    assert record.seq < 1000


async def test_the_message_is_kept_when_the_percent_is_held_at_the_floor(app: App) -> None:
    @app.job(pace=0)
    async def work(ctx: Context) -> tuple[float, str]:
        ctx.progress(80, "most")
        ctx.progress(20, "less")
        job = node.journal.head(ctx.job_id)
        assert job is not None
        return job.progress, job.message

    async with app.open() as node:
        assert await (await work.submit()).wait(5) == [80.0, "less"]  # type: ignore[comparison-overlap]


async def test_the_last_message_shown_is_the_newest(app: App) -> None:
    @app.job(pace=1)
    async def work(ctx: Context) -> None:
        for message in ("asking", "waiting", "asking"):
            ctx.progress(10, message)

    async with app.open() as node:
        job = await work.submit()
        await job.wait(5)
        assert (await node.jobs.read(job.id)).job.message == "asking"


async def test_progress_is_monotone_and_100_comes_only_with_the_end(app: App) -> None:
    @app.job(pace=0, stages=TWO)
    async def work(ctx: Context) -> None:
        for name in ("read", "think"):
            async with ctx.stage(name) as stage:
                for percent in (10, 90, 30, 100):
                    stage.progress(percent)
                    await asyncio.sleep(0)

    async with app.open():
        shown = await history(await work.submit())
    figures = [progress for _, progress, _ in shown]
    assert figures == sorted(figures)
    assert [stage for stage, progress, _ in shown if progress == 100.0] == ["completed"]


async def test_a_held_report_leaves_before_what_comes_behind_it(app: App) -> None:
    @app.job(pace=0.001, stages=["read", "think"])
    async def work(ctx: Context) -> list[str]:
        def message() -> str:
            job = node.journal.head(ctx.job_id)
            assert job is not None
            return job.message

        seen = []
        async with ctx.stage("read") as stage:
            stage.progress(1, "one")
            stage.progress(2, "before the result")
            seen.append(message())
            ctx.partial("x")
            seen.append(message())
            stage.progress(3, "before the stage")
        async with ctx.stage("think") as stage:
            seen.append(message())
            stage.progress(4, "before the end")
        return seen

    async with app.open() as node:
        job = await work.submit()
        assert await job.wait(5) == ["one", "before the result", "before the stage"]
        assert (await node.jobs.read(job.id)).job.message == "before the end"
