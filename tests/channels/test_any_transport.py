"""Whatever transports a client takes in turn, wherever they are cut: it ends at the newest state, each result once.

One cursor for all (PROTOCOL, first lines): Hypothesis commits, changes between socket, stream and poll, cuts, loses notices.
"""

import asyncio
from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.room import CHANNEL, Room, opened
from channels.visits import Polling, polling, visiting
from jindu.core import frames
from jindu.core.job import Job
from jindu.core.states import ENDS
from support.histories import JOB, next_events
from support.quiet import quiet
from support.rawclient import Held
from support.wire import DirectWire, Wire

ACTIONS = ["commit", "commit", "several", "socket", "stream", "poll", "time", "stall", "go on", "hold reads", "answer reads"]


class Traveller:
    """One client with one cursor; a new connection begins by cutting the one before."""

    def __init__(self, room: Room) -> None:
        self.held = Held(JOB)
        self.room = room
        self.line: Wire | Polling | None = None
        self._folded = 0

    @property
    def channels(self) -> dict[str, int]:
        return {CHANNEL: self.held.seq}

    def take(self, transport: str, budget: int) -> None:
        self.leave()
        self._folded = 0
        if transport == "socket":
            self.line = self.room.connect()
            self.line.subscribe(self.channels, epoch=self.held.epoch)
        elif transport == "stream":
            self.line = visiting(self.room, self.channels, epoch=self.held.epoch)
        else:
            self.line = polling(self.room, self.channels, epoch=self.held.epoch, budget=budget, wait=5)

    def leave(self) -> None:
        self.fold()
        if isinstance(self.line, Polling):
            self.line.leave()
        elif self.line is not None:
            self.line.cut()

    def fold(self) -> None:
        if self.line is None or (isinstance(self.line, Polling) and not self.line.task.done()):
            return
        arrived = self.line.frames
        for frame in arrived[self._folded :]:
            if "state" in frame:
                kept = frame["state"]["results"]
                assert len(self.held.order) + (frame["type"] == "result") >= kept, "a state overtook a result"
            self.held.fold(frame)
        self._folded = len(arrived)


class Journey:
    def __init__(self, room: Room, draw: Any) -> None:
        self.room = room
        self.draw = draw
        self.results: list[str] = []
        room.submit()
        self.client = Traveller(room)

    @property
    def job(self) -> Job:
        return self.room.log.jobs[JOB]

    async def step(self, action: str) -> None:
        if action in ("commit", "several"):
            for _ in range(1 if action == "commit" else self.draw(st.integers(2, 90))):
                self.commit(self.draw(st.sampled_from(["all", "all", "hint", "nothing"])))
        elif action in ("socket", "stream", "poll"):
            self.client.take(action, self.draw(st.sampled_from([1, 300, 3_000, 300_000])))
        else:
            self.disturb(action)
        await quiet(self.draw(st.integers(0, 8)))
        self.client.fold()

    def disturb(self, action: str) -> None:
        line = self.client.line
        if action == "time":
            self.room.clock.advance(self.draw(st.sampled_from([0.1, 1.0, 6.0])))
            self.room.hub.tick(self.room.clock.monotonic())
        elif action == "hold reads":
            self.room.log.hold()
        elif action == "answer reads":
            self.room.log.go_on()
        elif isinstance(line, Wire):
            (line.stall if action == "stall" else line.go_on)()

    def commit(self, tell: str) -> None:
        if self.job.phase in ENDS:
            return
        before = self.job.results
        event = self.draw(next_events(self.job))
        job = self.room.move(event, tell=tell)
        if job.results > before:
            self.results.append(event.key)  # type: ignore[union-attr]

    async def settle(self) -> None:
        """Everything is released; polls with the smallest budget fetch the rest."""
        self.room.log.go_on()
        self.client.leave()
        self.client.line = None
        await quiet()  # so that the topic, which may have missed a notice, is forgotten
        for _ in range(40):
            self.client.take("poll", 1)
            await quiet()
            self.client.fold()
            if self.client.held.seq == self.job.seq:
                return


@settings(max_examples=120, deadline=None)
@given(st.data(), st.sampled_from([Wire, DirectWire]), st.lists(st.sampled_from(ACTIONS), max_size=25))
def test_a_client_that_changes_transports_ends_at_the_newest_state_with_every_result_once(
    data: st.DataObject, wires: type[Wire], actions: list[str]
) -> None:
    async def play() -> None:
        async with opened(wires) as room:
            journey = Journey(room, data.draw)
            for action in actions:
                await journey.step(action)
            await journey.settle()
            held, job = journey.client.held, journey.job
            shown = orjson.loads(orjson.dumps(frames.state(job, room.log._results.get(JOB))))
            assert [key for key, _ in held.order] == journey.results
            assert (held.seq, held.state) == (job.seq, shown)
            assert len(held.ends) == job.is_completed
            assert held.resets == 0

    asyncio.run(play())
