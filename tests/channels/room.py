"""A hub over a log in memory, with peers over wires in memory and a clock that moves when told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from jindu.bus.local import LocalBus
from jindu.channels.hub import Hub
from jindu.channels.peer import Peer
from jindu.core import events as ev
from jindu.core.clock import ManualClock
from jindu.core.job import Job
from support.histories import JOB, NOW, submission
from support.memory_log import MemoryLog
from support.quiet import quiet
from support.wire import Wire

CHANNEL = f"job:{JOB}"


class Room:
    def __init__(self, wires: type[Wire] = Wire) -> None:
        self.wires = wires
        self.clock = ManualClock(NOW)
        self.bus = LocalBus()
        self.log = MemoryLog(self.bus)
        self.hub = Hub(self.log, self.bus, self.clock)  # type: ignore[arg-type]
        self.peers: list[asyncio.Task[None]] = []

    def submit(self, job_id: str = JOB, **given: object) -> Job:
        return self.log.commit(ev.Submitted(NOW, submission(id=job_id, **given), NOW))

    def move(self, *events: ev.Event, job_id: str = JOB, tell: str = "all") -> Job:
        for event in events:
            job = self.log.commit(event, job_id, tell=tell)
        return job

    def connect(self) -> Wire:
        wire = self.wires()
        self.peers.append(asyncio.create_task(Peer(self.hub, wire).run()))
        return wire

    async def watching(self, channels: dict[str, int] | None = None, **more: object) -> Wire:
        """A connection that has subscribed and got its replay."""
        wire = self.connect()
        wire.subscribe({CHANNEL: 0} if channels is None else channels, **more)
        await wire.until("subscribed")
        return wire

    async def pass_time(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.hub.tick(self.clock.monotonic())
        await quiet()


@asynccontextmanager
async def opened(wires: type[Wire] = Wire) -> AsyncIterator[Room]:
    room = Room(wires)
    yield room
    room.log.go_on()
    for peer in room.peers:
        peer.cancel()
    await asyncio.gather(*room.peers, return_exceptions=True)
    room.hub.close()
