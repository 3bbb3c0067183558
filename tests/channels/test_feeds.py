"""Feeds: live states of many jobs, four flushes a second, newest wins, no cursor (PROTOCOL section 2, Channels)."""

from collections.abc import Iterable, Iterator

import pytest

from channels.room import CHANNEL, Room
from jindu.core import events as ev
from jindu.core import frames
from jindu.core.advice import Advice
from jindu.core.job import Job
from jindu.core.states import Kind
from support.histories import JOB, NOW, event
from support.quiet import quiet
from support.wire import Wire

OTHER = "01OTHERBBBBBBBBBBBBBBBBBBB"
FLUSH = 0.25


async def following(room: Room, channel: str = "jobs") -> Wire:
    wire = await room.watching({channel: 0})
    assert wire.of("subscribed")[0]["channels"] == {channel: 0}
    return wire


async def flushed(room: Room, wire: Wire) -> None:
    room.clock.advance(FLUSH)
    wire.nudge()
    await quiet()


async def test_a_feed_does_not_replay(room: Room) -> None:
    room.submit()
    assert (await following(room)).kinds == ["hello", "subscribed"]


async def test_frames_are_marked_and_carry_the_head_on_first_mention_only(room: Room) -> None:
    wire = await following(room)
    room.submit(owner="lena")
    await quiet()
    room.move(event(Kind.CLAIM))
    await flushed(room, wire)
    first, second = wire.of("progress")
    assert (first["feed"], second["feed"]) == (True, True)
    assert first["head"]["owner"] == "lena"
    assert "head" not in second
    assert second["state"]["status"] == "running"


async def test_a_state_is_encoded_once_for_all_who_follow(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    encoded: list[bool] = []
    encode = frames.feed_frame

    def counted(job: Job, *, first: bool, advice: Advice) -> bytes:
        encoded.append(first)
        return encode(job, first=first, advice=advice)

    monkeypatch.setattr(frames, "feed_frame", counted)
    wires = [await following(room), await following(room)]
    room.submit()
    await quiet()
    for step in (event(Kind.CLAIM), ev.Progressed(NOW, 10)):
        room.move(step)
        room.clock.advance(FLUSH)
        for wire in wires:
            wire.nudge()
        await quiet()
    assert encoded == [True, True, False, False]
    assert wires[0].of("progress")[-1] == wires[1].of("progress")[-1]


async def test_who_began_at_different_moments_is_told_at_the_same_and_the_same_messages(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed: list[int] = []
    pack = frames.pack

    def counted(due: Iterable[bytes]) -> Iterator[bytes]:
        listed = list(due)
        packed.append(len(listed))
        return iter(pack(listed))

    early = await following(room)
    room.submit()
    room.submit(OTHER)
    await quiet()
    room.clock.advance(0.1)
    late = await following(room)
    room.move(event(Kind.CLAIM))
    room.move(event(Kind.CLAIM), job_id=OTHER)
    await quiet()
    for job in (JOB, OTHER):
        room.move(ev.Progressed(NOW, 5), job_id=job)
    await quiet()
    room.clock.advance(0.4)  # to a multiple of a quarter
    for wire in (early, late):
        wire.nudge()
    await quiet()
    told = [len(wire.messages) for wire in (early, late)]
    room.move(ev.Progressed(NOW, 10))
    room.move(ev.Progressed(NOW, 10), job_id=OTHER)
    await quiet()
    assert [len(wire.messages) for wire in (early, late)] == told, "the moment has not come"
    monkeypatch.setattr(frames, "pack", counted)
    room.clock.advance(FLUSH)
    for wire in (early, late):
        wire.nudge()
    await quiet()
    assert early.messages[-1] == late.messages[-1]
    assert [number for number in packed if number] == [2]


async def test_at_most_four_flushes_a_second_and_the_newest_wins(room: Room) -> None:
    wire = await following(room)
    room.submit()
    room.submit(OTHER)
    await quiet()
    assert len(wire.messages) == 3
    room.move(event(Kind.CLAIM), ev.Progressed(NOW, 10), ev.Progressed(NOW, 20))
    room.move(event(Kind.CLAIM), job_id=OTHER)
    await quiet()
    room.clock.advance(FLUSH - 0.01)
    wire.nudge()
    await quiet()
    assert len(wire.messages) == 3, "not before the quarter of a second is over"
    await flushed(room, wire)
    assert len(wire.messages) == 4, "all that is due leaves in one write"
    assert [(frame["job"], frame["seq"]) for frame in wire.of("progress")[-2:]] == [(JOB, 4), (OTHER, 2)]


async def test_what_is_held_leaves_by_itself(room: Room) -> None:
    wire = await following(room)
    room.submit()
    await quiet()
    room.move(event(Kind.CLAIM))
    await quiet()
    room.clock.advance(FLUSH)
    assert (await wire.until("progress", 2))["seq"] == 2


async def test_ends_show_in_the_feed_without_their_result(room: Room) -> None:
    wire = await following(room)
    room.submit()
    room.move(event(Kind.CLAIM), event(Kind.RETURN))
    await quiet()
    [frame] = wire.of("complete")
    assert frame["feed"]
    assert "result" not in frame["state"]
    assert not wire.of("result")


async def test_an_owners_feed_shows_that_owners_jobs_only(room: Room) -> None:
    wire = await following(room, "owner:lena")
    room.submit(owner="lena")
    room.submit(OTHER, owner="mira")
    room.submit("01THIRDCCCCCCCCCCCCCCCCCCC")
    await flushed(room, wire)
    assert [frame["job"] for frame in wire.of("progress")] == [JOB]


async def test_a_removed_job_is_gone_once_and_only_where_it_was_mentioned(room: Room) -> None:
    room.submit(OTHER)
    wire, owners = await following(room), await following(room, "owner:nobody")
    room.submit()
    await quiet()
    room.log.remove(JOB)
    room.log.remove(OTHER)
    await flushed(room, wire)
    assert wire.of("gone") == [{"type": "gone", "job": JOB, "feed": True}]
    assert not owners.of("gone")


async def test_a_job_removed_before_it_was_mentioned_is_not_mentioned(room: Room) -> None:
    wire = await following(room)
    room.submit()
    await quiet()
    room.submit(OTHER)  # held back: a flush has just left
    await quiet()
    room.log.remove(OTHER)
    await flushed(room, wire)
    assert {frame.get("job") for frame in wire.frames} == {None, JOB}


async def test_a_feed_beside_a_watch_of_the_same_job_moves_no_cursor(room: Room) -> None:
    room.submit()
    wire = await room.watching({"jobs": 0, CHANNEL: 0})
    room.move(event(Kind.CLAIM), ev.ResultKept(NOW, "k", b"1"))
    await flushed(room, wire)
    own = [frame for frame in wire.frames if frame.get("seq") and not frame.get("feed")]
    assert [frame["type"] for frame in own] == ["progress", "result"]
    assert len([frame for frame in wire.frames if frame.get("feed")]) == 1


async def test_nothing_comes_after_unsubscribe(room: Room) -> None:
    wire = await following(room)
    wire.say({"type": "unsubscribe", "channels": ["jobs"]})
    await quiet()
    room.submit()
    await flushed(room, wire)
    assert wire.kinds == ["hello", "subscribed"]


async def test_a_stalled_reader_of_a_feed_gets_the_newest_of_each_job(room: Room) -> None:
    wire = await following(room)
    wire.stall()
    room.submit()
    await quiet()
    room.move(event(Kind.CLAIM))
    for n in range(300):
        room.move(ev.Progressed(NOW, n / 10))
    await quiet()
    wire.go_on()
    await quiet()
    await flushed(room, wire)
    assert len(wire.of("progress")) == 2
    assert wire.frames[-1]["state"]["progress"] == 29.9


async def test_a_job_of_two_feeds_of_one_connection_is_told_once(room: Room) -> None:
    wire = await room.watching({"jobs": 0, "owner:lena": 0})
    room.submit(owner="lena")
    await quiet()
    room.move(event(Kind.CLAIM))
    await flushed(room, wire)
    wire.say({"type": "unsubscribe", "channels": ["jobs"]})
    await quiet()
    room.move(ev.Progressed(NOW, 20))
    await flushed(room, wire)
    assert [frame["seq"] for frame in wire.of("progress")] == [1, 2, 3], "each once, also by the feed that is left"
