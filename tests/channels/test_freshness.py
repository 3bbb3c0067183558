"""A client that says nothing is held back, and gets the newest once it speaks (PROTOCOL section 6)."""

from channels.room import Room
from jindu.core import events as ev
from jindu.core.states import Kind
from jindu.core.window import FRAMES
from support.histories import NOW, event
from support.quiet import quiet


async def reported(room: Room, times: int, begin: int = 0) -> None:
    """So many reports, each in a turn of its own."""
    for n in range(begin, begin + times):
        room.move(ev.Progressed(NOW, 1 + n / 10))
        await quiet()


async def test_states_wait_for_a_sign_of_life_and_only_the_newest_of_them_leaves(room: Room) -> None:
    room.submit()
    room.move(event(Kind.CLAIM))
    wire = await room.watching()
    await reported(room, 3 * FRAMES)
    shown = len(wire.of("progress"))
    assert shown <= FRAMES
    assert wire.kinds.count("ping") == 1
    wire.say({"type": "pong"})
    await quiet()
    assert len(wire.of("progress")) == shown + 1
    assert wire.of("progress")[-1]["state"]["progress"] == 1 + (3 * FRAMES - 1) / 10


async def test_whoever_answers_gets_every_state(room: Room) -> None:
    room.submit()
    room.move(event(Kind.CLAIM))
    wire = await room.watching()
    before = len(wire.of("progress"))
    for n in range(3 * FRAMES):
        await reported(room, 1, n)
        if wire.kinds[-1] == "ping":
            wire.say({"type": "pong"})
            await quiet()
    assert len(wire.of("progress")) == before + 3 * FRAMES


async def test_results_held_back_all_arrive_in_order(room: Room) -> None:
    room.submit()
    room.move(event(Kind.CLAIM))
    wire = await room.watching()
    for n in range(3 * FRAMES):
        room.move(ev.ResultKept(NOW, f"k{n}", b"1"))
        await quiet()
    assert len(wire.of("result")) <= FRAMES
    for _ in range(10):
        wire.say({"type": "pong"})
        await quiet()
    assert [frame["key"] for frame in wire.of("result")] == [f"k{n}" for n in range(3 * FRAMES)]


async def test_who_leaves_all_of_it_unanswered_is_dropped_in_time(room: Room) -> None:
    room.submit()
    room.move(event(Kind.CLAIM))
    wire = await room.watching()
    await reported(room, 2 * FRAMES)
    room.hub.tick(room.clock.monotonic())
    room.clock.advance(room.hub.write_stall)
    room.hub.tick(room.clock.monotonic())
    assert not wire.gone
    room.clock.advance(0.1)
    room.hub.tick(room.clock.monotonic())
    assert wire.gone


async def test_an_end_is_not_held_back(room: Room) -> None:
    room.submit()
    room.move(event(Kind.CLAIM))
    wire = await room.watching()
    await reported(room, 2 * FRAMES)
    room.move(ev.ResultKept(NOW, "k", b"1"), event(Kind.RETURN))
    await quiet()
    assert [frame["type"] for frame in wire.of("result", "complete")] == ["result", "complete"]
