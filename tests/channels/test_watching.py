"""Watching one job: replay joined to live, results before the state they precede, one end (PROTOCOL rules 1, 2, 3, 5, 8)."""

import asyncio
from typing import Any

import pytest

from channels.room import CHANNEL, Room, opened
from jindu.bus.contract import Notice
from jindu.channels.topic import TAIL
from jindu.core import events as ev
from jindu.core.session import CHANNELS
from jindu.core.states import Kind
from support.histories import JOB, NOW, event
from support.quiet import quiet
from support.wire import DirectWire, Wire

OTHER = "01OTHERBBBBBBBBBBBBBBBBBBB"


def result(n: int) -> ev.ResultKept:
    return ev.ResultKept(NOW, f"k{n}", b"%d" % n)


def progress(percent: float) -> ev.Progressed:
    return ev.Progressed(NOW, percent)


def keys(wire: Wire) -> list[Any]:
    return [frame["key"] for frame in wire.of("result")]


def seqs(wire: Wire) -> list[int]:
    return [frame["seq"] for frame in wire.frames if "seq" in frame]


async def test_hello_comes_first_then_the_state_then_subscribed(room: Room) -> None:
    room.submit()
    wire = await room.watching()
    assert wire.kinds == ["hello", "progress", "subscribed"]
    assert wire.frames[0]["epoch"] == "E1"
    assert wire.frames[2]["channels"] == {CHANNEL: 1}


async def test_what_a_subscribe_is_answered_leaves_in_one_write() -> None:
    async with opened(DirectWire) as room:
        for job in (JOB, OTHER):
            room.submit(job)
        wire = await room.watching({CHANNEL: 0, f"job:{OTHER}": 0})
        assert isinstance(wire, DirectWire)
        assert [len(messages) for messages in wire.writes] == [3]
        assert wire.kinds == ["hello", "progress", "progress", "subscribed"]


async def test_every_change_arrives_live(room: Room) -> None:
    room.submit()
    wire = await room.watching()
    for n, moved in enumerate([event(Kind.CLAIM), event(Kind.STAGE), progress(50), result(1), event(Kind.RETURN)], 2):
        room.move(moved)
        await quiet()
        assert wire.frames[-1]["seq"] == n
    assert wire.kinds[3:] == ["progress", "progress", "progress", "result", "complete"]
    assert wire.frames[-2]["state"]["results"] == 1, "the newest result carries the state"


async def test_results_are_replayed_in_order_before_the_state(room: Room) -> None:
    room.submit()
    room.move(event(Kind.CLAIM), result(1), progress(10), result(2), progress(20))
    wire = await room.watching()
    assert wire.kinds == ["hello", "result", "result", "progress", "subscribed"]
    assert keys(wire) == ["k1", "k2"]
    assert seqs(wire) == [3, 5, 6]
    assert all("state" not in frame for frame in wire.of("result")), "neither is the newest change"


async def test_a_replay_that_ends_in_a_result_has_the_state_in_it_and_no_frame_more(room: Room) -> None:
    room.submit()
    room.move(event(Kind.CLAIM), result(1), result(2))
    wire = await room.watching()
    assert wire.kinds == ["hello", "result", "result", "subscribed"]
    assert ["state" in frame for frame in wire.of("result")] == [False, True]


@pytest.mark.parametrize("late", ["all", "hint"])
async def test_what_is_committed_while_the_log_is_read_is_neither_lost_nor_doubled_nor_overtaken(room: Room, late: str) -> None:
    room.submit()
    room.move(event(Kind.CLAIM), result(1))
    room.log.hold()
    wire = room.connect()
    wire.subscribe({CHANNEL: 0})
    await room.log.reading.wait()
    room.move(progress(30), result(2), progress(40), tell=late)
    room.log.go_on()
    await wire.until("subscribed")
    await quiet()
    assert keys(wire) == ["k1", "k2"]
    assert wire.of("progress")[-1]["seq"] == 6
    assert seqs(wire) == sorted(set(seqs(wire)))


async def test_an_end_while_the_log_is_read_comes_once_and_last(room: Room) -> None:
    room.submit()
    room.move(event(Kind.CLAIM))
    room.log.hold()
    wire = room.connect()
    wire.subscribe({CHANNEL: 0})
    await room.log.reading.wait()
    room.move(result(1), event(Kind.RETURN))
    room.log.go_on()
    await wire.until("complete")
    await quiet()
    assert keys(wire) == ["k1"]
    assert len(wire.of("complete")) == 1
    assert wire.of("complete")[0]["state"]["result"] == {"score": 1}
    assert seqs(wire) == [3, 4]


async def test_a_lost_notice_is_read_from_the_log_at_the_next(room: Room) -> None:
    room.submit()
    room.move(event(Kind.CLAIM))
    wire = await room.watching()
    room.move(result(1), result(2), tell="nothing")
    room.move(progress(10))
    await quiet()
    assert keys(wire) == ["k1", "k2"]
    assert seqs(wire)[-3:] == [3, 4, 5]


async def test_a_notice_heard_twice_or_late_changes_nothing(room: Room) -> None:
    room.submit()
    claimed = room.move(event(Kind.CLAIM))
    wire = await room.watching()
    room.move(progress(10))
    await quiet()
    before = wire.kinds
    room.bus.publish(_notice(room, claimed.seq))
    room.bus.publish(_notice(room, 3))
    await quiet()
    assert wire.kinds == before


def _notice(room: Room, seq: int) -> Any:
    return Notice(JOB, seq, room.log.jobs[JOB], progress(10))


async def test_a_stalled_reader_gets_all_results_and_only_the_newest_state(room: Room) -> None:
    room.submit()
    room.move(event(Kind.CLAIM))
    wire = await room.watching()
    wire.stall()
    room.move(progress(0.5))  # fills the wire
    await quiet()
    for n in range(500):
        room.move(progress(1 + n / 10))
        if n % 10 == 0:
            room.move(result(n))
    wire.go_on()
    await quiet()
    assert keys(wire) == [f"k{n}" for n in range(0, 500, 10)]
    assert len(wire.of("progress")) <= 4, "overtaken states are skipped"
    assert wire.of("progress", "result")[-1]["state"]["progress"] == 50.9
    assert seqs(wire) == sorted(set(seqs(wire)))


async def test_memory_does_not_grow_with_what_a_stalled_reader_misses(room: Room) -> None:
    room.submit()
    room.move(event(Kind.CLAIM))
    wire = await room.watching()
    wire.stall()
    room.move(progress(0.5))
    await quiet()
    topic = room.hub._topics[JOB]
    for n in range(1000):
        room.move(result(n))
    assert len(topic._tail) == TAIL
    assert len(topic.readers) == 1
    await quiet()
    assert len(wire.messages) == 3, "nothing leaves while the reader stalls"


async def test_a_laggard_beyond_the_tail_reads_the_log(room: Room) -> None:
    room.submit()
    room.move(event(Kind.CLAIM))
    quick, slow = await room.watching(), await room.watching()
    slow.stall()
    room.move(progress(1))
    await quiet()
    reads = room.log.reads
    for n in range(3 * TAIL):
        room.move(result(n))
        await quiet(8)
        if quick.kinds[-1] == "ping":
            quick.say({"type": "pong"})
            await quiet(8)
    assert room.log.reads == reads, "who keeps up is served from memory"
    assert keys(quick) == [f"k{n}" for n in range(3 * TAIL)]
    slow.go_on()
    await quiet()
    for _ in range(4):  # it is sent a window at a time
        slow.say({"type": "pong"})
        await quiet()
    assert room.log.reads > reads
    assert keys(slow) == keys(quick)
    assert slow.of("progress", "result")[-1]["state"]["results"] == 3 * TAIL


@pytest.mark.parametrize(("kind", "frame"), [(Kind.RETURN, "complete"), (Kind.FAIL, "error"), (Kind.CANCEL, "error")])
async def test_who_comes_late_gets_the_end_once(room: Room, kind: Kind, frame: str) -> None:
    room.submit()
    room.move(event(Kind.CLAIM), result(1), event(kind))
    wire = await room.watching()
    await quiet()
    assert wire.kinds == ["hello", "result", frame, "subscribed"]


async def test_who_holds_the_end_already_gets_only_subscribed(room: Room) -> None:
    room.submit()
    ended = room.move(event(Kind.CLAIM), result(1), event(Kind.RETURN))
    wire = await room.watching({CHANNEL: ended.seq})
    wire.subscribe({CHANNEL: ended.seq})
    await wire.until("subscribed", 2)
    await room.pass_time(30)
    assert wire.kinds == ["hello", "subscribed", "subscribed", "ping"]


async def test_who_resumes_gets_what_lies_beyond_the_cursor(room: Room) -> None:
    room.submit()
    room.move(event(Kind.CLAIM), result(1), result(2), progress(30))
    wire = await room.watching({CHANNEL: 3})
    assert keys(wire) == ["k2"]
    assert seqs(wire) == [4, 5]


@pytest.mark.parametrize(("epoch", "held"), [("E0", 2), ("E1", 99)])
async def test_reset_leaves_before_any_frame_of_that_job(room: Room, epoch: str, held: int) -> None:
    room.submit()
    room.move(event(Kind.CLAIM), result(1), progress(30))
    wire = await room.watching({CHANNEL: held}, epoch=epoch)
    assert wire.kinds == ["hello", "reset", "result", "progress", "subscribed"]


@pytest.mark.parametrize(("epoch", "held"), [("", 99), ("E0", 0), ("E1", 0), ("E1", 4)])
async def test_no_reset_without_need(room: Room, epoch: str, held: int) -> None:
    room.submit()
    room.move(event(Kind.CLAIM), result(1), progress(30))
    wire = await room.watching({CHANNEL: held}, epoch=epoch)
    assert "reset" not in wire.kinds


async def test_an_unknown_job_is_a_problem_that_names_it_and_others_go_on(room: Room) -> None:
    room.submit()
    wire = await room.watching({f"job:{OTHER}": 0, CHANNEL: 0})
    assert wire.kinds == ["hello", "problem", "progress", "subscribed"]
    assert (wire.of("problem")[0]["code"], wire.of("problem")[0]["channel"]) == ("NOT_FOUND", f"job:{OTHER}")
    assert wire.of("subscribed")[0]["channels"] == {CHANNEL: 1}
    room.move(event(Kind.CLAIM))
    await quiet()
    assert wire.frames[-1]["seq"] == 2


async def test_an_unknown_job_can_be_asked_for_again_once_it_exists(room: Room) -> None:
    wire = await room.watching()
    assert wire.kinds == ["hello", "problem", "subscribed"]
    room.submit()
    wire.subscribe({CHANNEL: 0})
    await wire.until("progress")
    assert room.hub._topics.keys() == {JOB}


async def test_a_job_that_is_removed_ends_the_subscription_by_a_problem(room: Room) -> None:
    room.submit()
    room.move(event(Kind.FAIL))
    wire = await room.watching()
    room.log.remove(JOB)
    await quiet()
    assert wire.frames[-1]["code"] == "NOT_FOUND"
    assert wire.frames[-1]["channel"] == CHANNEL
    assert room.hub._topics == {}


async def test_nothing_comes_after_unsubscribe(room: Room) -> None:
    room.submit()
    wire = await room.watching()
    wire.say({"type": "unsubscribe", "channels": [CHANNEL]})
    await quiet()
    room.move(event(Kind.CLAIM))
    await quiet()
    assert wire.kinds == ["hello", "progress", "subscribed"]
    assert room.hub._topics == {}, "and the topic leaves memory with its last watcher"


async def test_a_job_asked_for_twice_in_one_message_is_not_doubled(room: Room) -> None:
    room.submit()
    wire = room.connect()
    subscribe = {"type": "subscribe", "epoch": "E1", "channels": {CHANNEL: 0}}
    wire.say(subscribe, {**subscribe, "channels": {CHANNEL: 1}})
    await wire.until("subscribed", 2)
    room.move(event(Kind.CLAIM))
    await quiet()
    assert seqs(wire) == [1, 2]


async def test_two_watchers_get_the_same_bytes(room: Room) -> None:
    room.submit()
    one, other = await room.watching(), await room.watching()
    room.move(event(Kind.CLAIM))
    room.move(result(1))
    await quiet()
    assert seqs(one) == [1, 3]
    assert one.messages[3:] == other.messages[3:] != []


async def test_who_ends_before_the_log_answers_leaves_nothing_behind(room: Room) -> None:
    room.submit()
    room.log.hold()
    wire = room.connect()
    wire.subscribe({CHANNEL: 0})
    await room.log.reading.wait()
    wire.cut()
    await asyncio.wait(room.peers)
    room.log.go_on()
    await quiet()
    assert (room.hub._topics, room.hub.connections) == ({}, 0)


async def test_a_store_that_fails_closes_with_4103_and_a_client_may_come_back(room: Room) -> None:
    room.submit()
    room.log.broken = True
    wire = room.connect()
    wire.subscribe({CHANNEL: 0})
    bye = await wire.until("bye")
    await asyncio.wait(room.peers)
    assert (bye["code"], bye["stop"], wire.closed) == (4103, False, 4103)
    room.log.broken = False
    again = await room.watching()
    assert "progress" in again.kinds


async def test_a_state_committed_while_results_are_read_waits_for_the_results_before_it(room: Room) -> None:
    room.submit()
    room.move(event(Kind.CLAIM), result(1), progress(10))
    await room.watching()  # the state is in memory now; the results of before are in the log alone
    room.log.hold()
    wire = room.connect()
    wire.subscribe({CHANNEL: 0})
    await room.log.reading.wait()
    room.move(result(2), progress(20))
    room.log.go_on()
    await wire.until("subscribed")
    await quiet()
    assert seqs(wire) == [3, 5, 6]
    assert keys(wire) == ["k1", "k2"]


async def test_a_connection_may_watch_job_after_job_beyond_its_limit_of_channels(room: Room) -> None:
    ids = [f"01MANY{n:020d}" for n in range(CHANNELS + 1)]
    for job_id in ids:
        room.submit(job_id)
    wire = await room.watching({f"job:{job_id}": 0 for job_id in ids[:CHANNELS]})
    for job_id in ids[:CHANNELS]:
        room.move(event(Kind.CANCEL), job_id=job_id)
    await wire.until("error", CHANNELS)
    wire.subscribe({f"job:{ids[-1]}": 0})
    await wire.until("subscribed", 2)
    assert wire.closed is None
    wire.subscribe({f"job:{job_id}": 0 for job_id in ids})
    await wire.until("bye")
    assert wire.of("bye")[0]["code"] == 4004
