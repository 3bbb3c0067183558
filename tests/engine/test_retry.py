"""Attempts: by error type, with back-off, counted."""

import asyncio
from itertools import pairwise
from typing import Any

import pytest

from jindu import App, CommandTimeout, Context, JobError, JobTimeout, Retry
from jindu.core import backoff
from jindu.core.states import Status
from jindu.handles import Handle


async def ended(job: Handle[Any]) -> dict[str, Any]:
    async with asyncio.timeout(10):
        return [update async for update in job.updates()][-1].state


async def test_without_retry_a_job_is_tried_once(app: App) -> None:
    tried: list[int] = []

    @app.job
    async def work(ctx: Context) -> None:
        tried.append(ctx.attempt)
        raise ConnectionError

    async with app.open():
        end = await ended(await work.submit())
    assert (tried, end["error"]["code"], end["error"]["retryable"]) == ([1], "NETWORK_ERROR", True)


async def test_attempts_are_counted_and_end(app: App) -> None:
    tried: list[int] = []

    @app.job(retry=Retry(attempts=3, base=0, cap=0))
    async def work(ctx: Context) -> None:
        tried.append(ctx.attempt)
        raise ConnectionError

    async with app.open():
        end = await ended(await work.submit())
    assert tried == [1, 2, 3]
    assert (end["status"], end["attempt"], end["max_attempts"]) == ("failed", 3, 3)


@pytest.mark.parametrize(
    ("make", "attempts"),
    [
        (lambda: ConnectionError(), 2),
        (lambda: TimeoutError(), 2),
        (lambda: JobTimeout(), 2),
        (lambda: CommandTimeout(), 2),
        (lambda: JobError("AI_PLATFORM_ERROR"), 2),
        (lambda: ValueError(), 2),
        (lambda: JobError("AI_QUOTA_EXHAUSTED"), 1),
        (lambda: JobError("DIAGNOSIS_FAILED"), 1),
        (lambda: JobError("AI_QUOTA_EXHAUSTED", retry_after=0), 2),
    ],
)
async def test_only_a_retryable_error_is_tried_again(app: App, make: Any, attempts: int) -> None:
    @app.job(retry=Retry(attempts=2, base=0, cap=0))
    async def work() -> None:
        raise make()

    async with app.open():
        end = await ended(await work.submit())
    assert (end["status"], end["attempt"]) == ("failed", attempts)


async def test_a_rule_of_the_application_decides(app: App) -> None:
    app.errors.add("OVEN_COLD", title={"zh": "冷", "en": "Cold"}, message={"zh": "冷", "en": "Cold"}, retryable=False)
    app.errors.map(ConnectionRefusedError, "OVEN_COLD")

    @app.job(retry=Retry(attempts=3, base=0, cap=0))
    async def work() -> None:
        raise ConnectionRefusedError

    async with app.open():
        end = await ended(await work.submit())
    assert (end["attempt"], end["error"]["code"], end["error"]["title"]["en"]) == (1, "OVEN_COLD", "Cold")


async def test_between_attempts_a_job_is_pending_and_says_when_the_next_comes(app: App) -> None:
    @app.job(retry=Retry(attempts=2, base=0, cap=0))
    async def work() -> None:
        raise JobError("AI_PLATFORM_ERROR", retry_after=60)

    async with app.open() as node:
        job = await work.submit()
        async with asyncio.timeout(5):
            async for update in job.updates():
                if update.state["attempt"] == 2:
                    break
        record = (await node.jobs.read(job.id)).job
        assert record.status is Status.PENDING
        assert record.retry_at is not None
        # The delay that the raiser asked for is the least wait.
        assert 60 <= record.retry_at - record.updated_at < 61
        assert update.state["retry_at"] is not None
        await job.cancel()
        assert (await ended(job))["status"] == "cancelled"


async def test_the_wait_doubles_up_to_its_cap(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backoff.random, "uniform", lambda low, high: high)
    begun: list[float] = []

    @app.job(retry=Retry(attempts=4, base="50ms", cap="100ms"))
    async def work() -> None:
        begun.append(asyncio.get_running_loop().time())
        raise ConnectionError

    async with app.open():
        await ended(await work.submit())
    waits = [later - earlier for earlier, later in pairwise(begun)]
    assert [0.04 < waits[0] < 1, 0.09 < waits[1] < 1, 0.09 < waits[2] < 1] == [True] * 3


async def test_a_success_after_a_failure_shows_no_error(app: App) -> None:
    @app.job(retry=Retry(attempts=2, base=0, cap=0))
    async def work(ctx: Context) -> str:
        if ctx.attempt == 1:
            raise ConnectionError
        return "fine"

    async with app.open() as node:
        job = await work.submit()
        assert await job.wait(5) == "fine"
        record = (await node.jobs.read(job.id)).job
    assert (record.error, record.attempt, record.run, record.reached) == (None, 2, 2, None)


async def test_a_failed_job_has_progress_0_and_says_how_far_it_came(app: App) -> None:
    @app.job(pace=0)
    async def work(ctx: Context) -> None:
        ctx.progress(40)
        raise ConnectionError

    async with app.open():
        end = await ended(await work.submit())
    assert (end["progress"], end["stage"], end["reached"], end["is_completed"]) == (0.0, "failed", 40.0, True)
