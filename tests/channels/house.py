"""A whole node over a real store, without a worker's jobs: its one job moves by the events that a test writes into the journal.

Reads go through what serves them: the peer over wires for socket and stream, the ASGI application for poll and snapshot.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import orjson

from channels.room import CHANNEL
from jindu.channels.peer import Peer
from jindu.core import events as ev
from jindu.core import frames
from jindu.core.clock import ManualClock
from jindu.core.errors import Errors
from jindu.core.job import Job
from jindu.engine.registry import Registry
from jindu.node import Node, open_node
from jindu.settings import Settings
from jindu.web.application import build
from support.histories import JOB, NOW, submission
from support.wire import Wire

ADDRESS = f"/v1/jobs/{JOB}"


class House:
    """`clock`, `hub`, `wires` and `peers` are those of `channels.room.Room`."""

    def __init__(self, node: Node, http: httpx.AsyncClient, wires: type[Wire]) -> None:
        self.node = node
        self.http = http
        self.wires = wires
        self.hub = node.hub
        self.clock = node.clock
        self.peers: list[asyncio.Task[None]] = []

    async def submit(self) -> Job:
        return await self.node.journal.submit(ev.Submitted(NOW, submission(), NOW))

    async def move(self, decide: Callable[[Job], ev.Event | None], times: int = 1) -> None:
        """So many events, each decided from where the job is by then. Durable, and told to who watches, when it returns."""
        for _ in range(times):  # one by one: the journal merges progress that waits together, which only a run may write so
            await self.node.journal.change(JOB, decide)

    async def job(self) -> Job:
        return (await self.node.jobs.read(JOB)).job

    async def truth(self) -> tuple[dict[str, Any], list[tuple[str | int, Any]]]:
        """The state as a frame shows it, with the result itself, and all partial results in order: from the store."""
        record = await self.node.store.read(JOB)
        assert record is not None
        state = orjson.loads(orjson.dumps(frames.state(record.job, record.result)))
        if "result_url" in state:
            state["result"] = orjson.loads(record.result or b"null")
            del state["result_url"]
        return state, [(kept.key, orjson.loads(kept.data)) for kept in await self.node.store.results(JOB)]

    def connect(self) -> Wire:
        wire = self.wires()
        self.peers.append(asyncio.create_task(Peer(self.hub, wire).run()))
        return wire

    async def ask(self, path: str, **options: Any) -> httpx.Response:
        return await self.http.get(path, **options)


@asynccontextmanager
async def opened(folder: Path, wires: type[Wire] = Wire) -> AsyncIterator[House]:
    """A house with its job submitted. The database is removed at the end: examples are many."""
    settings = Settings(store=f"sqlite:///{folder}/jindu.db", grace=0)
    async with AsyncExitStack() as stack:
        node = await stack.enter_async_context(open_node(Registry(), Errors(), settings, ManualClock(NOW)))
        asgi = build(lambda: open_node(Registry(), Errors(), settings), settings)
        asgi.state.node = node
        transport = httpx.ASGITransport(asgi)
        http = await stack.enter_async_context(httpx.AsyncClient(transport=transport, base_url="http://localhost"))
        house = House(node, http, wires)
        await house.submit()
        try:
            yield house
        finally:
            for peer in house.peers:
                peer.cancel()
            await asyncio.gather(*house.peers, return_exceptions=True)


__all__ = ["ADDRESS", "CHANNEL", "House", "opened"]
