"""Ten thousand jobs in one store: pages by cursor hold while jobs arrive and others go."""

import asyncio
from pathlib import Path
from typing import Any

import httpx

from contract.stories import NOW, kept, moves, running, submit
from jindu.core import events as ev
from jindu.core.clock import SystemClock
from jindu.store.sqlite.store import SqliteStore
from support.server import ServerProcess

JOBS = 10_000
ARRIVING = 20  # jobs for each page that is read


def named(number: int) -> str:
    return f"TENTHOUSAND{number:015}"


async def fill(path: Path) -> None:
    """Straight into the store. Many share their time of creation, so that pages end between equals."""
    began = SystemClock().wall() - 3600
    async with running(await SqliteStore.open(path, SystemClock())) as store:
        for start in range(0, JOBS, 500):
            changes = []
            for number in range(start, start + 500):
                new = submit("pouring", id=named(number), at=began + number // 30, params=b'{"results":0}')
                changes += [new, *moves(new.job, ev.Claimed(NOW, "b"), ev.Returned(NOW, b"0"))]
            await kept(store, *changes)


async def arrive(http: httpx.AsyncClient, number: int) -> None:
    body = {"type": "pouring", "params": {"results": 1}}
    answers = await asyncio.gather(*(http.post("/v1/jobs", json=body) for _ in range(number)))
    assert {answer.status_code for answer in answers} == {202}


async def pages(http: httpx.AsyncClient, limit: int, **query: str) -> list[dict[str, Any]]:
    """All pages from the newest to the oldest, as a reader takes them while jobs are submitted."""
    items: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        answer = await http.get("/v1/jobs", params={"limit": limit, **query, **cursor})
        body = answer.json()
        assert len(body["items"]) == limit or body["next_cursor"] is None
        assert ("next" in answer.links) == (body["next_cursor"] is not None)
        items += body["items"]
        if body["next_cursor"] is None:
            return items
        cursor = {"cursor": body["next_cursor"]}
        await arrive(http, ARRIVING)


async def test_pages_hold_while_jobs_arrive(tmp_path: Path) -> None:
    await fill(tmp_path / "jindu.db")
    with ServerProcess("journeys.journey_jobs:app", tmp_path) as server:
        async with httpx.AsyncClient(base_url=server.url, timeout=30) as http, asyncio.timeout(100):
            before = {named(number) for number in range(JOBS)}
            for limit, query in ((997, {}), (1000, {"type": "pouring"}), (1000, {"status": "completed"})):
                items = await pages(http, limit, **query)
                ids = [item["id"] for item in items]
                assert len(set(ids)) == len(ids), "none twice"
                assert before <= set(ids), "none missing"
                places = [(item["created_at"], item["id"]) for item in items]
                assert places == sorted(places, reverse=True)
            assert "next_cursor" in (await http.get("/v1/jobs")).json()
            assert (await http.get(f"/v1/jobs/{named(0)}")).json()["status"] == "completed"
