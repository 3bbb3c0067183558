"""Whatever happens in whatever order, a client that applies what is greater ends at the newest state, each result once.

Hypothesis commits, stalls, cuts, reconnects with the cursor, loses notices and holds reads of the log; the client is the
fold of PROTOCOL rule 1, written by hand.
"""

import asyncio
from collections.abc import Callable
from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.room import CHANNEL, Room, opened
from jindu.core import frames
from jindu.core.job import Job
from jindu.core.states import ENDS
from support.histories import JOB, next_events
from support.quiet import quiet
from support.rawclient import Held
from support.wire import DirectWire, Wire

COMMITS = ["commit", "commit", "commit", "several"]
ACTIONS = [*COMMITS, "stall", "go on", "cut", "hold reads", "answer reads", "time", "again", "feed"]


class Client:
    """Connects, resumes by its cursor, folds what has arrived; checks that nothing falls, overtakes or follows an end."""

    def __init__(self, room: Room, pace: float | None) -> None:
        self.held = Held(JOB)
        self.wire = Wire()
        self._room = room
        self._pace = pace
        self._folded = 0
        self.connect()

    def connect(self) -> None:
        self.wire, self._folded = self._room.connect(), 0
        self.subscribe()

    def subscribe(self) -> None:
        more = {} if self._pace is None else {"pace": self._pace}
        self.wire.say({"type": "subscribe", "epoch": self.held.epoch, "channels": {CHANNEL: self.held.seq}, **more})

    def fold(self) -> None:
        arrived = self.wire.frames
        for frame in arrived[self._folded :]:
            if "state" in frame and not frame.get("feed"):
                kept = frame["state"]["results"]
                assert len(self.held.order) + (frame["type"] == "result") >= kept, "a state overtook a result"
            self.held.fold(frame)
        self._folded = len(arrived)

    @property
    def lost(self) -> bool:
        return self.wire.gone or self.wire.closed is not None


class Story:
    def __init__(self, room: Room, draw: Any) -> None:
        self.room = room
        self.draw = draw
        self.results: list[str] = []
        room.submit()
        self.client = Client(room, draw(st.sampled_from([None, 0.5, 10])))

    @property
    def job(self) -> Job:
        return self.room.log.jobs[JOB]

    async def step(self, action: str) -> None:
        if action in COMMITS:
            for _ in range(1 if action == "commit" else self.draw(st.integers(2, 90))):
                self.commit(self.draw(st.sampled_from(["all", "all", "all", "hint", "nothing"])))
        else:
            self.disturb(action)
        await quiet(self.draw(st.integers(0, 8)))
        self.client.fold()

    def disturb(self, action: str) -> None:
        wire, log = self.client.wire, self.room.log
        disturbances: dict[str, Callable[[], None]] = {
            "stall": wire.stall,
            "go on": wire.go_on,
            "cut": self.reconnect,
            "hold reads": log.hold,
            "answer reads": log.go_on,
            "time": self.pass_time,
            "again": self.client.subscribe,
            "feed": lambda: wire.say({"type": "subscribe", "channels": {"jobs": 0}}),
        }
        disturbances[action]()

    def reconnect(self) -> None:
        self.client.fold()
        self.client.wire.cut()
        self.client.connect()

    def pass_time(self) -> None:
        self.room.clock.advance(self.draw(st.sampled_from([0.1, 1.0, 6.0, 11.0])))
        self.room.hub.tick(self.room.clock.monotonic())
        self.client.wire.say({"type": "pong"})

    def commit(self, tell: str) -> None:
        if self.job.phase in ENDS:
            return
        before = self.job.results
        event = self.draw(next_events(self.job))
        job = self.room.move(event, tell=tell)
        if job.results > before:
            self.results.append(event.key)  # type: ignore[union-attr]

    async def settle(self) -> None:
        """Everything is released; a client that lost its connection comes back; the timer runs out."""
        self.room.log.go_on()
        self.client.wire.go_on()
        self.commit("all")  # so that a notice that was lost is noticed
        if self.job.phase in ENDS:
            self.client.wire.cut()
        for _ in range(4):
            await quiet()
            self.client.fold()
            if self.client.lost:
                self.client.connect()
            self.room.clock.advance(5)
            self.client.wire.nudge()
        await quiet()
        self.client.fold()


@settings(max_examples=150, deadline=None)
@given(st.data(), st.sampled_from([Wire, DirectWire]), st.lists(st.sampled_from(ACTIONS), max_size=25))
def test_a_client_ends_at_the_newest_state_with_every_result_once(
    data: st.DataObject, wires: type[Wire], actions: list[str]
) -> None:
    async def play() -> None:
        async with opened(wires) as room:
            story = Story(room, data.draw)
            for action in actions:
                await story.step(action)
            await story.settle()
            held, job = story.client.held, story.job
            shown = orjson.loads(orjson.dumps(frames.state(job, room.log._results.get(JOB))))
            assert [key for key, _ in held.order] == story.results
            assert (held.seq, held.state) == (job.seq, shown)
            assert len(held.ends) == job.is_completed
            assert held.resets == 0

    asyncio.run(play())
