"""Handles: updates, waiting; and Jindu inside another application."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from jindu import App, Context, JobError, NotOpen


async def test_updates_tell_the_story_to_its_end_and_stop(app: App) -> None:
    @app.job(stages=["read", "think"], pace=0)
    async def work(ctx: Context) -> str:
        async with ctx.stage("read"):
            ctx.partial(1, key="a")
        async with ctx.stage("think"):
            ctx.partial(2, key="b")
        return "done"

    async with app.open():
        job = await work.submit()
        async with asyncio.timeout(5):
            told = [update async for update in job.updates()]
    assert [(update.key, update.data) for update in told if update.kind == "result"] == [("a", 1), ("b", 2)]
    assert told[-1].kind == "complete"
    assert told[-1].state["result"] == "done"
    assert [update.seq for update in told] == sorted({update.seq for update in told})


async def test_a_late_watcher_gets_the_results_and_the_end(app: App) -> None:
    @app.job
    async def work(ctx: Context) -> None:
        for number in range(100):
            ctx.partial(number)
        raise JobError("DIAGNOSIS_FAILED")

    async with app.open():
        job = await work.submit()
        with pytest.raises(JobError):
            await job.wait(10)
        async with asyncio.timeout(5):
            told = [update async for update in job.updates()]
    assert [update.data for update in told if update.kind == "result"] == list(range(100))
    assert [update.kind for update in told if update.kind != "result"] == ["error"]


async def test_many_watch_one_job(app: App) -> None:
    door = asyncio.Event()

    @app.job
    async def work(ctx: Context) -> str:
        await door.wait()
        ctx.partial(1)
        return "x"

    async def watch() -> list[str]:
        return [update.kind async for update in job.updates() if update.kind != "progress"]

    async with app.open() as node:
        job = await work.submit()
        watchers = [asyncio.create_task(watch()) for _ in range(20)]
        await asyncio.sleep(0)
        door.set()
        async with asyncio.timeout(5):
            assert await asyncio.gather(*watchers) == [["result", "complete"]] * 20
        assert node.hub._topics == {}


async def test_waiting_in_vain_does_not_cancel_the_job(app: App) -> None:
    door = asyncio.Event()

    @app.job
    async def work() -> str:
        await door.wait()
        return "done"

    async with app.open() as node:
        job = await work.submit()
        with pytest.raises(TimeoutError):
            await job.wait(0.05)
        assert node.hub._topics == {}
        door.set()
        assert await job.wait(5) == "done"


async def test_a_failure_is_raised_with_its_code_and_delay(app: App) -> None:
    @app.job
    async def work() -> None:
        raise JobError("AI_QUOTA_EXHAUSTED", "the operator's detail", retry_after=60)

    async with app.open():
        with pytest.raises(JobError) as failed:
            await (await work.submit()).wait(5)
    assert (failed.value.code, failed.value.retry_after, failed.value.detail) == ("AI_QUOTA_EXHAUSTED", 60, "")


async def test_who_waits_for_a_job_is_told_when_the_app_closes(app: App) -> None:
    begun = asyncio.Event()

    @app.job
    async def work() -> None:
        begun.set()
        await asyncio.Event().wait()

    async with app.open():
        job = await work.submit()
        waiting = asyncio.create_task(job.wait())
        await asyncio.wait_for(begun.wait(), 5)
    with pytest.raises(NotOpen, match="goes on when the app is opened again"):
        await asyncio.wait_for(waiting, 5)


def host(app: App) -> tuple[Starlette, list[str]]:
    told: list[str] = []

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[dict[str, Any]]:
        told.append("opened, Jindu " + ("ready" if app._node else "not yet"))
        yield {"theirs": "kept"}
        told.append("closed, Jindu " + ("still ready" if app._node else "gone"))

    async def hello(request: Request) -> JSONResponse:
        return JSONResponse({"state": request.state.theirs})

    return Starlette(routes=[Route("/hello", hello)], lifespan=lifespan), told


async def test_an_app_attached_to_starlette_opens_and_closes_with_it(app: App) -> None:
    @app.job
    async def double(number: int) -> int:
        return number * 2

    api, told = host(app)
    app.attach(api, "/jobs")
    with pytest.raises(NotOpen):
        await double.submit(1)
    async with api.router.lifespan_context(api) as state:
        assert state == {"theirs": "kept"}
        job = await double.submit(21)
        assert await job.wait(5) == 42
        transport = httpx.ASGITransport(app=api)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            answer = await client.get(f"/jobs/v1/jobs/{job.id}")
            assert (answer.status_code, answer.json()["result"]) == (200, 42)
    with pytest.raises(NotOpen):
        await double.submit(1)
    assert told == ["opened, Jindu ready", "closed, Jindu still ready"]


async def test_an_error_inside_the_opened_app_comes_out_as_it_is(app: App) -> None:
    with pytest.raises(LookupError, match="mine"):
        async with app.open():
            raise LookupError("mine")


async def test_a_token_of_a_handle_opens_that_job_and_is_the_same_each_time(app: App) -> None:
    @app.job
    async def work() -> str:
        return "done"

    async with app.open() as node:
        job, other = await work.submit(), await work.submit()
        assert job.token() == job.token() != other.token()
        watching, cancelling = node.keyring.admit(job.token()), node.keyring.admit(job.token(cancel=True, ttl="1h"))
        assert watching is not None
        assert cancelling is not None
        assert watching.channels == cancelling.channels == {f"job:{job.id}"}
        assert (watching.scopes, watching.expires_at) == ({"watch"}, None)
        assert cancelling.scopes == {"watch", "cancel"}
        assert cancelling.expires_at == pytest.approx(node.clock.wall() + 3600, abs=60)
