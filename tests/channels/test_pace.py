"""The pace a client asks for holds back mere progress and nothing else (PROTOCOL section 4; REQUIREMENTS A8)."""

import pytest

from channels.room import CHANNEL, Room
from jindu.core import events as ev
from jindu.core.states import Kind
from support.histories import NOW, event
from support.quiet import quiet
from support.wire import Wire


async def paced(room: Room) -> Wire:
    """A watcher at one frame in two seconds, who has just got one."""
    room.submit()
    room.move(event(Kind.CLAIM), event(Kind.STAGE), ev.Progressed(NOW, 1))
    return await room.watching(pace=0.5)


async def look_again(wire: Wire) -> None:
    wire.nudge()
    await quiet()


async def test_progress_waits_and_then_only_the_newest_leaves(room: Room) -> None:
    wire = await paced(room)
    for percent in (2, 3, 4):
        room.move(ev.Progressed(NOW, percent))
        await quiet()
    assert len(wire.of("progress")) == 1
    room.clock.advance(1.9)
    await look_again(wire)
    assert len(wire.of("progress")) == 1
    room.clock.advance(0.2)
    await look_again(wire)
    assert [frame["state"]["progress"] for frame in wire.of("progress")] == [1, 4]


async def test_what_is_held_leaves_without_anything_new_happening(room: Room) -> None:
    room.submit()
    room.move(event(Kind.CLAIM))
    wire = await room.watching(pace=10)
    room.move(ev.Progressed(NOW, 5))
    await quiet()
    assert len(wire.of("progress")) == 1
    room.clock.advance(0.2)
    assert (await wire.until("progress", 2))["state"]["progress"] == 5


@pytest.mark.parametrize(
    ("moved", "kind"),
    [
        (ev.StageEntered(NOW, 1), "progress"),
        (ev.ResultKept(NOW, "k", b"1"), "result"),
        (ev.Returned(NOW, b"1"), "complete"),
        (event(Kind.FAIL), "error"),
        (event(Kind.CANCEL), "error"),
        (event(Kind.RETRY), "progress"),
    ],
    ids=["stage", "result", "complete", "failed", "cancelled", "retry"],
)
async def test_what_matters_ignores_the_pace(room: Room, moved: ev.Event, kind: str) -> None:
    wire = await paced(room)
    room.move(ev.Progressed(NOW, 2))
    await quiet()
    assert wire.frames[-1]["type"] == "subscribed"
    ended = room.move(moved)
    await quiet()
    assert (wire.frames[-1]["type"], wire.frames[-1]["seq"]) == (kind, ended.seq)


async def test_who_asks_for_no_pace_gets_every_change(room: Room) -> None:
    room.submit()
    room.move(event(Kind.CLAIM))
    wire = await room.watching()
    for percent in range(1, 21):
        room.move(ev.Progressed(NOW, percent))
        await quiet(10)
    assert len(wire.of("progress")) == 21


async def test_each_job_has_a_pace_of_its_own(room: Room) -> None:
    other = "01OTHERBBBBBBBBBBBBBBBBBBB"
    wire = await paced(room)
    room.submit(other)
    wire.subscribe({f"job:{other}": 0})
    await wire.until("subscribed", 2)
    room.move(event(Kind.CLAIM), ev.Progressed(NOW, 3), job_id=other)
    room.move(ev.Progressed(NOW, 3))
    await quiet()
    assert wire.frames[-1]["job"] == other
    assert CHANNEL.endswith(wire.frames[1]["job"])
