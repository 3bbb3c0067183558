"""Clients behind a way that fails: whatever happens when, each ends with the same state and each result once."""

import asyncio
import contextlib
import os
import random
import time
from collections.abc import Awaitable, Callable
from typing import TypeAlias

import pytest
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from jindu_client import AsyncClient, Client, Update
from support.fault_proxy import KINDS, Fault, Kind, any_fault, failing
from support.rawclient import Held, frames, opening
from support.server import ServerProcess
from wire.asking import job, serves, submitted

pytestmark = [pytest.mark.timeout(120), pytest.mark.promise("half_open")]

RESULTS = 60
PATIENCE = 90.0
SEEDS = [int(seed) for seed in os.environ.get("FAULT_SEEDS", "1 2 3").split()]
GONE = (ConnectionClosed, InvalidHandshake, OSError, EOFError, TimeoutError)
Way: TypeAlias = Callable[[str, Held], Awaitable[None]]


async def by_hand(url: str, held: Held) -> None:
    """A socket written by hand from the protocol, that comes back at once. Waits 2 s for a frame: here they come often."""
    while not held.ends:
        with contextlib.suppress(*GONE):
            async with asyncio.timeout(3), opening(url, open_timeout=1, close_timeout=0.1) as socket:
                await socket.send(held.subscribe)
                while not held.ends:
                    for frame in frames(await asyncio.wait_for(socket.recv(), 2)):
                        held.fold(frame)
        await asyncio.sleep(0.01)


def _fold(update: Update, held: Held) -> None:
    if update.kind == "result":
        held.order.append((update.key or "", update.data))
    if update.kind in ("complete", "error"):
        held.ends.append({"state": {**update.state, "result": update.result}})


async def by_async_client(url: str, held: Held) -> None:
    async with AsyncClient(url) as client:
        async for update in client.watch(held.job_id, timeout=PATIENCE):
            _fold(update, held)


async def by_client(url: str, held: Held) -> None:
    def watch() -> None:
        with Client(url) as client:
            for update in client.watch(held.job_id, timeout=PATIENCE):
                _fold(update, held)

    await asyncio.to_thread(watch)


WAYS: tuple[Way, ...] = (by_hand, by_async_client, by_client)


def as_it_was(server: ServerProcess, held: Held) -> None:
    """The client holds what the server has: each result once, in order, and one end."""
    truth = job(server, held.job_id)
    assert truth["status"] == "completed"
    assert [key for key, _ in held.order] == [part["key"] for part in truth["partial"]] == [f"k{n}" for n in range(RESULTS)]
    assert [data["number"] for _, data in held.order] == list(range(RESULTS))
    assert len(held.ends) == 1
    assert held.ends[0]["state"]["result"] == RESULTS
    assert held.ends[0]["state"]["progress"] == 100


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
@pytest.mark.parametrize("kind", KINDS)
async def test_through_each_fault_in_the_middle(wired: ServerProcess, kind: Kind, way: Way) -> None:
    held = Held(submitted(wired, "pouring", results=RESULTS, pause=0.01))
    plan = [Fault(kind, after=6_000, seconds=0.02 if kind == "late" else 0.5)]
    async with asyncio.timeout(PATIENCE), failing(wired.port, plan) as proxy:
        await way(proxy.url, held)
        assert [fault.kind for fault in proxy.met] == [kind]
    as_it_was(wired, held)


@pytest.mark.parametrize("seed", SEEDS)
async def test_through_any_faults_at_any_moment(wired: ServerProcess, seed: int) -> None:
    """FAULT_SEEDS="4 5 6" tries others."""
    rng = random.Random(seed)
    job_id = submitted(wired, "pouring", results=RESULTS, pause=0.02)
    watched = [(way, Held(job_id), [any_fault(rng) for _ in range(5)]) for way in WAYS]

    async def watch(way: Way, held: Held, plan: list[Fault]) -> None:
        async with failing(wired.port, plan) as proxy:
            await way(proxy.url, held)
        assert proxy.met, "nothing failed"
        as_it_was(wired, held)

    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(*(watch(*each) for each in watched))
    assert serves(wired)


@pytest.mark.parametrize("way", [by_async_client, by_client], ids=lambda way: way.__name__)
async def test_a_way_that_goes_mute_for_ever_is_left_by_the_client(wired: ServerProcess, way: Way) -> None:
    """Rule 6, with a `ping` of 1 s in hello in place of 20: after 2 x 1 + 5 seconds without a frame the client comes again."""
    held = Held(submitted(wired, "pouring", results=RESULTS, pause=0.01))

    def hurried(data: bytes) -> bytes:
        return data.replace(b'"ping":20', b'"ping": 1')

    begun = time.monotonic()
    async with asyncio.timeout(PATIENCE), failing(wired.port, [Fault("mute", after=3_000, seconds=3600)], hurried) as proxy:
        await way(proxy.url, held)
        assert [fault.kind for fault in proxy.met] == ["mute"]
    assert 7 <= time.monotonic() - begun < 30
    as_it_was(wired, held)
