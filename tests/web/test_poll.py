"""`/v1/poll` end to end, and one job over all transports at once (PROTOCOL section 4)."""

import asyncio
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from support.events import events
from support.rawclient import Held, frames, opening
from support.server import ServerProcess

pytestmark = pytest.mark.timeout(90)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with ServerProcess("journeys.journey_jobs:app", tmp_path_factory.mktemp("poll")) as process:
        yield process


def submitted(server: ServerProcess, kind: str, **params: Any) -> str:
    answer = httpx.post(f"{server.url}/v1/jobs", json={"type": kind, "params": params})
    assert answer.status_code == 202, answer.text
    job_id: str = answer.json()["id"]
    return job_id


async def polled(http: httpx.AsyncClient, held: Held, *, post: bool = False, wait: float = 25) -> list[dict[str, Any]]:
    channel = f"job:{held.job_id}"
    if post:
        body = {"channels": {channel: held.seq}, "epoch": held.epoch, "wait": wait}
        answer = await http.post("/v1/poll", json=body)
    else:
        params = {"channels": f"{channel}@{held.seq}", "epoch": held.epoch, "wait": str(wait)}
        answer = await http.get("/v1/poll", params=params)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    assert len(answer.content) <= 256 * 1024 + 400
    seen: list[dict[str, Any]] = answer.json()
    for frame in seen:
        held.fold(frame)
    return seen


@pytest.mark.parametrize("post", [False, True])
async def test_300_results_arrive_in_order_once_poll_by_poll(server: ServerProcess, post: bool) -> None:
    held = Held(submitted(server, "pouring", results=300))
    async with asyncio.timeout(60), httpx.AsyncClient(base_url=server.url, timeout=60) as http:
        while (seen := await polled(http, held, post=post))[-1]["type"] != "bye":
            assert seen[0]["type"] == "hello"
            assert "subscribed" not in {frame["type"] for frame in seen}
        assert (seen[-1]["code"], seen[-1]["stop"]) == (1000, True)
        assert [key for key, _ in held.order] == [f"k{number}" for number in range(300)]
        assert (held.resets, len(held.ends)) == (0, 1)
        again = await polled(http, held, post=post)
    assert [frame["type"] for frame in again] == ["hello", "bye"]


async def test_more_than_256_kib_comes_in_parts(tmp_path: Path) -> None:
    with ServerProcess("web.wide_jobs:app", tmp_path) as server:
        held = Held(submitted(server, "wide", results=60, hold=False))
        cut = 0
        async with asyncio.timeout(60), httpx.AsyncClient(base_url=server.url, timeout=60) as http:
            await asyncio.to_thread(_ended, server, held.job_id)
            while (seen := await polled(http, held))[-1]["type"] != "bye":
                assert seen[0]["more"] is True
                cut += 1
    assert cut >= 60 * 20_000 // (256 * 1024)
    assert [key for key, _ in held.order] == [str(number) for number in range(60)]
    assert len(held.ends) == 1


def _ended(server: ServerProcess, job_id: str) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if httpx.get(f"{server.url}/v1/jobs/{job_id}").json()["is_completed"]:
            return
    raise AssertionError("the job did not end")


async def test_it_waits_for_a_change_and_no_longer_than_asked(server: ServerProcess) -> None:
    held = Held(submitted(server, "waiting"))
    async with asyncio.timeout(60), httpx.AsyncClient(base_url=server.url, timeout=60) as http:
        while held.state.get("message") != "waiting":
            await polled(http, held)
        assert [frame["type"] for frame in await polled(http, held, wait=0)] == ["hello"]
        before = time.monotonic()
        assert [frame["type"] for frame in await polled(http, held, wait=0.3)] == ["hello"]
        assert 0.3 <= time.monotonic() - before < 5
        waiting = asyncio.create_task(polled(http, held, wait=30))
        await http.post(f"/v1/jobs/{held.job_id}/cancel")
        await waiting
        while not held.ends:
            await polled(http, held)
    assert held.ends[0]["state"]["status"] == "cancelled"


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({}, "BAD_REQUEST"),
        ({"channels": "job:a", "wait": "61"}, "BAD_REQUEST"),
        ({"channels": f"job:a@{2**63}"}, "BAD_REQUEST"),
        ({"channels": "job:a@" + "9" * 5000}, "BAD_REQUEST"),
        ({"channels": "job:a", "wait": "-1"}, "BAD_REQUEST"),
        ({"channels": "job:a", "wait": "x"}, "BAD_REQUEST"),
        ({"channels": ",".join(f"job:{n}" for n in range(201))}, "TOO_MANY_CHANNELS"),
    ],
)
async def test_wrong_queries_are_400(server: ServerProcess, params: dict[str, str], code: str) -> None:
    answer = httpx.get(f"{server.url}/v1/poll", params=params)
    assert (answer.status_code, answer.json()["code"]) == (400, code)


@pytest.mark.parametrize("held", ["0005", "0" * 5000])
async def test_zeros_in_front_of_a_seq_do_no_harm(server: ServerProcess, held: str) -> None:
    answer = httpx.get(f"{server.url}/v1/poll", params={"channels": f"job:{'0' * 26}@{held}"})
    assert [frame["type"] for frame in answer.json()] == ["hello", "problem", "bye"]


@pytest.mark.parametrize("held", [2.0, 2, "2", 2.5, True])
async def test_a_seq_in_a_body_is_a_whole_number(server: ServerProcess, held: object) -> None:
    answer = httpx.post(f"{server.url}/v1/poll", json={"channels": {f"job:{'0' * 26}": held}})
    assert answer.status_code == (200 if held == 2 and not isinstance(held, bool) else 422)


@pytest.mark.parametrize("body", [b"", b"{", b"\xff"])
async def test_a_body_that_is_not_json_is_400(server: ServerProcess, body: bytes) -> None:
    answer = httpx.post(f"{server.url}/v1/poll", content=body, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (400, "NOT_JSON")


async def test_feeds_get_a_problem(server: ServerProcess) -> None:
    told = httpx.get(f"{server.url}/v1/poll", params={"channels": "jobs,owner:ann@example"}).json()
    assert [frame["type"] for frame in told] == ["hello", "problem", "problem", "bye"]
    assert [frame["channel"] for frame in told[1:3]] == ["jobs", "owner:ann@example"]


async def test_draining_answers_at_once(tmp_path: Path) -> None:
    with ServerProcess("journeys.journey_jobs:app", tmp_path, env={"JINDU_GRACE": "4"}) as server:
        held = Held(submitted(server, "waiting"))
        async with asyncio.timeout(60), httpx.AsyncClient(base_url=server.url, timeout=60) as http:
            while held.state.get("message") != "waiting":
                await polled(http, held)
            waiting = asyncio.create_task(polled(http, held, wait=60))
            stopping = asyncio.create_task(asyncio.to_thread(server.stop, signal.SIGTERM))
            seen = await waiting
            assert await stopping == 0
    assert seen[-1]["type"] in ("bye", "progress"), "handed back first, or told first"
    if seen[-1]["type"] == "bye":
        assert (seen[-1]["code"], seen[-1]["stop"]) == (4200, False)


async def over_socket(server: ServerProcess, held: Held) -> None:
    async with opening(server.url) as socket:
        await socket.send(held.subscribe)
        while not held.ends:
            for frame in frames(await socket.recv()):
                held.fold(frame)


async def over_stream(http: httpx.AsyncClient, held: Held, most: int | None = None) -> None:
    """A stream to its end, or cut after some events."""
    params = {"channels": f"job:{held.job_id}@{held.seq}", "epoch": held.epoch}
    async with http.stream("GET", "/v1/stream", params=params) as answer:
        seen = 0
        async for event in events(answer):
            for frame in event.frames:
                held.fold(frame)
            seen += 1
            if seen == most:
                return


async def over_poll(http: httpx.AsyncClient, held: Held) -> None:
    while not held.ends:
        await polled(http, held)


async def in_turns(http: httpx.AsyncClient, held: Held) -> None:
    while not held.ends:
        await over_stream(http, held, 3)
        if not held.ends:
            await polled(http, held)


async def test_one_job_over_socket_stream_and_poll_ends_the_same(server: ServerProcess) -> None:
    job_id = submitted(server, "counting", number=7)
    first, *others = (Held(job_id) for _ in range(4))
    async with asyncio.timeout(60), httpx.AsyncClient(base_url=server.url, timeout=60) as http:
        await asyncio.gather(
            over_socket(server, first), over_stream(http, others[0]), over_poll(http, others[1]), in_turns(http, others[2])
        )
    for held in others:
        assert (held.seq, held.state, held.order, held.ends) == (first.seq, first.state, first.order, first.ends)
    assert first.state["status"] == "completed"
    assert [data["stage"] for _, data in first.order] == ["first", "second", "third"]
