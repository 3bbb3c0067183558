"""Jobs in motion answered from memory: as from the routes, never an old answer, and only to those who may see it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.types import Message

from jindu import App, Context
from jindu.core.access import OPEN, Caller, Scope
from jindu.core.advice import QUIET_AFTER
from jindu.core.clock import ManualClock
from jindu.engine.options import Options
from jindu.node import Node, open_node
from jindu.settings import Settings
from jindu.web import access
from jindu.web.live import Live


@asynccontextmanager
async def running(folder: Path, clock: ManualClock) -> AsyncIterator[tuple[Node, str, Callable[[float], Awaitable[None]]]]:
    """A node, a job that runs on it, and what makes it report."""
    app, told = App(), asyncio.Queue[float]()

    @app.job(pace=0)
    async def moves(ctx: Context) -> None:
        while True:
            ctx.progress(await told.get())

    settings = Settings(store=f"sqlite:///{folder}/jindu.db", grace=0)
    async with open_node(app.registry, app.errors, settings, clock) as node:
        job = await node.jobs.submit(node.jobs.type("moves"), b"{}", Options())

        async def to(percent: float) -> None:
            told.put_nowait(percent)
            while (seen := node.journal.visible(job.id)) is None or seen.progress != percent:
                await asyncio.sleep(0.001)

        await to(10.0)
        yield node, job.id, to


@pytest.fixture
def held(http: httpx.Client) -> Iterator[str]:
    """A job that runs, and has reported without partial results."""
    job = http.post("/v1/jobs", json={"type": "still"}).json()["id"]
    while http.get(f"/v1/jobs/{job}").json()["progress"] != 10:
        pass
    yield job
    http.post(f"/v1/jobs/{job}/cancel")


def test_memory_and_routes_answer_alike(http: httpx.Client, held: str) -> None:
    memory, routes = http.get(f"/v1/jobs/{held}"), http.get(f"/v1/jobs/{held}", params={"anything": 1})
    advice = {"eta": None, "poll_after_ms": None}  # as of the moment
    assert {**memory.json(), **advice} == {**routes.json(), **advice}
    told = {"date": "", "retry-after": "", "content-length": ""}
    assert {**memory.headers, **told} == {**routes.headers, **told}


def test_who_holds_the_newest_is_told_so_alike(http: httpx.Client, held: str) -> None:
    tag = http.get(f"/v1/jobs/{held}").headers["etag"]
    answers = [http.get(f"/v1/jobs/{held}", params=query, headers={"If-None-Match": tag}) for query in ({}, {"anything": 1})]
    assert [(answer.status_code, answer.content) for answer in answers] == [(304, b""), (304, b"")]
    assert {**answers[0].headers, "date": ""} == {**answers[1].headers, "date": ""}
    assert http.get(f"/v1/jobs/{held}", headers={"If-None-Match": '"elsewhere:1"'}).status_code == 200


class Asking:
    """`Live` before an application that only notes that it was asked."""

    def __init__(self, node: Node) -> None:
        self.passed_on = 0
        self._live = Live(self._behind)
        self._app = type("Served", (), {"state": type("State", (), {"node": node})})

    async def _behind(self, *_: Any) -> None:
        self.passed_on += 1

    async def get(self, job_id: str, who: Caller | None = OPEN, **headers: str) -> list[Message]:
        sent: list[Message] = []

        async def send(message: Message) -> None:
            sent.append(message)

        named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        scope = {"type": "http", "method": "GET", "path": f"/v1/jobs/{job_id}", "query_string": b"", "headers": named}
        await self._live({**scope, "app": self._app, access.CALLER: who}, send, send)  # type: ignore[arg-type]
        return sent


async def test_one_answer_for_all_until_the_job_moves(tmp_path: Path) -> None:
    clock = ManualClock()
    async with running(tmp_path, clock) as (node, job, to):
        asking = Asking(node)
        first, again = await asking.get(job), await asking.get(job)
        assert again[1]["body"] is first[1]["body"]
        await to(50.0)
        moved = await asking.get(job)
        assert b'"progress":50' in moved[1]["body"]
        tag = dict(moved[0]["headers"])[b"etag"].decode()
        assert [message.get("status") for message in await asking.get(job, if_none_match=tag)] == [304, None]
        assert asking.passed_on == 0


async def test_a_job_that_keeps_still_is_to_be_asked_for_less_often(tmp_path: Path) -> None:
    clock = ManualClock()
    async with running(tmp_path, clock) as (node, job, _):
        asking = Asking(node)
        assert b'"poll_after_ms":1000' in (await asking.get(job))[1]["body"]
        clock.advance(QUIET_AFTER + 1)
        later = await asking.get(job)
        assert b'"poll_after_ms":10000' in later[1]["body"], "it took so long for a tenth of its way"
        assert dict(later[0]["headers"])[b"retry-after"] == b"10"


async def test_who_may_not_see_it_is_left_to_the_routes(tmp_path: Path) -> None:
    async with running(tmp_path, ManualClock()) as (node, job, _):
        asking = Asking(node)
        watch = frozenset({Scope.WATCH})
        other = Caller(watch, channels=frozenset({"job:x"}))
        strangers = [None, Caller(frozenset({Scope.SUBMIT})), Caller(watch, owner="else"), other]
        for stranger in strangers:
            assert await asking.get(job, stranger) == []
        assert asking.passed_on == len(strangers)
        assert len(await asking.get(job, Caller(watch, channels=frozenset({f"job:{job}"})))) == 2
