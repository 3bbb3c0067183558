"""Sockets and streams of a server with keys, end to end: first-frame auth, renewal, expiry, revocation (PROTOCOL 2 and 5)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import orjson
import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import InvalidStatus

from support.events import events
from support.rawclient import Held, frames, opening, until
from web.access.guarded import Guarded, bearer

pytestmark = pytest.mark.timeout(60)
UNKNOWN = "01UNKNOWNAAAAAAAAAAAAAAAAA"


@asynccontextmanager
async def connected(guarded: Guarded, **options: Any) -> AsyncIterator[tuple[ClientConnection, str]]:
    """A socket, and what its `hello` says of auth."""
    async with asyncio.timeout(30), opening(guarded.server.url, **options) as socket:
        yield socket, (await until(socket, "hello"))["auth"]


async def say(socket: ClientConnection, *said: Any) -> None:
    await socket.send(orjson.dumps(list(said)).decode())


def auth(*tokens: str) -> dict[str, Any]:
    return {"type": "auth", "tokens": list(tokens)}


def subscribe(*jobs: str, **more: int) -> dict[str, Any]:
    return {"type": "subscribe", "channels": {**{f"job:{job}": 0 for job in jobs}, **more}}


async def gathered(socket: ClientConnection, last: str) -> list[dict[str, Any]]:
    """Frames up to the first of kind `last`."""
    found: list[dict[str, Any]] = []
    async for message in socket:
        found += frames(message)
        if any(frame["type"] == last for frame in found):
            return found
    raise AssertionError(f"no {last!r} in {found}")


async def bye(socket: ClientConnection) -> tuple[int, bool, int | None]:
    """What `bye` says, and the code the socket then closes with."""
    told = await until(socket, "bye")
    await socket.wait_closed()
    return told["code"], told["stop"], socket.close_code


async def test_first_frame_auth_with_a_key_and_with_a_mere_job_token(guarded: Guarded) -> None:
    job = guarded.job("ann")
    for credential in (guarded.keys["ann", "watch"], job["token"]):
        async with connected(guarded) as (socket, shown):
            assert shown == "needed"
            held = Held(job["id"])
            await say(socket, auth(credential), subscribe(job["id"]))
            complete = await until(socket, "complete", held)
            assert complete["state"]["result"] == {"greeting": "hello ann"}


async def test_several_tokens_add_up_and_cover_no_more(guarded: Guarded) -> None:
    jobs = [guarded.job(owner) for owner in ("ann", "bob", "ann")]
    async with connected(guarded) as (socket, _):
        await say(socket, auth(*(job["token"] for job in jobs[:2])), subscribe(*(job["id"] for job in jobs)))
        found = await gathered(socket, "subscribed")
        assert {frame["job"] for frame in found if frame["type"] == "complete"} == {job["id"] for job in jobs[:2]}
        assert [frame["channel"] for frame in found if frame["type"] == "problem"] == [f"job:{jobs[2]['id']}"]
        await say(socket, auth(jobs[2]["token"]), subscribe(jobs[2]["id"]))
        assert (await until(socket, "complete"))["job"] == jobs[2]["id"]


@pytest.mark.parametrize("way", ["header", "ticket"])
async def test_credentials_that_come_with_the_upgrade(guarded: Guarded, way: str) -> None:
    job = guarded.job("ann")
    key = guarded.keys["ann", "watch"]
    if way == "header":
        async with connected(guarded, additional_headers=bearer(key)) as (socket, shown):
            await say(socket, subscribe(job["id"]))
            assert (await until(socket, "complete"))["job"] == job["id"]
    else:
        ticket = guarded.ticket(f"job:{job['id']}", credential=key)
        async with asyncio.timeout(30), opening(guarded.server.url, query=f"?ticket={ticket}") as socket:
            shown = (await until(socket, "hello"))["auth"]
            await say(socket, subscribe(job["id"]))
            assert (await until(socket, "complete"))["job"] == job["id"]
    assert shown == "ok"


async def test_bad_credentials_are_told_after_the_upgrade_and_stop(guarded: Guarded) -> None:
    async with connected(guarded, additional_headers=bearer("nonsense")) as (socket, _):
        assert await bye(socket) == (4009, True, 4009)
    async with connected(guarded) as (socket, _):
        await say(socket, auth("nonsense", "more of it"))
        assert await bye(socket) == (4009, True, 4009)
    async with connected(guarded, additional_headers=bearer(guarded.keys[None, "operate"])) as (socket, _):
        assert await bye(socket) == (4003, True, 4003)


async def test_some_bad_are_told_and_the_good_ones_count(guarded: Guarded) -> None:
    job = guarded.job("ann")
    async with connected(guarded) as (socket, _):
        await say(socket, auth("nonsense", job["token"]), subscribe(job["id"]))
        found = await gathered(socket, "complete")
    (problem,) = [frame for frame in found if frame["type"] == "problem"]
    assert problem["code"] == "UNAUTHORIZED"
    assert "channel" not in problem


async def test_subscribing_before_auth_names_each_channel(guarded: Guarded) -> None:
    job = guarded.job("ann")
    async with connected(guarded) as (socket, _):
        await say(socket, subscribe(job["id"], jobs=0))
        found = await gathered(socket, "subscribed")
        told = [(frame["code"], frame["channel"]) for frame in found if frame["type"] == "problem"]
        assert told == [("UNAUTHORIZED", f"job:{job['id']}"), ("UNAUTHORIZED", "jobs")]
        await say(socket, auth(job["token"]), subscribe(job["id"]))
        await until(socket, "complete")


async def test_foreign_and_unknown_jobs_look_the_same(guarded: Guarded) -> None:
    foreign = guarded.job("bob")["id"]
    async with connected(guarded, additional_headers=bearer(guarded.keys["ann", "watch"])) as (socket, _):
        await say(socket, subscribe(foreign, UNKNOWN, **{"owner:bob": 0, "jobs": 0}))
        problems = {frame.pop("channel"): frame for frame in await gathered(socket, "subscribed") if frame["type"] == "problem"}
    assert problems[f"job:{foreign}"] == problems[f"job:{UNKNOWN}"]
    assert problems[f"job:{foreign}"]["code"] == "NOT_FOUND"
    assert problems["owner:bob"]["code"] == problems["jobs"]["code"] == "FORBIDDEN"


async def test_a_batch_is_watched_by_its_token(guarded: Guarded) -> None:
    batch = guarded.batch("ann")
    async with connected(guarded) as (socket, _):
        await say(socket, auth(batch["token"]), subscribe(batch["jobs"][0], **{f"batch:{batch['id']}": 0}))
        found = await gathered(socket, "subscribed")
        assert {frame["job"] for frame in found if frame["type"] == "complete"} == {batch["id"], batch["jobs"][0]}


async def test_a_token_that_ends_closes_its_socket_with_4202_unless_it_was_renewed(guarded: Guarded) -> None:
    job = guarded.job("ann", "hold")["id"]
    short = guarded.token(job=job, ttl=1.5)
    async with connected(guarded) as (ends, _), connected(guarded) as (renewed, _):
        for socket in (ends, renewed):
            await say(socket, auth(short), subscribe(job))
            await until(socket, "subscribed")
        await say(renewed, auth(guarded.token(job=job)))
        told = await until(ends, "bye")
        assert (told["code"], told["stop"], isinstance(told["retry_ms"], int)) == (4202, False, True)
        await ends.wait_closed()
        assert ends.close_code == 4202
        guarded.post(f"/v1/jobs/{job}/cancel")
        assert (await until(renewed, "error"))["state"]["status"] == "cancelled"


async def test_what_a_ticket_opened_ends_with_what_it_was_made_with(guarded: Guarded) -> None:
    job = guarded.job("ann", "hold")["id"]
    ticket = guarded.ticket(f"job:{job}", credential=guarded.token(job=job, ttl=1.5))
    async with httpx.AsyncClient(base_url=guarded.server.url, timeout=30) as http:
        query = {"channels": f"job:{job}", "ticket": ticket}
        async with http.stream("GET", "/v1/stream", params=query) as answer:
            found = [frame async for event in events(answer) for frame in event.frames]
        assert [frame["code"] for frame in found if frame["type"] == "bye"] == [4202]
        again = await http.get("/v1/stream", params=query)
        assert again.status_code == 401
    guarded.post(f"/v1/jobs/{job}/cancel")


async def test_revoking_a_key_ends_its_sockets_and_streams_soon(guarded: Guarded) -> None:
    job = guarded.job("ann", "hold")["id"]
    made = guarded.post("/v1/keys", {"name": "lost", "scopes": ["watch"]}).json()

    async def streamed() -> list[int]:
        async with httpx.AsyncClient(base_url=guarded.server.url, headers=bearer(made["key"]), timeout=30) as http:
            async with http.stream("GET", "/v1/stream", params={"channels": f"job:{job}"}) as answer:
                seen = []
                async for event in events(answer):
                    seen += event.frames
                    if any(frame["type"] == "subscribed" for frame in event.frames):
                        ready.set()
                return [frame["code"] for frame in seen if frame["type"] == "bye"]

    ready = asyncio.Event()
    async with connected(guarded) as (socket, _), connected(guarded) as (other, _), asyncio.TaskGroup() as group:
        stream = group.create_task(streamed())
        await say(socket, auth(made["key"]), subscribe(job))
        await say(other, auth(guarded.keys["ann", "watch"]), subscribe(job))
        for one in (socket, other):
            await until(one, "subscribed")
        await ready.wait()
        guarded.http.delete(f"/v1/keys/{made['id']}", headers=bearer(guarded.admin))
        async with asyncio.timeout(5):
            assert await bye(socket) == (4009, True, 4009)
            assert await stream == [4009]
        guarded.post(f"/v1/jobs/{job}/cancel")
        await until(other, "error")


async def test_an_owners_operator_sees_the_owners_jobs_in_the_feed(guarded: Guarded) -> None:
    key = guarded.key("watch", "operate", owner="ann")
    async with connected(guarded, additional_headers=bearer(key)) as (socket, _):
        await say(socket, subscribe(jobs=0))
        await until(socket, "subscribed")
        foreign = guarded.job("bob")["id"]
        own = guarded.job("ann")["id"]
        found = await gathered(socket, "complete")
        shown = {frame["job"] for frame in found if frame.get("feed")}
    assert own in shown
    assert foreign not in shown


async def test_a_foreign_page_is_refused_before_accept_with_a_key_too(guarded: Guarded) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with connected(guarded, additional_headers=bearer(guarded.admin), origin="https://evil.example"):
            raise AssertionError("it was let in")
    assert refused.value.response.status_code == 403
    async with connected(guarded, additional_headers=bearer(guarded.admin), origin="https://app.example") as (_, shown):
        assert shown == "ok"


def test_stream_and_poll_want_credentials_over_http(guarded: Guarded) -> None:
    for path in ("/v1/stream", "/v1/poll"):
        query = {"channels": f"job:{UNKNOWN}", "wait": "0"} if path == "/v1/poll" else {"channels": f"job:{UNKNOWN}"}
        assert guarded.http.get(path, params=query).status_code == 401
        assert guarded.http.get(path, params={**query, "ticket": "nonsense"}).status_code == 401
        assert guarded.get(path, guarded.keys[None, "submit"], params=query).status_code == 403


async def test_no_credential_is_in_the_log(guarded: Guarded) -> None:
    job = guarded.job("ann")
    key, token = guarded.keys["ann", "watch"], job["token"]
    ticket = guarded.ticket(f"job:{job['id']}", credential=key)
    for secret in (ticket, token, key):
        async with opening(guarded.server.url, query=f"?ticket={secret}&x={secret}") as socket:
            await until(socket, "hello")
        guarded.http.get("/v1/jobs", params={"ticket": secret})
        guarded.http.get(f"/v1/jobs/{secret}", headers=bearer(secret))
    said = guarded.server.said()
    assert "/v1/ws?***" in said
    for secret in (ticket, token, key, guarded.admin):
        assert secret not in said
        assert secret.rpartition(".")[2][-20:] not in said
