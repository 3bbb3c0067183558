"""A poll's peer: the first frames beyond the cursors, a budget of bytes, `more`, and an end (PROTOCOL section 4)."""

import asyncio
from typing import Any

import pytest

from channels.room import CHANNEL, Room
from channels.visits import polling
from jindu.core import events as ev
from jindu.core.states import Kind
from support.histories import JOB, NOW, event
from support.quiet import quiet
from support.rawclient import Held

OTHER = "01OTHERBBBBBBBBBBBBBBBBBBB"


def results(first: int, last: int, size: int = 1) -> list[ev.Event]:
    return [ev.ResultKept(NOW, f"k{n}", b'"%s"' % (b"x" * size)) for n in range(first, last)]


def kinds(frames: list[dict[str, Any]]) -> list[str]:
    return [frame["type"] for frame in frames]


async def test_what_is_beyond_the_cursor_is_answered_at_once(room: Room) -> None:
    room.submit()
    room.move(event(Kind.CLAIM), *results(0, 2))
    frames = await polling(room).answered()
    assert kinds(frames) == ["hello", "result", "result"]
    assert "more" not in frames[0]
    assert frames[0]["epoch"] == "E1"


async def test_it_waits_for_the_first_frame_and_answers_with_it(room: Room) -> None:
    room.submit()
    poll = polling(room, {CHANNEL: 1})
    await quiet()
    assert not poll.task.done()
    room.move(event(Kind.CLAIM))
    assert kinds(await poll.answered()) == ["hello", "progress"]
    assert (room.hub.connections, room.hub._topics) == (0, {})


async def test_at_time_out_there_is_hello_alone(room: Room) -> None:
    room.submit()
    poll = polling(room, {CHANNEL: 1}, wait=25)
    await room.pass_time(24)
    assert not poll.task.done()
    await room.pass_time(1)
    assert kinds(await poll.answered()) == ["hello"]


async def test_wait_0_does_not_wait(room: Room) -> None:
    room.submit()
    assert kinds(await polling(room, {CHANNEL: 1}, wait=0).answered()) == ["hello"]
    assert kinds(await polling(room, wait=0).answered()) == ["hello", "progress"]


async def test_pings_and_hints_answer_no_poll(room: Room) -> None:
    room.submit()
    poll = polling(room, {CHANNEL: 1}, wait=60)
    await quiet()
    for _ in range(59):
        await room.pass_time(1)
    assert not poll.task.done()
    await room.pass_time(1)
    assert kinds(await poll.answered()) == ["hello"]


async def test_when_nothing_can_follow_bye_comes_last(room: Room) -> None:
    room.submit()
    room.move(event(Kind.CANCEL))
    frames = await polling(room).answered()
    assert kinds(frames) == ["hello", "error", "bye"]
    assert (frames[-1]["code"], frames[-1]["stop"]) == (1000, True)
    assert kinds(await polling(room, {CHANNEL: 2}).answered()) == ["hello", "bye"]


async def test_an_ended_job_beside_an_open_one_is_no_end(room: Room) -> None:
    room.submit()
    room.submit(OTHER)
    room.move(event(Kind.CANCEL))
    channels = {CHANNEL: 2, f"job:{OTHER}": 1}
    assert kinds(await polling(room, channels, wait=0).answered()) == ["hello"]


async def test_feeds_and_unknown_channels_get_a_problem(room: Room) -> None:
    room.submit()
    frames = await polling(room, {CHANNEL: 1, "jobs": 0, "owner:ann": 0, "job:no": 0}).answered()
    assert kinds(frames) == ["hello", *["problem"] * 3]
    assert {frame["channel"] for frame in frames[1:]} == {"jobs", "owner:ann", "job:no"}
    told = next(frame for frame in frames if frame.get("channel") == "jobs")
    assert "/v1/stream" in told["message"]["en"]


@pytest.mark.parametrize(("held", "epoch"), [(9, "E1"), (1, "E0")])
async def test_a_cursor_not_of_this_history_is_told_to_forget(room: Room, held: int, epoch: str) -> None:
    room.submit()
    frames = await polling(room, {CHANNEL: held}, epoch=epoch).answered()
    assert kinds(frames) == ["hello", "reset", "progress"]


@pytest.mark.parametrize("budget", [1, 700, 5_000, 60_000])
async def test_300_results_through_small_budgets_come_once_and_in_order(room: Room, budget: int) -> None:
    room.submit()
    room.move(event(Kind.CLAIM), *results(0, 300, 400), event(Kind.RETURN))
    held, polls = Held(JOB), 0
    while not held.ends:
        poll = polling(room, {CHANNEL: held.seq}, budget=budget)
        frames = await poll.answered()
        before = held.seq
        for frame in frames:
            held.fold(frame)
        polls += 1
        assert held.seq > before, "each poll moves on"
        assert ("more" in frames[0]) == (frames[-1]["type"] != "bye")
        # At least one message of 48 KiB, else no more than the budget.
        assert len(poll.text) < max(budget, 49_152) + 400
    assert polls > 1
    assert [key for key, _ in held.order] == [f"k{n}" for n in range(300)]
    assert held.resets == 0


async def test_a_client_that_leaves_ends_the_wait_and_frees_the_topic(room: Room) -> None:
    room.submit()
    poll = polling(room, {CHANNEL: 1})
    await quiet()
    assert room.hub.connections == 1
    poll.leave()
    await poll.answered()
    assert (room.hub.connections, room.hub._topics) == (0, {})


async def test_draining_answers_at_once_and_who_comes_later_too(room: Room) -> None:
    room.submit()
    waiting = polling(room, {CHANNEL: 1})
    await quiet()
    await room.hub.send_away(4200, "restart", 3.0)
    late = polling(room, {CHANNEL: 1})
    for poll in (waiting, late):
        frames = await poll.answered()
        assert kinds(frames) == ["hello", "bye"]
        assert (frames[-1]["code"], frames[-1]["stop"]) == (4200, False)
        assert frames[-1]["retry_ms"] is not None
    assert await room.hub.emptied(0)


async def test_many_polls_wake_on_one_change(room: Room) -> None:
    room.submit()
    polls = [polling(room, {CHANNEL: 1}) for _ in range(50)]
    await quiet()
    room.move(event(Kind.CLAIM))
    answers = await asyncio.gather(*(poll.answered() for poll in polls))
    assert all(kinds(frames) == ["hello", "progress"] for frames in answers)
