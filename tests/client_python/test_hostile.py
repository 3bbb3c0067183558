"""Both clients behind boxes that mean no good: the same state, each result once, on the rung that CLIENTS says, and up again
when the box turns kind. The job goes on until all that has been seen."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from client_python.test_transports import each_client, snapshot, submitted
from client_python.watching import SHORT, TIMEOUT, Seen, Watch, sound
from jindu_client import Client, Patience
from support.middlebox import Manner, Middlebox, Rule, middlebox
from support.server import ServerProcess

pytestmark = pytest.mark.timeout(120)


class Story:
    """A job that goes on until `end`, watched through a box."""

    def __init__(self, server: ServerProcess, box: Middlebox, watch: Watch, until: Path, patience: Patience = SHORT) -> None:
        self.seen = Seen()
        self.box = box
        self._server = server
        self._until = until
        self.job_id = submitted(server, "steady", until=str(until))
        self._watching = asyncio.create_task(watch(box.url, self.job_id, self.seen, patience=patience))

    async def sees(self, holds: Callable[[], bool]) -> None:
        """Until that holds; what ends the watch before is raised."""
        async with asyncio.timeout(TIMEOUT):
            while not holds():
                if self._watching.done():
                    self._watching.result()
                    raise AssertionError(f"the watch ended before: {self.seen.states}")
                await asyncio.sleep(0.01)

    async def goes_on(self) -> None:
        """Further results come."""
        have = len(self.seen.results)
        await self.sees(lambda: len(self.seen.results) > have + 2)

    async def ends(self) -> Seen:
        self._until.touch()
        async with asyncio.timeout(TIMEOUT):
            await self._watching
        sound(self.seen, snapshot(self._server, self.job_id))
        return self.seen


@pytest.fixture
def until(tmp_path: Path) -> Iterator[Path]:
    """Made at the latest when a test is over, so that no job runs on."""
    path = tmp_path / "until"
    yield path
    path.touch()


@each_client
@pytest.mark.parametrize("manner", ["hang", "strip", "forbid", "kill", "swallow"])
async def test_no_socket_through_this_box(running: ServerProcess, until: Path, watch: Watch, manner: Manner) -> None:
    async with middlebox(running.port, {"ws": Rule(manner)}) as box:
        story = Story(running, box, watch, until)
        await story.sees(lambda: story.seen.rungs == ["stream"])
        await story.goes_on()
        assert box.requests["ws"] >= 2 or manner == "strip", "twice; once where the server itself says that there is no upgrade"
        box.turn_kind()
        await story.sees(lambda: story.seen.rungs == ["stream", "ws"])
        await story.goes_on()
        await story.ends()
    assert story.seen.rungs == ["stream", "ws"]


@each_client
@pytest.mark.parametrize("manner", ["hang", "forbid", "keep", "kill", "swallow"])
async def test_nor_a_stream(running: ServerProcess, until: Path, watch: Watch, manner: Manner) -> None:
    async with middlebox(running.port, {"ws": Rule("hang"), "stream": Rule(manner)}) as box:
        story = Story(running, box, watch, until)
        await story.sees(lambda: story.seen.rungs == ["longpoll"])
        await story.goes_on()
        assert box.requests["stream"] == 1
        box.turn_kind()
        await story.sees(lambda: story.seen.rungs == ["longpoll", "ws"])
        await story.ends()


@each_client
@pytest.mark.parametrize("manner", ["hang", "forbid", "kill"])
async def test_nor_a_long_poll(running: ServerProcess, until: Path, watch: Watch, manner: Manner) -> None:
    rules = {"ws": Rule("hang"), "stream": Rule("keep"), "poll": Rule(manner)}
    async with middlebox(running.port, rules) as box:
        story = Story(running, box, watch, until)
        await story.sees(lambda: story.seen.rungs == ["poll"])
        await story.goes_on()
        assert box.requests["poll"] == (1 if manner == "forbid" else 3), "its wait is shortened twice before it is given up"
        box.turn_kind()
        await story.sees(lambda: story.seen.rungs == ["poll", "ws"])
        await story.goes_on()
        await story.ends()


@each_client
async def test_cut_every_few_bytes(running: ServerProcess, until: Path, watch: Watch) -> None:
    """Each connection brings something: no reason to leave the socket, and nothing is lost."""
    async with middlebox(running.port, {name: Rule("cut", size=4_000) for name in ("ws", "stream", "poll")}) as box:
        story = Story(running, box, watch, until, replace(SHORT, hello=8, first_look=4))
        await story.sees(lambda: box.requests.get("ws", 0) >= 8)
        await story.ends()
    assert story.seen.rungs == ["ws"]


@each_client
async def test_everything_is_late(running: ServerProcess, until: Path, watch: Watch) -> None:
    """Later than a first look, sooner than the limit: the look bridges it, and the socket stays."""
    async with middlebox(running.port, {"ws": Rule("delay", seconds=0.3)}) as box:
        story = Story(running, box, watch, until, replace(SHORT, hello=8))
        await story.sees(lambda: story.seen.rungs == ["ws"])
        assert box.requests[story.job_id] == 1, "one look, so that nobody looks at a blank bar"
        await story.goes_on()
        await story.ends()
    assert story.seen.rungs == ["ws"]


@each_client
async def test_the_socket_is_taken_away_in_the_middle(running: ServerProcess, until: Path, watch: Watch) -> None:
    """What was live is cut, and from then on the box lets no socket through; then again it does."""
    async with middlebox(running.port, {"ws": Rule("cut", size=6_000)}) as box:
        story = Story(running, box, watch, until, replace(SHORT, hello=1.5))
        await story.sees(lambda: story.seen.rungs == ["ws"])
        box.rules["ws"] = Rule("swallow")
        await story.sees(lambda: story.seen.rungs == ["ws", "stream"])
        await story.goes_on()
        box.turn_kind()
        await story.sees(lambda: story.seen.rungs == ["ws", "stream", "ws"])
        await story.ends()


def test_the_next_watch_begins_where_the_last_was(running: ServerProcess) -> None:
    """Of one client, for ten minutes: the second watch does not try the socket first."""

    async def boxed() -> list[Seen]:
        async with middlebox(running.port, {"ws": Rule("forbid")}) as box:
            return await asyncio.to_thread(watched, box)

    def watched(box: Middlebox) -> list[Seen]:
        watches = []
        with Client(box.url, patience=replace(SHORT, probes=(600,))) as client:
            for _ in range(2):
                seen = Seen()
                job = client.submit("poured", results=50, pause=0.03)
                seen.updates += client.watch(job.id, timeout=TIMEOUT, on_state=seen.states.append)
                sound(seen, snapshot(running, job.id))
                watches.append(seen)
                assert box.requests["ws"] == 2
        return watches

    assert [seen.rungs for seen in asyncio.run(boxed())] == [["stream"], ["stream"]]
