"""A stream's peer: the subscription comes with the request, silence ends nothing, the end of all does (PROTOCOL section 4)."""

import asyncio

import pytest

from channels.room import CHANNEL, Room
from channels.visits import visiting
from jindu.channels.visit import Visit, nothing_follows
from jindu.core import events as ev
from jindu.core.states import Kind
from support.histories import JOB, NOW, event
from support.quiet import quiet

OTHER = "01OTHERBBBBBBBBBBBBBBBBBBB"


def results(*numbers: int) -> list[ev.Event]:
    return [ev.ResultKept(NOW, f"k{n}", b"%d" % n) for n in numbers]


async def test_hello_replay_subscribed_live_and_bye_at_the_end(room: Room) -> None:
    room.submit()
    room.move(event(Kind.CLAIM), *results(1, 2), event(Kind.PROGRESS))
    wire = visiting(room)
    await wire.until("subscribed")
    assert wire.kinds == ["hello", "result", "result", "progress", "subscribed"]
    room.move(*results(3), event(Kind.RETURN))
    bye = await wire.until("bye")
    await asyncio.wait(room.peers)
    assert [frame["key"] for frame in wire.of("result")] == ["k1", "k2", "k3"]
    assert wire.kinds[-2:] == ["complete", "bye"]
    assert (bye["code"], bye["stop"], bye["retry_ms"], wire.closed) == (1000, True, None, 1000)
    assert (room.hub.connections, room.hub._topics) == (0, {})


@pytest.mark.parametrize("held", [0, 2, 3, 5])
async def test_it_resumes_from_the_cursor_and_ends_at_once_if_nothing_follows(room: Room, held: int) -> None:
    room.submit()
    room.move(event(Kind.CLAIM), *results(1, 2), event(Kind.RETURN))
    wire = visiting(room, {CHANNEL: held})
    await asyncio.wait(room.peers)
    assert [frame["seq"] for frame in wire.frames if "seq" in frame] == [seq for seq in (3, 4, 5) if seq > held]
    assert wire.kinds[-1] == "bye"
    assert not wire.of("reset")


async def test_bye_waits_for_the_last_of_several(room: Room) -> None:
    room.submit()
    room.submit(OTHER)
    wire = visiting(room, {CHANNEL: 0, f"job:{OTHER}": 0})
    await wire.until("subscribed")
    room.move(event(Kind.FAIL))
    await wire.until("error")
    await quiet()
    assert wire.closed is None
    room.move(event(Kind.CANCEL), job_id=OTHER)
    await wire.until("bye")
    assert wire.kinds[-2:] == ["error", "bye"]


async def test_a_feed_keeps_it_open(room: Room) -> None:
    room.submit()
    wire = visiting(room, {CHANNEL: 0, "jobs": 0})
    await wire.until("subscribed")
    room.move(event(Kind.CANCEL))
    await quiet()
    await room.pass_time(1)
    assert wire.of("error")
    assert wire.closed is None


async def test_unknown_channels_are_told_and_do_not_keep_it_open(room: Room) -> None:
    wire = visiting(room, {CHANNEL: 3, "weather": 0})
    await asyncio.wait(room.peers)
    assert wire.kinds == ["hello", "problem", "problem", "subscribed", "bye"]
    assert {problem["channel"] for problem in wire.of("problem")} == {CHANNEL, "weather"}
    assert wire.closed == 1000


async def test_a_job_that_is_removed_is_told_and_ends_it(room: Room) -> None:
    room.submit()
    wire = visiting(room)
    await wire.until("subscribed")
    room.log.remove(JOB)
    await asyncio.wait(room.peers)
    assert wire.kinds[-2:] == ["problem", "bye"]


async def test_it_rotates_when_its_time_is_over_and_loses_nothing(room: Room) -> None:
    room.submit()
    wire = visiting(room, until=room.clock.monotonic() + 30)
    await wire.until("subscribed")
    await room.pass_time(29)
    assert wire.closed is None
    room.move(event(Kind.CLAIM))
    await room.pass_time(1)
    await asyncio.wait(room.peers)
    assert wire.of("progress")[-1]["seq"] == 2
    bye = wire.frames[-1]
    assert (bye["code"], bye["retry_ms"], bye["stop"], wire.closed) == (4201, 0, False, 4201)


async def test_the_end_of_all_wins_over_the_rotation(room: Room) -> None:
    room.submit()
    room.move(event(Kind.CANCEL))
    wire = visiting(room, until=room.clock.monotonic())
    await asyncio.wait(room.peers)
    assert wire.closed == 1000


async def test_silence_of_the_client_ends_nothing_and_pings_leave(room: Room) -> None:
    room.submit()
    wire = visiting(room)
    await wire.until("subscribed")
    for _ in range(200):
        await room.pass_time(1)
    assert wire.closed is None
    assert len(wire.of("ping")) == 10
    assert wire.of("hint"), "a quiet job is said to be alive"


async def test_a_write_that_takes_more_than_10_seconds_ends_it_and_others_go_on(room: Room) -> None:
    room.submit()
    stalled, reading = visiting(room), visiting(room)
    await stalled.until("subscribed")
    await reading.until("subscribed")
    stalled.stall()
    room.move(event(Kind.CLAIM))
    await quiet()
    await room.pass_time(10.1)
    assert stalled.gone
    await quiet()
    assert room.hub.connections == 1
    room.move(event(Kind.RETURN))
    await reading.until("bye")


async def test_who_goes_away_leaves_nothing_behind(room: Room) -> None:
    room.submit()
    wire = visiting(room, {CHANNEL: 0, "jobs": 0})
    await wire.until("subscribed")
    wire.cut()
    await asyncio.wait(room.peers)
    assert (room.hub.connections, room.hub._topics, room.hub._feeds) == (0, {}, ())


async def test_draining_is_told_during_and_before(room: Room) -> None:
    room.submit()
    early = visiting(room)
    await early.until("subscribed")
    await room.hub.send_away(4200, "restart", 3.0)
    late = visiting(room)
    await asyncio.wait(room.peers)
    assert (early.frames[-1]["code"], early.frames[-1]["stop"], early.closed) == (4200, False, 4200)
    assert (late.kinds, late.closed) == (["hello", "bye"], 4200)


async def test_a_broken_store_is_told_4103(room: Room) -> None:
    room.submit()
    room.log.broken = True
    wire = visiting(room)
    await asyncio.wait(room.peers)
    assert (wire.kinds, wire.closed) == (["hello", "bye"], 4103)


@pytest.mark.parametrize(
    ("channels", "epoch", "nothing"),
    [
        ({CHANNEL: 2}, "E1", True),
        ({CHANNEL: 1}, "E1", False),
        ({CHANNEL: 3}, "E1", False),
        ({CHANNEL: 0}, "E1", False),
        ({CHANNEL: 2}, "E0", False),
        ({CHANNEL: 2}, "", False),
        ({CHANNEL: 2, "jobs": 0}, "E1", False),
        ({CHANNEL: 2, "owner:ann": 2}, "E1", False),
        ({CHANNEL: 2, "job:no": 2}, "E1", False),
        ({CHANNEL: 2, "job:01NOSUCHJOBBBBBBBBBBBBBBBB": 2}, "E1", False),
        ({CHANNEL: 2, f"job:{OTHER}": 1}, "E1", False),
    ],
)
async def test_nothing_follows_only_cursors_at_the_ends(
    room: Room, channels: dict[str, int], epoch: str, nothing: bool
) -> None:
    room.submit()
    room.submit(OTHER)
    room.move(event(Kind.CANCEL))
    assert await nothing_follows(room.hub, Visit(channels, epoch)) is nothing
    assert room.hub._topics == {}
