"""Bodies on the loop and in threads: what they return and what they raise is their job's matter, never the server's."""

import asyncio
import math
import threading
from datetime import timedelta
from typing import Any

import pytest

from jindu import App, Context, JobError
from jindu.handles import Handle


async def ended(job: Handle[Any]) -> dict[str, Any]:
    async with asyncio.timeout(10):
        return [update async for update in job.updates()][-1].state


async def test_a_coroutine_runs_on_the_loop_and_a_plain_function_in_a_thread(app: App) -> None:
    @app.job
    async def on_loop() -> bool:
        return threading.current_thread() is threading.main_thread()

    @app.job
    def in_thread() -> bool:
        return threading.current_thread() is threading.main_thread()

    async with app.open():
        assert await (await on_loop.submit()).wait(5) is True
        assert await (await in_thread.submit()).wait(5) is False


async def test_a_thread_does_not_block_the_loop(app: App) -> None:
    door = threading.Event()

    @app.job
    def slow() -> str:
        assert door.wait(5)
        return "slow"

    @app.job
    async def fast() -> str:
        return "fast"

    async with app.open():
        job = await slow.submit()
        assert await (await fast.submit()).wait(5) == "fast"
        door.set()
        assert await job.wait(5) == "slow"


RAISED = [
    SystemExit,
    KeyboardInterrupt,
    GeneratorExit,
    MemoryError,
    RecursionError,
    asyncio.CancelledError,
    StopIteration,
    StopAsyncIteration,
    BaseException,
    lambda: BaseExceptionGroup("several", [SystemExit(1), KeyboardInterrupt()]),
]


@pytest.mark.parametrize("sync", [False, True])
@pytest.mark.parametrize("make", RAISED)
@pytest.mark.promise("deadly_bodies")
async def test_whatever_a_body_raises_fails_its_job_and_the_server_goes_on(app: App, make: Any, sync: bool) -> None:
    @app.job(name="thread")
    def in_thread(ctx: Context) -> None:
        ctx.partial("kept")
        raise make()

    @app.job(name="loop")
    async def on_loop(ctx: Context) -> None:
        ctx.partial("kept")
        raise make()

    @app.job
    async def other() -> int:
        return 1

    async with app.open() as node:
        job = await (in_thread if sync else on_loop).submit()
        end = await ended(job)
        assert (end["status"], end["error"]["code"], end["results"]) == ("failed", "INTERNAL_ERROR", 1)
        assert await (await other.submit()).wait(5) == 1
        assert node.ready is None


@pytest.mark.promise("deadly_bodies")
async def test_an_endless_recursion_is_that_jobs_failure(app: App) -> None:
    def deeper(level: int) -> int:
        return deeper(level + 1) + 1

    @app.job
    async def on_loop() -> int:
        return deeper(0)

    @app.job
    def in_thread() -> int:
        return deeper(0)

    async with app.open() as node:
        for job in (await on_loop.submit(), await in_thread.submit()):
            assert (await ended(job))["error"]["code"] == "INTERNAL_ERROR"
        assert node.ready is None


def ring() -> list[Any]:
    value: list[Any] = []
    value.append(value)
    return value


def deep(levels: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(levels):
        value = [value]
    return value


UNFIT = [
    (math.nan, "RESULT_NOT_JSON"),
    ({"a": [1.0, -math.inf]}, "RESULT_NOT_JSON"),
    (object(), "RESULT_NOT_JSON"),
    ({1: 2}, "RESULT_NOT_JSON"),
    ("\ud800", "RESULT_NOT_JSON"),
    (2**70, "RESULT_NOT_JSON"),
    (ring(), "RESULT_NOT_JSON"),
    ("x" * (1024 * 1024), "RESULT_TOO_LARGE"),
]


@pytest.mark.parametrize("sync", [False, True])
@pytest.mark.parametrize(("value", "code"), UNFIT, ids=[str(number) for number in range(len(UNFIT))])
async def test_a_result_that_cannot_be_kept_fails_kindly_with_partial_results_kept(
    app: App, value: Any, code: str, sync: bool
) -> None:
    @app.job(name="thread")
    def in_thread(ctx: Context) -> Any:
        ctx.partial("kept")
        return value

    @app.job(name="loop")
    async def on_loop(ctx: Context) -> Any:
        ctx.partial("kept")
        return value

    async with app.open() as node:
        job = await (in_thread if sync else on_loop).submit()
        end = await ended(job)
        assert (end["status"], end["error"]["code"], end["results"]) == ("failed", code, 1)
        assert [kept.data for kept in await node.jobs.results(job.id)] == [b'"kept"']
        assert "zh" in end["error"]["message"]


async def test_a_result_is_never_kept_that_cannot_be_read(app: App) -> None:
    @app.job
    async def work(levels: int) -> Any:
        return deep(levels)

    async with app.open():
        assert await (await work.submit(20)).wait(5) == deep(20)
        end = await ended(await work.submit(60))
        assert end["error"]["code"] == "RESULT_NOT_JSON"


async def test_a_result_of_just_a_mebibyte_is_kept(app: App) -> None:
    @app.job
    async def work() -> str:
        return "x" * (1024 * 1024 - 2)

    async with app.open():
        assert len(await (await work.submit()).wait(5)) == 1024 * 1024 - 2


class Liar(JobError):
    def __str__(self) -> str:
        raise RuntimeError("no text")


ODD_ERRORS: list[tuple[str, Any]] = [
    ("unknown code", lambda: JobError("NO_SUCH_CODE")),
    ("a code that is no text", lambda: JobError(["a"])),  # type: ignore[arg-type]
    ("no number", lambda: JobError("NETWORK_ERROR", retry_after=timedelta(seconds=1))),  # type: ignore[arg-type]
    ("text", lambda: JobError("NETWORK_ERROR", retry_after="soon")),  # type: ignore[arg-type]
    ("nan", lambda: JobError("NETWORK_ERROR", retry_after=math.nan)),
    ("no text", lambda: Liar("NETWORK_ERROR")),
]


@pytest.mark.parametrize("make", [make for _, make in ODD_ERRORS], ids=[name for name, _ in ODD_ERRORS])
async def test_an_odd_error_ends_its_job_and_nothing_else(app: App, make: Any) -> None:
    @app.job
    async def work() -> None:
        raise make()

    @app.job
    async def other() -> int:
        return 1

    async with app.open() as node:
        job = await work.submit()
        assert (await ended(job))["status"] == "failed"
        assert await (await other.submit()).wait(5) == 1
        assert node.ready is None


async def test_nothing_of_an_exceptions_text_reaches_people(app: App) -> None:
    @app.job
    async def work() -> None:
        raise ValueError("password=canary")

    async with app.open() as node:
        job = await work.submit()
        assert "canary" not in str(await ended(job))
        assert "canary" not in str((await node.jobs.read(job.id)).job)


async def test_a_body_that_cancels_itself_without_a_wish_is_a_failure(app: App) -> None:
    @app.job
    async def work() -> None:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        await asyncio.sleep(0)

    async with app.open() as node:
        assert (await ended(await work.submit()))["status"] == "failed"
        assert node.ready is None
