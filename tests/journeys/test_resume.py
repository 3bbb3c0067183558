"""Sockets are cut, the server is killed: a client that resumes by cursor sees all, in order, once."""

import asyncio
import contextlib
import random

import httpx
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from support.rawclient import Held, cut, frames, opening, until
from support.server import ServerProcess

RESULTS = 300
GONE = (ConnectionClosed, InvalidHandshake, OSError, EOFError, TimeoutError)


async def submitted(url: str, kind: str, **params: object) -> str:
    async with httpx.AsyncClient(base_url=url) as http:
        answer = await http.post("/v1/jobs", json={"type": kind, "params": params})
        assert answer.status_code == 202, answer.text
        return answer.json()["id"]


async def a_few_frames(url: str, held: Held, some: int) -> None:
    """One socket: subscribe from where we stand, take `some` messages, be cut."""
    with contextlib.suppress(*GONE):
        async with opening(url) as socket:
            await socket.send(held.subscribe)
            for _ in range(some):
                for frame in frames(await socket.recv()):
                    held.fold(frame)
                if held.ends:
                    return
            cut(socket)


async def test_300_results_arrive_in_order_once_whatever_is_cut(server: ServerProcess) -> None:
    job_id = await submitted(server.url, "pouring", results=RESULTS)
    held, rng, restarted = Held(job_id), random.Random(7), False
    async with asyncio.timeout(90):
        while not held.ends:
            await a_few_frames(server.url, held, rng.randint(2, 9))
            if not restarted and len(held.order) >= RESULTS // 3:
                restarted = True
                server.kill()
                await asyncio.to_thread(server.start)
    assert restarted
    assert [key for key, _ in held.order] == [f"k{number}" for number in range(RESULTS)]
    assert [data["number"] for _, data in held.order] == list(range(RESULTS))
    assert held.ends[0]["type"] == "complete"
    assert held.ends[0]["state"]["result"] == RESULTS
    assert held.resets == 0
    assert held.feed > 0


async def test_a_subscriber_after_the_end_gets_the_end_once(server: ServerProcess) -> None:
    job_id = await submitted(server.url, "pouring", results=3)
    held = Held(job_id)
    async with asyncio.timeout(30), opening(server.url) as socket:
        await socket.send(held.subscribe)
        await until(socket, "complete", held)
    late = Held(job_id)
    async with asyncio.timeout(30), opening(server.url) as socket:
        await socket.send(late.subscribe)
        await until(socket, "subscribed", late)
        assert [key for key, _ in late.order] == ["k0", "k1", "k2"]
        assert len(late.ends) == 1
        # Asking again from there gives nothing more.
        await socket.send(late.subscribe)
        await until(socket, "subscribed", late)
        assert len(late.ends) == 1
    assert late.state == held.state


async def test_a_cursor_of_another_epoch_is_told_to_forget(server: ServerProcess) -> None:
    job_id = await submitted(server.url, "pouring", results=3)
    held = Held(job_id)
    async with asyncio.timeout(30), opening(server.url) as socket:
        await socket.send(held.subscribe)
        await until(socket, "complete", held)
        stranger = Held(job_id)
        stranger.epoch, stranger.seq = "0123456789abcdef", 5
        await socket.send(stranger.subscribe)
        stranger.epoch = ""
        await until(socket, "subscribed", stranger)
    assert stranger.resets == 1
    assert stranger.order == held.order
    assert stranger.state == held.state
