"""Partial results are kept once; log lines have a limit. Limits raise in the author's code, nothing is trimmed in silence."""

import asyncio
import math
from typing import Any

import pytest

from jindu import App, Context, JobError, Retry
from jindu.engine import limits
from jindu.node import Node


async def keys(node: Node, job_id: str) -> list[Any]:
    return [kept.key for kept in await node.jobs.results(job_id)]


async def test_a_partial_result_is_kept_once_per_key(app: App) -> None:
    @app.job
    async def work(ctx: Context) -> None:
        ctx.partial({"n": 1}, key="a")
        ctx.partial({"n": 2}, key="a")
        ctx.partial({"n": 3}, key="b")

    async with app.open() as node:
        job = await work.submit()
        await job.wait(5)
        kept = await node.jobs.results(job.id)
    assert [(one.key, one.data) for one in kept] == [("a", b'{"n":1}'), ("b", b'{"n":3}')]


@pytest.mark.parametrize("sync", [False, True])
async def test_a_second_run_does_not_repeat_what_people_saw(app: App, sync: bool) -> None:
    def push(ctx: Context) -> None:
        ctx.partial("first")
        ctx.partial("named", key="name")
        ctx.partial("third")
        if ctx.attempt == 1:
            raise ConnectionError
        ctx.partial("fourth")

    @app.job(name="loop", retry=Retry(attempts=2, base=0, cap=0))
    async def on_loop(ctx: Context) -> None:
        push(ctx)

    @app.job(name="thread", retry=Retry(attempts=2, base=0, cap=0))
    def in_thread(ctx: Context) -> None:
        push(ctx)

    async with app.open() as node:
        job = await (in_thread if sync else on_loop).submit()
        seen = [update.data async for update in job.updates() if update.kind == "result"]
        assert seen == ["first", "named", "third", "fourth"]
        assert await keys(node, job.id) == [1, "name", 3, 4]


async def test_partial_results_are_kept_when_the_job_fails(app: App) -> None:
    @app.job
    async def work(ctx: Context) -> None:
        ctx.partial({"answer": 42})
        raise JobError("DIAGNOSIS_FAILED")

    async with app.open() as node:
        job = await work.submit()
        with pytest.raises(JobError, match="DIAGNOSIS_FAILED"):
            await job.wait(5)
        assert [kept.data for kept in await node.jobs.results(job.id)] == [b'{"answer":42}']


@pytest.mark.parametrize(
    "value",
    [math.nan, [1, math.inf], object(), {1: 2}, "\ud800", 2**70, {"a": {1, 2}}],
    ids=str.split("nan inf object key surrogate large set"),
)
async def test_what_is_not_json_raises_in_the_authors_code(app: App, value: Any) -> None:
    @app.job
    async def work(ctx: Context) -> str:
        try:
            ctx.partial(value)
        except ValueError as error:
            ctx.partial("fine")
            return type(error).__name__
        return "kept"

    async with app.open() as node:
        job = await work.submit()
        assert await job.wait(5) == "NotJson"
        assert await keys(node, job.id) == [2]


async def test_a_key_that_cannot_be_stored_raises_in_the_authors_code(app: App) -> None:
    @app.job
    async def work(ctx: Context) -> str:
        try:
            ctx.partial(1, key="\ud800")
        except ValueError as error:
            return type(error).__name__
        return "kept"

    async with app.open():
        assert await (await work.submit()).wait(5) == "NotJson"


async def test_a_partial_result_above_64_kib_raises_and_is_not_kept(app: App) -> None:
    @app.job
    async def work(ctx: Context) -> str:
        ctx.partial("x" * (64 * 1024 - 2), key="just fits")
        try:
            ctx.partial("x" * (64 * 1024 - 1), key="too large")
        except ValueError as error:
            return str(error)
        return ""

    async with app.open() as node:
        job = await work.submit()
        assert "65536" in await job.wait(5)
        assert await keys(node, job.id) == ["just fits"]


async def test_more_than_1000_partial_results_raise_also_in_a_second_run(app: App) -> None:
    @app.job(retry=Retry(attempts=2, base=0, cap=0))
    async def work(ctx: Context) -> str:
        for number in range(1000):
            ctx.partial(number)
        if ctx.attempt == 1:
            raise ConnectionError
        try:
            ctx.partial("one more")
        except ValueError as error:
            return str(error)
        return ""

    async with app.open() as node:
        job = await work.submit()
        assert "1000" in await job.wait(20)
        assert len(await node.jobs.results(job.id)) == 1000


async def test_more_than_4_mib_of_partial_results_raise(app: App) -> None:
    @app.job
    async def work(ctx: Context) -> int:
        for number in range(100):
            try:
                ctx.partial("x" * 60_000)
            except ValueError:
                return number
        return -1

    async with app.open():
        assert await (await work.submit()).wait(20) == limits.RESULTS_BYTES_PER_JOB // 60_002


async def test_log_lines_are_kept_to_1000_and_the_cut_is_told(app: App) -> None:
    @app.job
    async def work(ctx: Context) -> None:
        for number in range(1500):
            ctx.log(f"line {number}" + "x" * 600)

    async with app.open() as node:
        job = await work.submit()
        await job.wait(20)
        entries = [entry.event for entry in await node.store.log(job.id, 0, 5000)]
    lines = [event.line for event in entries if event.kind.value == "log"]
    assert len(lines) == 1001
    assert lines[0].startswith("line 0x")
    assert {len(line) for line in lines[:-1]} == {500}
    assert "further lines are dropped" in lines[-1]


async def test_a_second_run_shares_the_lines_of_the_first(app: App) -> None:
    @app.job(retry=Retry(attempts=2, base=0, cap=0))
    async def work(ctx: Context) -> None:
        for number in range(600):
            ctx.log(f"{ctx.attempt} {number}")
        if ctx.attempt == 1:
            raise ConnectionError

    async with app.open() as node:
        job = await work.submit()
        await job.wait(20)
        assert (await node.jobs.read(job.id)).job.lines == 1001


async def test_results_of_many_children_of_a_thread_are_all_kept(app: App) -> None:
    @app.job
    def work(ctx: Context) -> int:
        def push(number: int) -> None:
            ctx.partial(number, key=f"k{number}")

        return len(list(ctx.map(push, range(200), limit=8)))

    async with app.open() as node:
        job = await work.submit()
        assert await job.wait(10) == 200
        assert sorted(await keys(node, job.id)) == sorted(f"k{number}" for number in range(200))


async def test_a_watcher_gets_each_result_once_and_before_the_state_that_counts_it(app: App) -> None:
    @app.job
    async def work(ctx: Context) -> None:
        for number in range(30):
            ctx.partial(number)
            await asyncio.sleep(0)

    async with app.open():
        job = await work.submit()
        got: list[Any] = []
        async with asyncio.timeout(10):
            async for update in job.updates():
                if update.kind == "result":
                    got.append(update.data)
                assert update.state.get("results", 0) <= len(got)
    assert got == list(range(30))
