"""Advice in frames: asked once for all who watch, told anew when who counts down would be wrong, and never with a seq."""

import asyncio

import pytest

from channels.room import Room
from jindu.core.advice import NOTHING, Told, changed
from jindu.core.job import Job
from jindu.core.states import Kind
from support.histories import JOB, event
from support.quiet import quiet


class Scripted:
    """Says what the test says, and counts how often it was asked."""

    def __init__(self) -> None:
        self.told = NOTHING
        self.asked = 0

    def of(self, job: Job) -> Told:
        self.asked += 1
        return self.told


def eta(p50: float, p90: float, *, slow: bool = False) -> Told:
    return Told({"p50": p50, "p90": p90, **({"slow": True} if slow else {})})  # type: ignore[typeddict-item]


@pytest.fixture
def advice(room: Room) -> Scripted:
    room.hub.advice = scripted = Scripted()
    return scripted


async def test_a_state_carries_what_is_known(room: Room, advice: Scripted) -> None:
    advice.told = Told(None, {"position": 2, "wait": 30.0})
    room.submit()
    wire = await room.watching()
    assert wire.of("progress")[-1]["state"]["queue"] == {"position": 2, "wait": 30.0}
    advice.told = eta(60, 90)
    room.move(event(Kind.CLAIM))
    await quiet()
    state = wire.of("progress")[-1]["state"]
    assert (state["eta"], state["queue"]) == ({"p50": 60.0, "p90": 90.0}, None)


async def test_it_is_asked_once_for_all_who_watch(room: Room, advice: Scripted) -> None:
    room.submit()
    wires = await asyncio.gather(*(room.watching() for _ in range(20)))
    asked = advice.asked
    room.move(event(Kind.CLAIM))
    await quiet()
    assert all(wire.of("progress")[-1]["seq"] == 2 for wire in wires)
    assert advice.asked == asked + 1
    advice.told = eta(60, 90)
    await room.pass_time(6)
    assert all(len(wire.of("hint")) == 1 for wire in wires)
    assert advice.asked <= asked + 3, "whether it changed, and what it is now"


async def test_a_hint_tells_what_changed_after_5_seconds_and_moves_no_cursor(room: Room, advice: Scripted) -> None:
    advice.told = eta(60, 90)
    room.submit()
    room.move(event(Kind.CLAIM))
    wire = await room.watching()
    advice.told = eta(54.5, 84.5)
    await room.pass_time(5.5)
    assert not wire.of("hint"), "it has counted down, as anybody does"
    advice.told = eta(90, 120)
    await room.pass_time(1)
    assert wire.of("hint") == [{"type": "hint", "job": JOB, "queue": None, "eta": {"p50": 90.0, "p90": 120.0}}]
    advice.told = eta(200, 300)
    await room.pass_time(4)
    assert len(wire.of("hint")) == 1, "at most every five seconds"
    await room.pass_time(1)
    assert wire.of("hint")[-1]["eta"]["p50"] == 200
    assert wire.of("progress")[-1]["seq"] == 2


async def test_who_comes_later_gets_what_is_known_then(room: Room, advice: Scripted) -> None:
    advice.told = eta(60, 90)
    room.submit()
    room.move(event(Kind.CLAIM))
    await room.watching()
    advice.told = eta(30, 60)
    await room.pass_time(30)
    late = await room.watching()
    assert late.of("progress")[-1]["state"]["eta"]["p50"] == 30


@pytest.mark.parametrize(
    ("before", "now", "passed", "wrong"),
    [
        (NOTHING, NOTHING, 100, False),
        (NOTHING, eta(9, 9), 0, True),
        (eta(60, 90), NOTHING, 0, True),
        (eta(60, 90), eta(50, 80), 10, False),
        (eta(60, 90), eta(60, 90), 10, True),
        (eta(2, 3), eta(1, 2.5), 0, False),
        (eta(2, 3), eta(0, 0), 60, False),
        (eta(60, 90), eta(60, 90, slow=True), 0, True),
        (eta(600, 900), eta(590, 860), 0, False),
        (Told(None, {"position": 3, "wait": 9.0}), Told(None, {"position": 2, "wait": 9.0}), 1, True),
        (Told(None, {"position": 3, "wait": 9.0}), Told(None, {"position": 3, "wait": 8.0}), 1, False),
    ],
)
def test_whether_who_counts_down_would_be_wrong(before: Told, now: Told, passed: float, *, wrong: bool) -> None:
    assert changed(before, now, passed) is wrong
