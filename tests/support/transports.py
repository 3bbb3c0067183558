"""Each way to watch a job to its end, written by hand: what arrives is folded into a `Held`. Nobody here knows another."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import orjson

from jindu_client import AsyncClient, Client, Update
from support.rawclient import Held, frames, opening

Transport = Callable[[str, Held], Awaitable[None]]
PAUSE = 0.01  # seconds between two looks of those who cannot be told
PATIENCE = 60.0  # seconds


def asking(url: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=url, timeout=PATIENCE)


async def by_socket(url: str, held: Held) -> None:
    async with opening(url) as socket:
        await socket.send(held.subscribe)
        async for message in socket:
            for frame in frames(message):
                held.fold(frame)
                if frame["type"] == "ping":
                    await socket.send('{"type":"pong"}')
            if held.ends:
                return


async def by_stream(url: str, held: Held) -> None:
    async with asking(url) as http, http.stream("GET", "/v1/stream", params=_query(held)) as answer:
        await _listen(answer, held)


async def by_posted_stream(url: str, held: Held) -> None:
    async with asking(url) as http, http.stream("POST", "/v1/stream", json=_body(held)) as answer:
        await _listen(answer, held)


async def by_long_poll(url: str, held: Held) -> None:
    async with asking(url) as http:
        while _polled(await http.get("/v1/poll", params={**_query(held), "wait": 25}), held):
            pass


async def by_posted_poll(url: str, held: Held) -> None:
    async with asking(url) as http:
        while _polled(await http.post("/v1/poll", json={**_body(held), "wait": 25}), held):
            pass


async def by_plain_poll(url: str, held: Held) -> None:
    async with asking(url) as http:
        while _polled(await http.get("/v1/poll", params={**_query(held), "wait": 0}), held):
            await asyncio.sleep(PAUSE)


async def by_snapshots(url: str, held: Held) -> None:
    """Status polling with the ETag."""
    etag = ""
    async with asking(url) as http:
        while not held.ends:
            answer = await http.get(f"/v1/jobs/{held.job_id}", headers={"if-none-match": etag} if etag else {})
            if answer.status_code == 200:
                etag = answer.headers["etag"]
                held.snapshot(answer.json())
            else:
                assert answer.status_code == 304
            await asyncio.sleep(PAUSE)


async def by_held_snapshots(url: str, held: Held) -> None:
    """The snapshot as soon as it has moved."""
    async with asking(url) as http:
        while not held.ends:
            query = {"since": f"{held.epoch}:{held.seq}", "wait": "25"}
            body = (await http.get(f"/v1/jobs/{held.job_id}", params=query)).json()
            if "unchanged" not in body:
                held.snapshot(body)


async def by_client(url: str, held: Held) -> None:
    def watch() -> None:
        with Client(url) as client:
            for update in client.watch(held.job_id, timeout=PATIENCE):
                _updated(update, held)

    await asyncio.to_thread(watch)


async def by_async_client(url: str, held: Held) -> None:
    async with AsyncClient(url) as client:
        async for update in client.watch(held.job_id, timeout=PATIENCE):
            _updated(update, held)


TRANSPORTS: tuple[Transport, ...] = (
    by_socket, by_stream, by_posted_stream, by_long_poll, by_posted_poll, by_plain_poll, by_snapshots, by_held_snapshots,
    by_client, by_async_client,
)  # fmt: skip


def _query(held: Held) -> dict[str, Any]:
    return {"channels": f"job:{held.job_id}@{held.seq}", "epoch": held.epoch}


def _body(held: Held) -> dict[str, Any]:
    return {"channels": {f"job:{held.job_id}": held.seq}, "epoch": held.epoch}


async def _listen(answer: httpx.Response, held: Held) -> None:
    """Events to the `bye` that says that nothing follows."""
    assert answer.headers["content-type"].startswith("text/event-stream")
    async for text in _events(answer):
        for frame in frames(text):
            held.fold(frame)
            if frame["type"] == "bye":
                assert (frame["code"], frame["stop"]) == (1000, True)
                return
    raise AssertionError("the stream ended without bye")


async def _events(answer: httpx.Response) -> AsyncIterator[str]:
    data: list[str] = []
    async for line in answer.aiter_lines():
        if line.startswith("data: "):
            data.append(line.removeprefix("data: "))
        elif not line and data:
            yield "\n".join(data)
            data = []


def _polled(answer: httpx.Response, held: Held) -> bool:
    """Fold an answer; whether anything can follow."""
    told = orjson.loads(answer.content)
    for frame in told:
        held.fold(frame)
    return bool(told[-1]["type"] != "bye")


def _updated(update: Update, held: Held) -> None:
    """An update says what a frame says; data by URL was fetched already."""
    frame: dict[str, Any] = {"type": update.kind, "job": update.job, "seq": update.seq}
    if update.kind == "result":
        frame.update(key=update.key, data=update.data)
    if update.state:
        frame["state"] = {**update.state, **({"result": update.result} if update.kind == "complete" else {})}
    held.fold(frame)
