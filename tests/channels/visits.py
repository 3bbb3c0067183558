"""Visits in memory: a peer whose subscription came with the request, over a wire; a poll as the frames it answers."""

import asyncio
from typing import Any

import orjson

from channels.room import CHANNEL, Room
from jindu.channels.answer import ANSWER_BYTES, Answer
from jindu.channels.peer import Peer
from jindu.channels.visit import Poll, Visit
from jindu.core.admission import Admission
from support.wire import Wire


def visiting(room: Room, channels: dict[str, int] | None = None, *, admission: Admission | None = None, **more: Any) -> Wire:
    """A stream, as far as the peer can tell."""
    wire = room.wires()
    visit = Visit({CHANNEL: 0} if channels is None else channels, **{"epoch": "E1", **more})
    room.peers.append(asyncio.create_task(Peer(room.hub, wire, visit, admission).run()))
    return wire


class Polling:
    """One poll: what it answered stands in `frames` when `task` is done."""

    def __init__(
        self, room: Room, channels: dict[str, int], wait: float, budget: int, epoch: str, admission: Admission | None
    ) -> None:
        self._left = asyncio.Event()
        self._answer = Answer(self._gone, budget)
        visit = Poll(channels, epoch, until=room.clock.monotonic() + wait)
        self.task = asyncio.create_task(Peer(room.hub, self._answer, visit, admission).run())
        room.peers.append(self.task)

    async def _gone(self) -> None:
        await self._left.wait()

    def leave(self) -> None:
        self._left.set()

    async def answered(self) -> list[dict[str, Any]]:
        async with asyncio.timeout(5):
            await self.task
        return self.frames

    @property
    def text(self) -> bytes:
        return self._answer.text

    @property
    def frames(self) -> list[dict[str, Any]]:
        frames: list[dict[str, Any]] = orjson.loads(self._answer.text)
        return frames


def polling(
    room: Room,
    channels: dict[str, int] | None = None,
    *,
    wait: float = 3600,
    budget: int = ANSWER_BYTES,
    epoch: str = "E1",
    admission: Admission | None = None,
) -> Polling:
    return Polling(room, {CHANNEL: 0} if channels is None else channels, wait, budget, epoch, admission)
