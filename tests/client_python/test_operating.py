"""Logs, types and cleaning up, told to both clients: what is asked, and what comes out."""

import asyncio
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from client_python.hostile_server import Answer, Asked, HostileServer
from client_python.stories import JOB, telling, told
from jindu_client import AsyncClient, Client, NotFound, Unavailable

STORY = told(6)
LINES = [{"seq": number, "at": "2026-01-31T12:00:00Z", "line": f"line {number}"} for number in range(1, 8)]
Asking = Callable[[str], Any]


def listed(follow: bool) -> list[Asking]:
    def blocking(url: str) -> list[Any]:
        with Client(url) as client:
            return list(client.log(JOB, follow=follow))

    def by_asyncio(url: str) -> list[Any]:
        async def ask() -> list[Any]:
            async with AsyncClient(url) as client:
                return [line async for line in client.log(JOB, follow=follow)]

        return asyncio.run(ask())

    return [blocking, by_asyncio]


def asked_after(asked: Asked) -> int:
    return int(parse_qs(urlsplit(asked.path).query)["after"][0])


def pages(asked: Asked) -> Answer:
    """Two lines at a time."""
    after = asked_after(asked)
    items = LINES[after : after + 2]
    return Answer(200, {"id": JOB, "items": items, "next_after": items[-1]["seq"] if after + 2 < len(LINES) else None})


@pytest.mark.parametrize("ask", listed(follow=False), ids=["blocking", "asyncio"])
def test_a_log_is_read_page_by_page(ask: Asking) -> None:
    with HostileServer(answers=pages) as server:
        assert ask(server.url) == LINES
    assert [asked_after(asked) for asked in server.asked] == [0, 2, 4, 6]


@pytest.mark.parametrize("ask", listed(follow=True), ids=["blocking", "asyncio"])
def test_a_followed_log_has_each_line_once_though_answers_fail(ask: Asking) -> None:
    answers = iter([503, 1, 503, 3])  # a refusal, or how many lines there are by then; at last all of them

    def growing(asked: Asked) -> Answer:
        there = next(answers, len(LINES))
        if there == 503:
            return Answer(503, {"code": "NOT_READY"})
        return Answer(200, {"id": JOB, "items": LINES[asked_after(asked) : there], "next_after": None})

    with HostileServer(telling(STORY), answers=growing) as server:
        assert ask(server.url) == LINES


@pytest.mark.parametrize("ask", listed(follow=True), ids=["blocking", "asyncio"])
def test_a_log_that_cannot_be_read_to_its_end_says_so(ask: Asking) -> None:
    with HostileServer(telling(STORY), answers=lambda asked: Answer(503, {"code": "NOT_READY"})) as server:
        with pytest.raises(Unavailable):
            ask(server.url)


@pytest.mark.parametrize("ask", listed(follow=False), ids=["blocking", "asyncio"])
def test_a_log_of_nothing(ask: Asking) -> None:
    with HostileServer(answers=lambda asked: Answer(404, {"code": "NOT_FOUND"})) as server, pytest.raises(NotFound):
        ask(server.url)


def operated(asked: Asked) -> Answer:
    if asked.method == "DELETE":
        return Answer(200, {"removed": 3})
    name = asked.path.rpartition("/")[2]
    return Answer(200, {"items": [{"type": "a b"}]} if name == "types" else {"type": "a b", "paused": name == "pause"})


def test_types_pause_resume_and_cleanup() -> None:
    async def ask(url: str) -> list[Any]:
        async with AsyncClient(url) as client:
            switched = [await client.pause("a b"), await client.resume("a b")]
            return [await client.types(), *switched, await client.cleanup("7d", "failed"), await client.cleanup(60)]

    with HostileServer(answers=operated) as server:
        with Client(server.url) as client:
            switched = [client.pause("a b"), client.resume("a b")]
            answers = [client.types(), *switched, client.cleanup("7d", "failed"), client.cleanup(60)]
        assert answers == asyncio.run(ask(server.url))
    assert answers == [[{"type": "a b"}], {"type": "a b", "paused": True}, {"type": "a b", "paused": False}, 3, 3]
    assert [(asked.method, asked.path) for asked in server.asked[:5]] == [
        ("POST", "/v1/types/a%20b/pause"),
        ("POST", "/v1/types/a%20b/resume"),
        ("GET", "/v1/types"),
        ("DELETE", "/v1/jobs?older_than=7d&status=failed"),
        ("DELETE", "/v1/jobs?older_than=60"),
    ]
    assert len(server.asked) == 10
