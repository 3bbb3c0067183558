"""`/v1/stream` end to end: resume, ends, rotation, stalls, draining (PROTOCOL section 4)."""

import asyncio
import random
import signal
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from support.events import Event, events, reader
from support.rawclient import Held
from support.server import ServerProcess

pytestmark = pytest.mark.timeout(90)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with ServerProcess("journeys.journey_jobs:app", tmp_path_factory.mktemp("stream")) as process:
        yield process


async def submitted(server: ServerProcess, kind: str, **params: Any) -> str:
    async with httpx.AsyncClient(base_url=server.url) as http:
        answer = await http.post("/v1/jobs", json={"type": kind, "params": params})
        assert answer.status_code == 202, answer.text
        return answer.json()["id"]


async def cancelled(server: ServerProcess, job_id: str) -> None:
    async with httpx.AsyncClient(base_url=server.url) as http:
        assert (await http.post(f"/v1/jobs/{job_id}/cancel")).status_code in (200, 202)


@asynccontextmanager
async def streaming(server: ServerProcess, **given: Any) -> AsyncIterator[tuple[httpx.Response, AsyncIterator[Event]]]:
    """A GET with the channels given as text, or a POST with a `json` body."""
    headers = given.pop("headers", {})
    body = given.pop("json", None)
    method = "GET" if body is None else "POST"
    async with asyncio.timeout(60), httpx.AsyncClient(base_url=server.url, timeout=60) as http:
        async with http.stream(method, "/v1/stream", params=given, json=body, headers=headers) as answer:
            yield answer, events(answer)


async def folded(server: ServerProcess, held: Held, **given: Any) -> list[dict[str, Any]]:
    """All frames of one stream to its end."""
    seen: list[dict[str, Any]] = []
    async with streaming(server, channels=f"job:{held.job_id}@{held.seq}", epoch=held.epoch, **given) as (_, stream):
        async for event in stream:
            for frame in event.frames:
                held.fold(frame)
                seen.append(frame)
    return seen


async def until(stream: AsyncIterator[Event], kind: str, held: Held | None = None) -> dict[str, Any]:
    async for event in stream:
        found = [frame for frame in event.frames if frame["type"] == kind]
        for frame in event.frames if held is not None else []:
            held.fold(frame)  # type: ignore[union-attr]
        if found:
            return found[0]
    raise AssertionError(f"the stream ended without a {kind!r}")


async def test_a_job_from_hello_to_bye_and_204_for_who_comes_again(server: ServerProcess) -> None:
    job_id = await submitted(server, "pouring", results=20)
    held, seen = Held(job_id), []
    async with streaming(server, channels=f"job:{job_id}") as (answer, stream):
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert answer.headers["cache-control"] == "no-store, no-transform"
        assert answer.headers["x-accel-buffering"] == "no"
        async for event in stream:
            seen.append(event)
            for frame in event.frames:
                held.fold(frame)
    assert seen[0].retry is not None
    kinds = [frame["type"] for event in seen for frame in event.frames]
    assert kinds[0] == "hello"
    assert kinds[-1] == "bye"
    assert {"complete", "subscribed"} <= set(kinds)
    assert [key for key, _ in held.order] == [f"k{number}" for number in range(20)]
    bye = seen[-1].frames[-1]
    assert (bye["code"], bye["stop"]) == (1000, True)
    last = [event.id for event in seen if event.id][-1]
    assert last == f"{held.epoch}:{held.seq}"
    for again in ({"headers": {"Last-Event-ID": last}}, {"last_event_id": last}):
        async with streaming(server, channels=f"job:{job_id}", **again) as (answer, _):
            assert answer.status_code == 204
    async with streaming(server, json={"channels": {f"job:{job_id}": held.seq}, "epoch": held.epoch}) as (answer, _):
        assert answer.status_code == 204


@pytest.mark.parametrize("way", ["cursor", "header", "query", "body"])
async def test_cut_anywhere_each_result_comes_once_and_in_order(server: ServerProcess, way: str) -> None:
    job_id = await submitted(server, "pouring", results=120)
    held, rng, last = Held(job_id), random.Random(5), ""
    while not held.ends:
        given: dict[str, Any] = {"channels": f"job:{job_id}"}
        if way == "cursor":
            given = {"channels": f"job:{job_id}@{held.seq}", "epoch": held.epoch}
        elif way == "body":
            given = {"json": {"channels": {f"job:{job_id}": held.seq}, "epoch": held.epoch}}
        elif way == "header" and last:
            given["headers"] = {"Last-Event-ID": last}
        elif last:
            given["last_event_id"] = last
        fresh = held.seq
        async with streaming(server, **given) as (_, stream):
            left = rng.randint(2, 9)
            async for event in stream:
                for frame in event.frames:
                    assert not ("seq" in frame and frame["seq"] <= fresh), "sent again what is held"
                    held.fold(frame)
                last = event.id or last
                left -= 1
                if not left:
                    break
    assert [key for key, _ in held.order] == [f"k{number}" for number in range(120)]
    assert (held.resets, len(held.ends)) == (0, 1)


async def test_several_jobs_have_no_id_and_the_last_end_ends_it(server: ServerProcess) -> None:
    jobs = [await submitted(server, "pouring", results=3), await submitted(server, "waiting")]
    helds, wished = [Held(job_id) for job_id in jobs], False
    async with streaming(server, channels=",".join(f"job:{job_id}" for job_id in jobs)) as (_, stream):
        async for event in stream:
            assert event.id is None
            for frame in event.frames:
                for held in helds:
                    held.fold(frame)
            if helds[0].ends and not wished:
                wished = True
                await cancelled(server, jobs[1])
    assert [len(held.ends) for held in helds] == [1, 1]
    assert frame["type"] == "bye"


async def test_feeds_are_shown_and_keep_the_stream_open(server: ServerProcess) -> None:
    async with streaming(server, json={"channels": {"jobs": 0}, "pace": 5}) as (_, stream):
        await until(stream, "subscribed")
        job_id = await submitted(server, "pouring", results=2)
        while (frame := await until(stream, "complete"))["job"] != job_id:
            pass
        assert frame["feed"] is True


async def test_a_cursor_of_another_epoch_is_told_to_forget(server: ServerProcess) -> None:
    job_id = await submitted(server, "pouring", results=3)
    first = Held(job_id)
    await folded(server, first)
    stranger = Held(job_id)
    await folded(server, stranger, headers={"Last-Event-ID": "0123456789abcdef:4"})
    assert (stranger.resets, stranger.order, stranger.state) == (1, first.order, first.state)


async def test_an_unknown_job_is_told_as_on_the_socket(server: ServerProcess) -> None:
    held = Held("01NOSUCHJOBBBBBBBBBBBBBBBB")
    seen = await folded(server, held)
    assert [frame["type"] for frame in seen] == ["hello", "problem", "subscribed", "bye"]
    assert seen[1]["channel"] == f"job:{held.job_id}"
    assert seen[-1]["stop"] is True


async def test_it_rotates_and_goes_on_where_it_was(server: ServerProcess) -> None:
    job_id = await submitted(server, "waiting")
    held = Held(job_id)
    seen = await folded(server, held, rotate="1")
    assert (seen[-1]["code"], seen[-1]["retry_ms"], seen[-1]["stop"]) == (4201, 0, False)
    await cancelled(server, job_id)
    seen = await folded(server, held)
    assert held.ends
    assert seen[-1]["code"] == 1000


async def test_wrong_requests_are_problems_that_say_what_to_do(server: ServerProcess) -> None:
    names = ",".join(f"owner:{n}" for n in range(201))
    wrong: list[tuple[dict[str, Any], int, str]] = [
        ({}, 400, "BAD_REQUEST"),
        ({"channels": ""}, 400, "BAD_REQUEST"),
        ({"channels": "job:a@x"}, 400, "BAD_REQUEST"),
        ({"channels": f"job:a@{'9' * 30}"}, 400, "BAD_REQUEST"),
        ({"channels": "job:a", "rotate": "soon"}, 400, "BAD_REQUEST"),
        ({"channels": "job:a", "rotate": "0"}, 400, "BAD_REQUEST"),
        ({"channels": "job:a", "pace": "nan"}, 400, "BAD_REQUEST"),
        ({"channels": "job:a", "epoch": "e" * 65}, 400, "BAD_REQUEST"),
        ({"channels": "job:a", "last_event_id": "x"}, 400, "BAD_REQUEST"),
        ({"channels": names}, 400, "TOO_MANY_CHANNELS"),
        ({"json": []}, 422, "INVALID_PARAMS"),
        ({"json": {}}, 422, "INVALID_PARAMS"),
        ({"json": {"channels": ["job:a"]}}, 422, "INVALID_PARAMS"),
        ({"json": {"channels": {"job:a": -1}}}, 422, "INVALID_PARAMS"),
        ({"json": {"channels": {"job:a": True}}}, 422, "INVALID_PARAMS"),
        ({"json": {"channels": {"job:a": 0}, "wait": 5}}, 422, "INVALID_PARAMS"),
        ({"json": {"channels": {"owner:" + "x" * 65_000: 0}}}, 413, "TOO_LARGE"),
    ]
    for given, status, code in wrong:
        async with streaming(server, **given) as (answer, _):
            await answer.aread()
            assert (answer.status_code, answer.json()["code"]) == (status, code), given
            assert answer.headers["content-type"].startswith("application/problem+json")


async def test_head_opens_nothing(server: ServerProcess) -> None:
    job_id = await submitted(server, "waiting")
    async with httpx.AsyncClient(base_url=server.url) as http:
        answer = await http.head("/v1/stream", params={"channels": f"job:{job_id}"})
    assert (answer.status_code, answer.content) == (200, b"")
    await cancelled(server, job_id)


async def test_draining_says_bye_and_the_next_server_goes_on(tmp_path: Path) -> None:
    env = {"JOURNEY_COUNT": str(tmp_path / "count"), "JINDU_GRACE": "4"}
    with ServerProcess("journeys.journey_jobs:app", tmp_path, env=env) as server:
        held = Held(await submitted(server, "waiting", name="patient"))
        async with streaming(server, channels=f"job:{held.job_id}") as (_, stream):
            while held.state.get("status") != "running":
                await until(stream, "progress", held)
            stopping = asyncio.create_task(asyncio.to_thread(server.stop, signal.SIGTERM))
            bye = await until(stream, "bye", held)
            assert await stopping == 0
        assert (bye["code"], bye["stop"]) == (4200, False)
        (tmp_path / "count.go").touch()
        await asyncio.to_thread(server.start)
        await folded(server, held)
    assert held.ends[0]["state"]["result"] == "patient"
    assert held.resets == 0


def held_open(server: ServerProcess, raw: socket.socket) -> bool:
    """Whether the server's end of a connection is established."""
    ends = f":{server.port:04X}", f":{raw.getsockname()[1]:04X}"
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return any(line[1].endswith(ends[0]) and line[2].endswith(ends[1]) and line[3] == "01" for line in lines)


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="looks at the server's sockets in /proc")
@pytest.mark.promise("half_open")
async def test_a_reader_that_stalls_is_dropped_while_others_go_on(tmp_path: Path) -> None:
    with ServerProcess("web.wide_jobs:app", tmp_path) as server:
        job_id = await submitted(server, "wide", results=100)
        stalled = await asyncio.to_thread(reader, server.port, f"/v1/stream?channels=job:{job_id}")
        with stalled:
            assert held_open(server, stalled)
            held = Held(job_id)
            async with streaming(server, channels=f"job:{job_id}") as (_, stream):
                while len(held.order) < 100:
                    for frame in (await anext(stream)).frames:
                        held.fold(frame)
                async with asyncio.timeout(25):
                    while held_open(server, stalled):
                        await asyncio.sleep(0.05)
                await cancelled(server, job_id)
                await until(stream, "bye", held)
            assert held.ends
            assert b"bye" not in await asyncio.to_thread(_rest, stalled)


def _rest(raw: socket.socket) -> bytes:
    """What the kernel still holds of a connection that was dropped."""
    text = b""
    try:
        while part := raw.recv(65_536):
            text += part
    except ConnectionError:
        pass
    return text
