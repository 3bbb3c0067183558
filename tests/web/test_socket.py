"""`/v1/ws` end to end: opening, subprotocols, origins, frames (PROTOCOL sections 2, 4 and 5)."""

import asyncio
from typing import Any

import httpx
import orjson
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from support.rawclient import Held, frames, opening, until
from support.server import ServerProcess

pytestmark = pytest.mark.timeout(60)


def address(server: ServerProcess) -> str:
    return f"{server.url.replace('http', 'ws')}/v1/ws"


async def submitted(server: ServerProcess, kind: str, **params: Any) -> str:
    async with httpx.AsyncClient(base_url=server.url) as http:
        answer = await http.post("/v1/jobs", json={"type": kind, "params": params})
        job_id: str = answer.json()["id"]
        return job_id


@pytest.mark.parametrize(
    ("offered", "chosen"), [(None, None), (["jindu.v1"], "jindu.v1"), (["jindu.v9", "jindu.v1"], "jindu.v1")]
)
async def test_the_subprotocol_is_spoken_if_offered_and_not_needed(
    server: ServerProcess, offered: Any, chosen: str | None
) -> None:
    async with connect(address(server), subprotocols=offered) as socket:
        hello = orjson.loads(await socket.recv())
        assert socket.subprotocol == chosen
        assert (hello["type"], hello["v"], hello["ping"], hello["auth"]) == ("hello", 1, 20, "ok")


async def test_who_speaks_another_version_only_is_told_and_stopped(server: ServerProcess) -> None:
    async with connect(address(server), subprotocols=["jindu.v9"]) as socket:  # type: ignore[list-item]
        bye = orjson.loads(await socket.recv())
        await socket.wait_closed()
    assert (bye["type"], bye["code"], bye["stop"], socket.close_code) == ("bye", 4001, True, 4001)


@pytest.mark.parametrize(
    ("headers", "status"),
    [({"Origin": "https://evil.example"}, 403), ({"Origin": "null"}, 403), ({"X-Forwarded-For": "10.0.0.1"}, 403)],
)
@pytest.mark.promise("foreign")
async def test_a_foreign_page_is_refused_before_accept(server: ServerProcess, headers: dict[str, str], status: int) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with connect(address(server), additional_headers=headers):
            pass
    assert refused.value.response.status_code == status
    assert orjson.loads(refused.value.response.body or b"{}")["code"] == "FORBIDDEN"


async def test_its_own_and_listed_origins_are_let_in(server: ServerProcess) -> None:
    for origin in (server.url, "https://app.example"):
        async with connect(address(server), origin=origin) as socket:  # type: ignore[arg-type]
            assert orjson.loads(await socket.recv())["type"] == "hello"


async def test_nothing_is_compressed(server: ServerProcess) -> None:
    async with connect(address(server)) as socket:
        assert socket.protocol.extensions == []


async def test_a_subscribe_in_the_same_flight_as_the_opening_is_served_after_hello(server: ServerProcess) -> None:
    held = Held(await submitted(server, "greet", name="Ann"))
    async with opening(server.url) as socket:
        await socket.send(held.subscribe)
        assert frames(await socket.recv())[0]["type"] == "hello"
        complete = await until(socket, "complete", held)
    assert complete["state"]["result"] == {"greeting": "hello Ann"}
    assert held.ends == [complete]


async def test_a_large_result_goes_by_url(server: ServerProcess) -> None:
    held = Held(await submitted(server, "large"))
    async with opening(server.url) as socket:
        await socket.send(held.subscribe)
        complete = await until(socket, "complete", held)
    assert "result" not in complete["state"]
    async with httpx.AsyncClient(base_url=server.url) as http:
        assert (await http.get(complete["state"]["result_url"])).json() == "x" * 100_000


async def test_a_failure_comes_with_its_results_and_nothing_internal(server: ServerProcess) -> None:
    held = Held(await submitted(server, "half"))
    async with opening(server.url) as socket:
        await socket.send(held.subscribe)
        error = await until(socket, "error", held)
    assert [key for key, _ in held.order] == ["one", "large"]
    assert error["state"]["error"]["title"]["zh"] == "诊断失败"
    assert b"canary" not in orjson.dumps(error)


@pytest.mark.parametrize(
    ("message", "code"),
    [(b"\x00", 4000), ("nonsense", 4000), ("5", 4000), ('"' + "x" * 65_600 + '"', 4013)],
    ids=["binary", "text", "number", "large"],
)
@pytest.mark.promise("protocol")
async def test_what_cannot_be_read_closes_with_its_code_after_bye(server: ServerProcess, message: Any, code: int) -> None:
    async with opening(server.url) as socket:
        await socket.send(message)
        bye = await until(socket, "bye")
        await socket.wait_closed()
    assert (bye["code"], bye["stop"], socket.close_code) == (code, True, code)


@pytest.mark.promise("bad_json")
async def test_a_stream_of_nonsense_frames_harms_nobody_else(server: ServerProcess) -> None:
    held = Held(await submitted(server, "hold"))
    async with opening(server.url) as good, opening(server.url) as bad:
        await good.send(held.subscribe)
        await until(good, "subscribed", held)
        for value in ({}, {"type": 5}, {"type": "subscribe", "channels": []}, [1, 2], {"type": "dance"}):
            await bad.send(orjson.dumps(value).decode())
        assert [(await until(bad, "problem"))["code"] for _ in range(5)] == ["BAD_REQUEST"] * 5
        async with httpx.AsyncClient(base_url=server.url) as http:
            await http.post(f"/v1/jobs/{held.job_id}/cancel")
        assert (await until(good, "error", held))["state"]["status"] == "cancelled"


async def test_many_sockets_see_the_same_end(server: ServerProcess) -> None:
    job_id = await submitted(server, "hold")

    async def watch() -> dict[str, Any]:
        held = Held(job_id)
        async with opening(server.url) as socket:
            await socket.send(held.subscribe)
            await until(socket, "subscribed", held)
            ready.release()
            return await until(socket, "error", held) if not held.ends else held.ends[0]

    ready = asyncio.Semaphore(0)
    watchers = [asyncio.create_task(watch()) for _ in range(20)]
    for _ in watchers:
        await ready.acquire()
    async with httpx.AsyncClient(base_url=server.url) as http:
        await http.post(f"/v1/jobs/{job_id}/cancel")
    ends = await asyncio.gather(*watchers)
    assert len({orjson.dumps(end) for end in ends}) == 1
