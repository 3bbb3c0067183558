"""Checkpoints: a committed step is not run again."""

import asyncio
from typing import Any

import pytest

from jindu import App, Context, JobError, Retry

TWICE = Retry(attempts=2, base=0, cap=0)


async def test_a_committed_step_is_not_run_again_after_a_retry(app: App) -> None:
    ran: list[str] = []

    async def fetch(brand: str, *, depth: int) -> dict[str, Any]:
        ran.append(brand)
        return {"brand": brand, "depth": depth}

    @app.job(retry=TWICE)
    async def work(ctx: Context) -> list[Any]:
        first = await ctx.step("fetch", fetch, "x", depth=2)
        if ctx.attempt == 1:
            raise ConnectionError
        return [first, await ctx.step("again", fetch, "y", depth=3)]

    async with app.open():
        assert await (await work.submit()).wait(5) == [{"brand": "x", "depth": 2}, {"brand": "y", "depth": 3}]
    assert ran == ["x", "y"]


async def test_a_step_in_a_thread_is_not_run_again(app: App) -> None:
    ran: list[int] = []

    def fetch(number: int) -> int:
        ran.append(number)
        return number * 2

    @app.job(retry=TWICE)
    def work(ctx: Context) -> int:
        value = ctx.step_sync("fetch", fetch, 21)
        if ctx.attempt == 1:
            raise ConnectionError
        return value

    async with app.open():
        assert await (await work.submit()).wait(5) == 42
    assert ran == [21]


async def test_the_value_comes_back_as_json_the_first_time_too(app: App) -> None:
    @app.job(retry=TWICE)
    async def work(ctx: Context) -> list[Any]:
        value = await ctx.step("pair", lambda: (1, (2, 3)))
        assert value == [1, [2, 3]]
        if ctx.attempt == 1:
            raise ConnectionError
        return list(value)

    async with app.open():
        assert await (await work.submit()).wait(5) == [1, [2, 3]]


async def test_a_step_is_durable_when_it_returns(app: App) -> None:
    @app.job
    async def work(ctx: Context) -> list[str]:
        await ctx.step("one", lambda: 1)
        return list(await node.store.steps(ctx.job_id))

    async with app.open() as node:
        assert await (await work.submit()).wait(5) == ["one"]


async def test_plain_functions_and_functions_that_give_coroutines_may_be_steps(app: App) -> None:
    async def later(value: int) -> int:
        await asyncio.sleep(0)
        return value

    @app.job
    async def work(ctx: Context) -> list[int]:
        return [await ctx.step("a", later, 1), await ctx.step("b", lambda: later(2)), await ctx.step("c", int, "3")]

    async with app.open():
        assert await (await work.submit()).wait(5) == [1, 2, 3]


async def test_the_same_name_twice_in_a_run_raises(app: App) -> None:
    @app.job
    async def work(ctx: Context) -> str:
        await ctx.step("one", lambda: 1)
        try:
            await ctx.step("one", lambda: 2)
        except ValueError as error:
            return str(error)
        return ""

    async with app.open():
        assert "'one' was used already" in await (await work.submit()).wait(5)


async def test_a_failing_step_is_not_committed_and_runs_again(app: App) -> None:
    ran: list[int] = []

    def fetch(attempt: int) -> int:
        ran.append(attempt)
        if attempt == 1:
            raise ConnectionError
        return attempt

    @app.job(retry=TWICE)
    async def work(ctx: Context) -> int:
        return int(await ctx.step("fetch", fetch, ctx.attempt))

    async with app.open():
        assert await (await work.submit()).wait(5) == 2
    assert ran == [1, 2]


async def test_the_key_of_a_step_is_the_same_in_every_run_and_differs_between_jobs(app: App) -> None:
    keys: list[str] = []

    @app.job(retry=TWICE)
    async def work(ctx: Context) -> None:
        keys.append(ctx.step_key("pay"))
        if ctx.attempt == 1:
            raise ConnectionError

    async with app.open():
        await (await work.submit()).wait(5)
        await (await work.submit()).wait(5)
    assert keys[0] == keys[1] != keys[2] == keys[3]


async def test_a_value_that_cannot_be_kept_raises_and_names_the_step(app: App) -> None:
    @app.job
    async def work(ctx: Context) -> list[str]:
        told = []
        for name, value in (("object", object()), ("nan", float("nan")), ("large", "x" * 2_000_000)):
            try:
                await ctx.step(name, lambda value=value: value)  # type: ignore[misc]
            except ValueError as error:
                told.append(str(error))
        return told

    async with app.open():
        told = await (await work.submit()).wait(5)
    assert ["'object'" in told[0], "'nan'" in told[1], "'large'" in told[2]] == [True] * 3


async def test_the_wrong_twin_says_which_to_use(app: App) -> None:
    @app.job
    async def on_loop(ctx: Context) -> str:
        try:
            ctx.step_sync("one", lambda: 1)
        except RuntimeError as error:
            return str(error)
        return ""

    async with app.open():
        assert "await ctx.step" in await (await on_loop.submit()).wait(5)


@pytest.mark.parametrize("with_step", [True, False])
async def test_the_floor_is_kept_over_a_retry_only_with_checkpoints(app: App, with_step: bool) -> None:
    @app.job(retry=TWICE, pace=0)
    async def work(ctx: Context) -> float:
        job = node.journal.head(ctx.job_id)
        assert job is not None
        if ctx.attempt == 2:
            return job.progress
        ctx.progress(60)
        if with_step:
            await ctx.step("one", lambda: 1)
        raise ConnectionError

    async with app.open() as node:
        assert await (await work.submit()).wait(5) == (60.0 if with_step else 0.0)


async def test_a_step_that_raises_whatever_fails_only_its_job(app: App) -> None:
    @app.job
    async def work(ctx: Context, exit: bool) -> None:
        def leave() -> None:
            raise SystemExit if exit else StopIteration

        await ctx.step("leave", leave)

    async with app.open() as node:
        for exit in (True, False):
            with pytest.raises(JobError, match="INTERNAL_ERROR"):
                await (await work.submit(exit)).wait(5)
        assert node.ready is None
