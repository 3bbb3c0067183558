"""Pings, hints, silence, stalls, draining: what time does to a connection (PROTOCOL rule 6, sections 5 and 7)."""

import asyncio

import pytest

from channels.room import CHANNEL, Room
from jindu.core.states import Kind
from support.histories import JOB, event
from support.quiet import quiet


async def test_a_ping_leaves_every_20_seconds_and_a_pong_keeps_the_connection(room: Room) -> None:
    wire = await room.watching({})
    for second in range(1, 201):
        wire.say({"type": "pong"})
        await quiet(5)
        await room.pass_time(1)
        assert len(wire.of("ping")) == second // 20
    assert wire.closed is None


async def test_who_says_nothing_is_told_4102_and_closed(room: Room) -> None:
    wire = await room.watching({})
    await room.pass_time(45)
    assert wire.closed is None
    await room.pass_time(1)
    await asyncio.wait(room.peers)
    assert (wire.closed, wire.frames[-1]["code"], wire.frames[-1]["stop"]) == (4102, 4102, False)
    assert room.hub.connections == 0


async def test_a_hint_renews_an_open_job_after_10_seconds_without_a_frame(room: Room) -> None:
    room.submit()
    wire = await room.watching()
    await room.pass_time(9)
    assert not wire.of("hint")
    await room.pass_time(1)
    assert wire.of("hint") == [{"type": "hint", "job": JOB, "queue": None, "eta": None}]
    await room.pass_time(5)
    assert len(wire.of("hint")) == 1, "a hint is itself a frame about the job"
    room.move(event(Kind.CLAIM))
    await quiet()
    await room.pass_time(6)
    assert len(wire.of("hint")) == 1
    await room.pass_time(5)
    assert len(wire.of("hint")) == 2


async def test_no_hint_follows_an_end(room: Room) -> None:
    room.submit()
    room.move(event(Kind.FAIL))
    wire = await room.watching()
    await room.pass_time(15)
    assert wire.kinds == ["hello", "error", "subscribed"]


async def test_a_write_that_takes_more_than_10_seconds_ends_the_connection(room: Room) -> None:
    room.submit()
    wire = await room.watching()
    wire.stall()
    room.move(event(Kind.CLAIM))
    await quiet()
    await room.pass_time(10)
    assert not wire.gone
    await room.pass_time(0.1)
    assert wire.gone
    await asyncio.wait(room.peers)
    assert (room.hub.connections, room.hub._topics) == (0, {})


async def test_a_slow_reader_that_still_reads_is_left_alone(room: Room) -> None:
    room.submit()
    wire = await room.watching()
    for kind in (Kind.CLAIM, Kind.STAGE, Kind.PROGRESS):
        wire.stall()
        room.move(event(kind))
        await quiet()
        await room.pass_time(9)
        wire.go_on()
        await quiet()
    assert not wire.gone
    assert wire.of("progress")[-1]["seq"] == 4


async def test_draining_tells_everyone_when_to_come_back_and_closes(room: Room) -> None:
    room.submit()
    wires = [await room.watching() for _ in range(30)]
    await room.hub.send_away(4200, "restart", 3.0)
    await asyncio.wait(room.peers)
    for wire in wires:
        bye = wire.frames[-1]
        assert (bye["type"], bye["code"], bye["why"], bye["stop"]) == ("bye", 4200, "restart", False)
        assert 0 <= bye["retry_ms"] <= 3000
        assert wire.closed == 4200
    assert len({wire.frames[-1]["retry_ms"] for wire in wires}) > 10, "not all at once"
    assert await room.hub.emptied(0)


async def test_a_node_that_drains_still_says_what_was_committed_before(room: Room) -> None:
    room.submit()
    wire = await room.watching()
    room.move(event(Kind.CLAIM))
    room.move(event(Kind.RETURN))
    await quiet()
    await room.hub.send_away(4200, "restart", 3.0)
    await asyncio.wait(room.peers)
    assert wire.kinds[-2:] == ["complete", "bye"]


async def test_who_comes_while_the_node_drains_gets_hello_and_bye(room: Room) -> None:
    await room.hub.send_away(4200, "restart", 3.0)
    wire = room.connect()
    await asyncio.wait(room.peers)
    assert wire.kinds == ["hello", "bye"]
    assert wire.closed == 4200


async def test_a_stalled_reader_does_not_hold_up_the_others_nor_the_draining_of_them(room: Room) -> None:
    room.submit()
    stalled, reading = await room.watching(), await room.watching()
    stalled.stall()
    room.move(event(Kind.CLAIM))
    await quiet()
    await room.hub.send_away(4200, "restart", 3.0)
    await quiet()
    assert reading.closed == 4200
    assert room.hub.connections == 1


@pytest.mark.parametrize(("message", "code"), [("nonsense", 4000), ('"x"', 4000), ("[" + " " * 70_000 + "]", 4013)])
async def test_what_cannot_be_read_is_told_before_the_close(room: Room, message: str, code: int) -> None:
    wire = room.connect()
    wire._inbound.put_nowait(message)
    await asyncio.wait(room.peers)
    assert (wire.kinds, wire.frames[-1]["code"], wire.frames[-1]["stop"], wire.closed) == (["hello", "bye"], code, True, code)


async def test_a_wrong_field_is_told_and_the_connection_stays(room: Room) -> None:
    room.submit()
    wire = room.connect()
    wire.say({"type": "subscribe", "channels": 5})
    wire.subscribe({CHANNEL: 0})
    await wire.until("subscribed")
    assert wire.kinds == ["hello", "problem", "progress", "subscribed"]


async def test_more_than_200_channels_close_with_4004_however_they_are_asked_for(room: Room) -> None:
    wire = await room.watching({f"owner:{n}": 0 for n in range(200)})
    wire.say({"type": "unsubscribe", "channels": ["owner:0"]}, {"type": "subscribe", "channels": {"owner:0": 0}})
    await wire.until("subscribed", 2)
    await quiet()
    wire.subscribe({"owner:200": 0})
    await asyncio.wait(room.peers, timeout=5)
    assert wire.closed == 4004


async def test_a_connection_that_is_cut_leaves_nothing_behind(room: Room) -> None:
    room.submit()
    wire = await room.watching({CHANNEL: 0, "jobs": 0})
    wire.cut()
    await asyncio.wait(room.peers)
    room.move(event(Kind.CLAIM))
    assert (room.hub.connections, room.hub._topics, room.hub._feeds) == (0, {}, ())
    assert all(peer.exception() is None for peer in room.peers)


async def test_a_client_that_asks_and_does_not_read_is_not_read_further(room: Room) -> None:
    wire = await room.watching({})
    wire.stall()
    for _ in range(39):  # with the one before as many as may come at once, each with ten refusals
        wire.subscribe({f"weather-{number}": 0 for number in range(10)})
    await quiet()
    assert wire.unread > 15
    wire.go_on()
    await wire.until("subscribed", 40)
    assert wire.unread == 0


async def test_many_are_sent_away_one_after_another(room: Room) -> None:
    room.submit()
    for _ in range(30):
        await room.watching()
    leaving = asyncio.create_task(room.hub.send_away(4200, "restart", 3.0, within=0.2))
    await quiet()
    assert room.hub.connections > 20
    late = room.connect()
    await late.until("bye")
    assert room.hub.connections > 10
    await leaving
    await asyncio.wait(room.peers)
    assert await room.hub.emptied(0)
