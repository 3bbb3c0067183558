"""Any mix of socket, stream, poll and snapshot, cut anywhere, ends at the same state with each partial result exactly once.

Everything is real but the network and the job's body: a node over SQLite, the journal, the peer, the web's own answers. One
cursor goes from transport to transport. Hypothesis writes the job's life (progress, stages, results small and large, attempts,
hand-backs, lost leases, wishes, ends), changes transports at any moment, and loses the rest of what arrived at any frame, also
in the middle of an array. Two folds take the same frames: one by hand, and the Python client's own.
"""

import asyncio
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from channels.house import ADDRESS, CHANNEL, House, opened
from channels.visits import polling, visiting
from jindu.core import events as ev
from jindu.core.job import Job
from jindu.core.states import ENDS
from jindu_client._held import Holding, Output, Problem
from jindu_client._link import Link
from support.histories import JOB, PLAN, next_events
from support.quiet import quiet
from support.rawclient import Held
from support.wire import DirectWire, Wire

READS = ["socket", "stream", "poll", "cut poll", "small poll", "held poll"]
READS += ["snapshot", "tagged snapshot", "snapshot since", "held snapshot"]
ACTIONS = ["commit", "commit", "several", "listen", "leave", *READS]
LARGE = 40_000  # characters: goes by URL in frames


class Folds:
    """What one client holds, folded twice."""

    def __init__(self) -> None:
        self.held = Held(JOB, [stage.name for stage in PLAN.stages])
        self.holding = Holding([JOB])
        self.link = Link(self.holding, 0)
        self.outputs: list[Output] = []

    def opened(self) -> None:
        self.link = Link(self.holding, 0)

    def frames(self, frames: list[dict[str, Any]]) -> None:
        for frame in frames:
            if "state" in frame:
                have = len(self.held.order) + (frame["type"] == "result" and frame["seq"] > self.held.seq)
                assert have >= frame["state"]["results"], "a state overtook a result"
            self.held.fold(frame)
        self.outputs += self.link.frames(frames, 0)
        self.agree()

    def snapshot(self, body: dict[str, Any]) -> None:
        self.held.snapshot(body)
        self.outputs += self.holding.snapshot(body)
        self.agree()

    def agree(self) -> None:
        theirs = self.holding.held[JOB]
        assert (theirs.seq, theirs.over) == (self.held.seq, bool(self.held.ends))
        assert list(theirs.results) == [key for key, _ in self.held.order]


class Journey:
    """The job's life and its one client, which reads now this way, now that."""

    def __init__(self, house: House, draw: Any) -> None:
        self.house = house
        self.draw = draw
        self.folds = Folds()
        self.line: Wire | None = None
        self._folded = 0
        self._etag = ""

    @property
    def held(self) -> Held:
        return self.folds.held

    async def step(self, action: str) -> None:
        if action in ("commit", "several"):
            await self.commit(1 if action == "commit" else self.draw(st.integers(2, 90)))
        elif action == "listen":
            await self.listen()
        elif action == "leave":
            self.leave()
        else:
            await self.read(action)
        await quiet(self.draw(st.integers(0, 8)))

    async def commit(self, times: int = 1) -> None:
        await self.house.move(self.decide, times)

    def decide(self, job: Job) -> ev.Event | None:
        if job.phase in ENDS:
            return None
        event: ev.Event = self.draw(next_events(job))
        if isinstance(event, ev.ResultKept) and self.draw(st.integers(0, 9)) == 0:
            return ev.ResultKept(event.at, event.key, b'"' + b"x" * LARGE + b'"')
        return event

    def some(self, least: int, most: int) -> int:
        """A number between. How much has arrived is a matter of time, so Hypothesis draws a share of it."""
        return least + round((most - least) * self.draw(st.integers(0, 10)) / 10)

    # Reading.

    async def read(self, way: str) -> None:
        self.leave()
        if way in ("socket", "stream"):
            self.open(way)
        elif "poll" in way:
            await self.poll(way)
        else:
            await self.look(way)

    def open(self, way: str) -> None:
        """Taken as a line: frames arrive while the job goes on, until it is left."""
        self.folds.opened()
        self._folded = 0
        subscribe = self.folds.link.outgoing()[-1]
        if way == "socket":
            self.line = self.house.connect()
            self.line._inbound.put_nowait(subscribe)
        else:
            self.line = visiting(self.house, {CHANNEL: self.held.seq}, epoch=self.held.epoch)  # type: ignore[arg-type]

    async def listen(self) -> None:
        """Until the line has told all there is, and fold it."""
        if self.line is None or self.line.closed is not None:
            return
        job = await self.house.job()
        told = {"progress", "result", "complete", "error"}
        if self.held.seq < job.seq:
            async with asyncio.timeout(10):
                while not any(f["type"] in told and f["seq"] >= job.seq for f in self.line.frames):
                    self.line._moved.clear()
                    await self.line._moved.wait()
        self.fold(len(self.line.frames))
        await self.is_whole()

    def leave(self) -> None:
        """Cut the line; of what arrived some frames are lost, wherever that is in an array."""
        if self.line is None:
            return
        self.fold(self.some(self._folded, len(self.line.frames)))
        self.line.cut()
        self.line = None

    def fold(self, upto: int) -> None:
        assert self.line is not None
        self.folds.frames(self.line.frames[self._folded : upto])
        self._folded = upto

    async def poll(self, way: str) -> None:
        self.folds.opened()
        if way == "small poll":
            budget = self.draw(st.sampled_from([1, 300, 3_000]))
            visit = polling(self.house, {CHANNEL: self.held.seq}, epoch=self.held.epoch, wait=0, budget=budget)  # type: ignore[arg-type]
            frames = await visit.answered()
        else:
            query = {"channels": f"{CHANNEL}@{self.held.seq}", "epoch": self.held.epoch}
            frames = (await self.while_it_moves(way, "/v1/poll", query)).json()
        upto = self.some(0, len(frames)) if way != "poll" else len(frames)
        whole = upto == len(frames) and "more" not in frames[0]
        self.folds.frames(frames[:upto])
        if whole and way == "poll":
            await self.is_whole()

    async def look(self, way: str) -> None:
        query = {} if way in ("snapshot", "tagged snapshot") else {"since": f"{self.held.epoch}:{self.held.seq}"}
        headers = {"if-none-match": self._etag} if way == "tagged snapshot" and self._etag else {}
        answer = await self.while_it_moves(way, ADDRESS, query, headers)
        if answer.status_code == 304:
            return
        assert answer.status_code == 200
        body = answer.json()
        if "unchanged" in body:
            assert body["seq"] == self.held.seq
            return
        self._etag = answer.headers["etag"]
        self.folds.snapshot(body)
        await self.is_whole(body["seq"])

    async def while_it_moves(self, way: str, path: str, query: dict[str, str], headers: Any = None) -> Any:
        """Ask; an answer that is held back is held while the job moves."""
        held = way.startswith("held") and not (await self.house.job()).is_completed
        asked = asyncio.create_task(self.house.ask(path, params={**query, "wait": "20" if held else "0"}, headers=headers))
        if held:
            await quiet(self.draw(st.integers(0, 8)))
            await self.commit()
        return await asked

    # What must hold.

    async def is_whole(self, seq: int | None = None) -> None:
        """What was read to its end is the truth of that seq; nothing was committed since."""
        state, results = await self.house.truth()
        job = await self.house.job()
        if seq is not None and seq != job.seq:
            return  # a held answer may have been made before the commit that came with it was through
        assert self.held.seq == job.seq
        assert await self.shown(self.held.state, state) == state
        assert await self.shown(self.folds.holding.held[JOB].state, state) == state
        assert [(key, await self.whole(data)) for key, data in self.held.order] == results

    async def shown(self, held: dict[str, Any], state: dict[str, Any]) -> dict[str, Any]:
        """The same fields as the truth has, data by URL fetched."""
        result = {"result": await self.whole(held["result_url"])} if "result_url" in held else {}
        return {name: value for name, value in {**held, **result}.items() if name in state}

    async def whole(self, value: Any) -> Any:
        url = isinstance(value, str) and value.startswith("/v1/jobs/")
        return (await self.house.ask(value)).json() if url else value

    async def settle(self, way: str) -> None:
        """The rest is read in one last way."""
        self.leave()
        if (await self.house.job()).seq == self.held.seq:
            return await self.is_whole()
        if way in ("socket", "stream"):
            self.open(way)
            return await self.listen()
        for _ in range(400):
            await self.read("snapshot" if "snapshot" in way else "poll")
            if self.held.seq == (await self.house.job()).seq:
                break
        return await self.is_whole()


@settings(max_examples=80, deadline=None)
@given(st.data(), st.sampled_from([Wire, DirectWire]), st.lists(st.sampled_from(ACTIONS), max_size=20), st.sampled_from(READS))
def test_any_mix_of_reads_ends_at_the_same_state_with_each_result_once(
    data: st.DataObject, wires: type[Wire], actions: list[str], last: str
) -> None:
    async def play(folder: Path) -> None:
        async with asyncio.timeout(60), opened(folder, wires) as house:
            journey = Journey(house, data.draw)
            for action in actions:
                await journey.step(action)
            await journey.settle(last)
            job, updates = await house.job(), [out for out in journey.folds.outputs if not isinstance(out, Problem)]
            assert len(journey.folds.outputs) == len(updates)
            assert [update.kind for update in updates if update.is_end] == [end["type"] for end in journey.held.ends]
            assert len(journey.held.ends) == job.is_completed
            assert [update.key for update in updates if update.kind == "result"] == [key for key, _ in journey.held.order]
            assert journey.held.resets == 0

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(play(Path(folder)))
