"""Submitting: options, keys, many at once."""

import asyncio
from typing import Any

import pytest

from jindu import App, Context, InvalidParams, JobError
from jindu.core.states import Status
from jindu.engine.jobs import KeyReused, QueueFull
from jindu.node import Node


async def total(node: Node) -> int:
    return sum((await node.store.counts()).values())


async def test_a_submit_is_durable_when_it_returns(app: App) -> None:
    @app.job
    async def work() -> None: ...

    async with app.open() as node:
        job = await work.options(owner="u1", tags=["a", "b"], priority=7, delay=60).submit()
        record = (await node.jobs.read(job.id)).job
        assert (record.spec.owner, record.tags, record.priority, record.status) == ("u1", ("a", "b"), 7, Status.PENDING)
        assert 59 < record.due_at - record.spec.created_at <= 60


async def test_the_same_submit_with_a_key_gives_the_same_job(app: App) -> None:
    @app.job
    async def work(number: int, text: str = "") -> int:
        return number

    async with app.open() as node:
        first = await work.options(key="order-42").submit(1)
        again = await work.options(key="order-42").submit(number=1)
        await first.wait(5)
        after_the_end = await work.options(key="order-42").submit(1)
        assert first.id == again.id == after_the_end.id
        with pytest.raises(KeyReused):
            await work.options(key="order-42").submit(2)
        other_owner = await work.options(key="order-42", owner="u2").submit(2)
        assert other_owner.id != first.id
        assert await total(node) == 2


async def test_a_key_belongs_to_its_type(app: App) -> None:
    @app.job
    async def one() -> None: ...

    @app.job
    async def two() -> None: ...

    async with app.open():
        assert (await one.options(key="k").submit()).id != (await two.options(key="k").submit()).id


async def test_twenty_equal_submits_at_once_make_one_job(app: App) -> None:
    ran: list[int] = []

    @app.job
    async def work(number: int) -> None:
        ran.append(number)

    async with app.open() as node:
        submit = work.options(key="order-42").submit
        handles = await asyncio.gather(*[submit(1) for _ in range(20)])
        assert len({handle.id for handle in handles}) == 1
        await asyncio.gather(*[handle.wait(5) for handle in handles])
        assert await total(node) == 1
    assert ran == [1]


async def test_a_delayed_job_starts_at_its_moment_and_not_before(app: App) -> None:
    loop = asyncio.get_running_loop()

    @app.job
    async def work(ctx: Context) -> float:
        return loop.time()

    async with app.open():
        submitted = loop.time()
        job = await work.options(delay="300ms").submit()
        at_once = await work.submit()
        assert await at_once.wait(5) < submitted + 0.25
        assert submitted + 0.29 < await job.wait(5) < submitted + 1


async def test_an_earlier_delay_wakes_the_worker_earlier(app: App) -> None:
    @app.job
    async def work() -> None: ...

    async with app.open():
        await work.options(delay="1h").submit()
        soon = await work.options(delay="100ms").submit()
        await soon.wait(2)


async def test_a_job_that_expires_before_its_turn_fails_kindly(app: App) -> None:
    ran: list[str] = []

    @app.job(concurrency=1)
    async def work(name: str, wait: bool = False) -> None:
        ran.append(name)
        if wait:
            await door.wait()

    door = asyncio.Event()
    async with app.open():
        first = await work.submit("first", wait=True)
        late = await work.options(expires_in="100ms").submit("late")
        patient = await work.options(expires_in="1h").submit("patient")
        with pytest.raises(JobError, match="JOB_EXPIRED"):
            await late.wait(5)
        door.set()
        await first.wait(5)
        await patient.wait(5)
    assert ran == ["first", "patient"]


@pytest.mark.parametrize(
    ("options", "pointer"),
    [
        ({"priority": 3601}, "/priority"),
        ({"priority": -3601}, "/priority"),
        ({"expires_in": 0}, "/expires_in"),
    ],
)
async def test_options_out_of_range_are_refused(app: App, options: Any, pointer: str) -> None:
    @app.job
    async def work() -> None: ...

    async with app.open() as node:
        with pytest.raises(InvalidParams) as refused:
            await work.options(**options).submit()
        assert [error.pointer for error in refused.value.errors] == [pointer]
        assert await total(node) == 0
    with pytest.raises(ValueError, match="duration"):
        work.options(delay="soon")


async def test_many_are_submitted_in_order(app: App) -> None:
    @app.job
    async def work(number: int) -> int:
        return number

    async with app.open():
        handles = await work.submit_many({"number": number} for number in range(50))
        assert await asyncio.gather(*[handle.wait(5) for handle in handles]) == list(range(50))
        assert [handle.id for handle in handles] == sorted(handle.id for handle in handles)
        assert await work.submit_many([]) == []


async def test_a_key_does_not_make_one_job_of_many(app: App) -> None:
    @app.job
    async def work(number: int) -> None: ...

    async with app.open():
        handles = await work.options(key="k", owner="u1").submit_many([{"number": 1}, {"number": 1}])
        assert len({handle.id for handle in handles}) == 2


@pytest.mark.parametrize("wrong", ["x", "x" * 300_000])
async def test_all_of_many_are_checked_before_the_first_exists(app: App, wrong: Any) -> None:
    @app.job
    async def work(value: int | str, flag: bool = False) -> None: ...

    async with app.open() as node:
        calls = [{"value": 1}, {"value": wrong, "flag": "no bool" if len(wrong) == 1 else True}]
        with pytest.raises(InvalidParams):
            await work.submit_many(calls)
        await (await work.submit(2)).wait(5)  # would come behind what was let through
        assert await total(node) == 1


async def test_a_full_queue_refuses(app: App) -> None:
    @app.job
    async def work() -> None: ...

    async with app.open(queue_limit=3) as node:
        submit = work.options(delay="1h").submit
        results = await asyncio.gather(*[submit() for _ in range(5)], return_exceptions=True)
        assert [type(result) for result in results if isinstance(result, BaseException)] == [QueueFull, QueueFull]
        assert await total(node) == 3
