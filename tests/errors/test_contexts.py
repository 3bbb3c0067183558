"""What operators are told of each failed attempt, and what people are told about the next one."""

import asyncio
from typing import Any

import httpx
import pytest

from errors.platform import Platform
from errors.world import ended, face
from jindu import App, Context, JobError, Retry
from jindu.core.contexts import MESSAGE_CHARS, TRACEBACK_CHARS, ContextQuery, Raised
from jindu.engine.contexts import raised_by


async def test_each_attempt_is_noted_with_where_it_failed(app: App) -> None:
    @app.job(stages=["read", "think"], retry=Retry(attempts=2, base=0, cap=0))
    async def work(ctx: Context) -> None:
        async with ctx.stage("read"):
            if ctx.attempt == 1:
                raise ConnectionResetError("first canary-4711")
        async with ctx.stage("think"):
            raise KeyError("second")

    async with app.open() as node, face(app, node) as http:
        job = await work.submit()
        error = (await ended(job))["error"]
        listed = (await http.get("/v1/errors", params={"job": job.id})).json()["items"]
        assert [(one["id"], one["attempt"], one["run"], one["stage"], one["code"], one["exception"]) for one in listed] == [
            (error["id"], 2, 2, "think", "INTERNAL_ERROR", "KeyError"),
            (f"{job.id}-1", 1, 1, "read", "NETWORK_ERROR", "ConnectionResetError"),
        ]
        assert [one["message"] for one in listed] == ["'second'", "first canary-4711"]
        whole = (await http.get(f"/v1/errors/{job.id}-1")).json()
        assert whole.pop("traceback").splitlines()[-1] == "ConnectionResetError: first canary-4711"
        assert whole == listed[1]
        assert (await http.get("/v1/errors", params={"code": "NETWORK_ERROR"})).json()["items"] == listed[1:]
        assert (await http.get("/v1/errors", params={"limit": 1})).json()["items"] == listed[:1]
        assert (await http.get("/v1/errors", params={"job": "other"})).json()["items"] == []


async def test_what_is_told_to_people_is_there_for_operators_at_once(app: App) -> None:
    @app.job
    async def work() -> None:
        raise ValueError

    async with app.open() as node:
        for _ in range(5):
            error = (await ended(await work.submit()))["error"]
            assert await node.store.context(error["id"]) is not None


@pytest.mark.parametrize("wish", ["cancel", "complete"])
async def test_what_did_not_fail_leaves_nothing(app: App, wish: str) -> None:
    begun = asyncio.Event()

    @app.job
    async def work() -> None:
        begun.set()
        if wish == "cancel":
            await asyncio.Event().wait()

    async with app.open() as node:
        job = await work.submit()
        await asyncio.wait_for(begun.wait(), 10)
        if wish == "cancel":
            await job.cancel()
        await ended(job)
        assert await node.store.contexts(ContextQuery()) == []


async def test_the_delay_of_a_platform_is_honoured_and_told(app: App, upstream: Platform) -> None:
    asked: list[int] = []

    @app.job(retry=Retry(attempts=3, base=0, cap=0))
    async def ask(ctx: Context) -> None:
        asked.append(ctx.attempt)
        async with httpx.AsyncClient() as client:
            (await client.get(upstream.url(429, retry_after="60"))).raise_for_status()

    async with app.open() as node, face(app, node) as http:
        job = await ask.submit()
        async with asyncio.timeout(10):
            async for update in job.updates():
                if update.state["attempt"] == 2:
                    break
        record = (await node.jobs.read(job.id)).job
        assert record.retry_at is not None
        assert 60 <= record.retry_at - record.updated_at < 61
        shown = (await http.get(f"/v1/jobs/{job.id}")).json()
        assert (shown["status"], shown["retry_at"], update.state["retry_at"]) == (
            "pending",
            shown["retry_at"],
            shown["retry_at"],
        )
        assert shown["retry_at"] is not None
        why = (await http.get(f"/v1/jobs/{job.id}/why")).json()["reasons"]
        assert why
        assert asked == [1]
        await job.cancel()


async def test_a_short_delay_of_a_platform_is_waited_for_and_then_it_goes_on(app: App, upstream: Platform) -> None:
    @app.job(retry=Retry(attempts=2, base=0, cap=0))
    async def ask(ctx: Context) -> int:
        if ctx.attempt == 1:
            async with httpx.AsyncClient() as client:
                (await client.get(upstream.url(429, retry_after="0.1"))).raise_for_status()
        return ctx.attempt

    async with app.open():
        assert await (await ask.submit()).wait(10) == 2


@pytest.mark.parametrize("status", [401, 402, 429])
async def test_what_another_attempt_cannot_help_is_not_tried_again(app: App, upstream: Platform, status: int) -> None:
    body: Any = {"error": {"code": "insufficient_quota"}} if status == 429 else ""

    @app.job(retry=Retry(attempts=3, base=0, cap=0))
    async def ask() -> None:
        async with httpx.AsyncClient() as client:
            (await client.get(upstream.url(status, body, retry_after="0"))).raise_for_status()

    async with app.open():
        end = await ended(await ask.submit())
    assert (end["attempt"], end["error"]["retryable"], end["error"]["retry_after"]) == (1, False, None)


def test_what_is_too_long_loses_its_middle_and_no_secret_is_cut_in_two() -> None:
    key = "sk-0123456789abcdef0123456789"
    raised = Raised.of("X", f"{key} " * 9_000, f"begin {key} " + f"api_key={key} " * 9_000 + "end")
    assert len(raised.message) <= MESSAGE_CHARS + 1
    assert len(raised.traceback) <= TRACEBACK_CHARS + 3
    assert raised.traceback.startswith("begin ***")
    assert raised.traceback.endswith("end")
    for part in ("0123", "cdef", "6789"):
        assert part not in raised.message + raised.traceback


def test_an_exception_may_be_as_odd_as_it_likes() -> None:
    class Odd(Exception):
        def __str__(self) -> str:
            raise SystemExit

    assert raised_by(Odd()).message == ""
    assert raised_by(JobError("X", "half \ud800")).message == "X: half ?"
    group = ExceptionGroup("many", [ValueError("one"), KeyError("two")])
    assert "ValueError: one" in raised_by(group).traceback
    assert raised_by(Odd()).exception.endswith("Odd")
