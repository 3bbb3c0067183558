"""Peers with credentials: what is foreign looks unknown, time and revocation end what they covered (PROTOCOL sections 2, 5)."""

import asyncio
from dataclasses import replace

import pytest

from channels.room import CHANNEL, Room
from channels.visits import polling, visiting
from jindu.channels.peer import Peer
from jindu.channels.visit import Visit, nothing_follows
from jindu.core.access import Caller, Scope
from jindu.core.admission import Admission
from jindu.core.states import Kind
from support.histories import JOB, NOW, event
from support.quiet import quiet
from support.wire import Wire

OTHER = "01OTHERBBBBBBBBBBBBBBBBBBB"
UNKNOWN = "01UNKNOWNCCCCCCCCCCCCCCCCC"
TOKEN = Caller(frozenset({Scope.WATCH}), channels=frozenset({CHANNEL}), source="secret:1")
ANN = Caller(frozenset({Scope.WATCH}), "ann", source="key:ann")
ANNS_OPERATOR = replace(ANN, scopes=frozenset({Scope.WATCH, Scope.OPERATE}))
OPERATOR = replace(ANNS_OPERATOR, owner=None, source="key:all")
KNOWN = {"token": TOKEN, "short": replace(TOKEN, expires_at=NOW + 60), "ann": ANN}


class Ring:
    def __init__(self) -> None:
        self.revoked: set[str] = set()

    @property
    def generation(self) -> int:
        return len(self.revoked)

    def admit(self, credential: str) -> Caller | None:
        return KNOWN.get(credential)

    def stands(self, caller: Caller) -> bool:
        return caller.source not in self.revoked


def connect(room: Room, *callers: Caller, ring: Ring | None = None) -> Wire:
    wire = room.wires()
    admission = Admission(ring or Ring(), callers)
    room.peers.append(asyncio.create_task(Peer(room.hub, wire, admission=admission).run()))
    return wire


def auth(wire: Wire, *tokens: str) -> None:
    wire.say({"type": "auth", "tokens": list(tokens)})


async def test_auth_and_subscribe_in_the_flight_of_the_opening(room: Room) -> None:
    room.submit()
    wire = connect(room)
    auth(wire, "token")
    wire.subscribe({CHANNEL: 0})
    await wire.until("subscribed")
    assert wire.kinds == ["hello", "progress", "subscribed"]
    assert wire.frames[0]["auth"] == "needed"


async def test_foreign_and_unknown_are_told_in_the_same_words_and_heard_no_more(room: Room) -> None:
    room.submit(owner="ann")
    room.submit(OTHER, owner="bob")
    wire = connect(room, ANN)
    wire.subscribe({f"job:{OTHER}": 0, f"job:{UNKNOWN}": 0, CHANNEL: 0})
    await wire.until("subscribed")
    foreign, unknown = wire.of("problem")
    assert (foreign.pop("channel"), unknown.pop("channel")) == (f"job:{OTHER}", f"job:{UNKNOWN}")
    assert foreign == unknown
    assert foreign["code"] == "NOT_FOUND"
    assert wire.of("subscribed")[0]["channels"] == {CHANNEL: 1}
    room.move(event(Kind.CLAIM), job_id=OTHER)
    await quiet()
    assert {frame["job"] for frame in wire.frames if "job" in frame} == {JOB}
    assert set(room.hub._topics) == {JOB}


async def test_who_says_nothing_is_sent_away_with_4105(room: Room) -> None:
    wire = connect(room)
    await wire.until("hello")
    await room.pass_time(9.5)
    assert wire.closed is None
    await room.pass_time(0.5)
    assert (wire.of("bye")[0]["code"], wire.of("bye")[0]["stop"], wire.closed) == (4105, False, 4105)


async def test_a_token_that_ends_closes_with_4202(room: Room) -> None:
    room.submit()
    wire = connect(room)
    auth(wire, "short")
    wire.subscribe({CHANNEL: 0})
    await wire.until("subscribed")
    await room.pass_time(30)
    wire.say({"type": "pong"})
    await quiet()
    await room.pass_time(29.5)
    assert wire.closed is None
    await room.pass_time(0.5)
    bye = wire.of("bye")[0]
    assert (bye["code"], bye["retry_ms"], bye["stop"], wire.closed) == (4202, 500, False, 4202)
    room.move(event(Kind.CLAIM))
    await quiet()
    assert len(wire.of("progress")) == 1


async def test_a_renewed_token_goes_on_without_a_gap(room: Room) -> None:
    room.submit()
    wire = connect(room)
    auth(wire, "short")
    wire.subscribe({CHANNEL: 0})
    await wire.until("subscribed")
    await room.pass_time(40)
    auth(wire, "token")
    await quiet()
    await room.pass_time(30)
    assert wire.closed is None
    room.move(event(Kind.CANCEL))
    await wire.until("error")


async def test_a_revoked_key_ends_its_connections_with_4009_and_no_others(room: Room) -> None:
    room.submit(owner="ann")
    ring = Ring()
    anns, both = connect(room, ANN, ring=ring), connect(room, ANN, TOKEN, ring=ring)
    for wire in (anns, both):
        wire.subscribe({CHANNEL: 0})
        await wire.until("subscribed")
    ring.revoked.add("key:ann")
    await room.pass_time(0.5)
    assert (anns.of("bye")[0]["code"], anns.of("bye")[0]["stop"], anns.closed) == (4009, True, 4009)
    assert both.closed is None


async def test_a_feed_dies_with_the_key_that_covered_it(room: Room) -> None:
    ring = Ring()
    wire = connect(room, OPERATOR, TOKEN, ring=ring)
    wire.subscribe({"jobs": 0})
    await wire.until("subscribed")
    ring.revoked.add("key:all")
    await room.pass_time(0.5)
    assert wire.closed == 4009


async def test_an_operator_of_one_owner_sees_that_owners_jobs_in_the_feed(room: Room) -> None:
    wire, all_seeing = connect(room, ANNS_OPERATOR), connect(room, OPERATOR)
    for one in (wire, all_seeing):
        one.subscribe({"jobs": 0})
        await one.until("subscribed")
    room.submit(owner="ann")
    room.submit(OTHER, owner="bob")
    await room.pass_time(1)
    for one in (wire, all_seeing):
        one.nudge()
    await wire.until("progress")
    await all_seeing.until("progress", 2)
    room.log.remove(OTHER)
    room.log.remove(JOB)
    await room.pass_time(1)
    for one in (wire, all_seeing):
        one.nudge()
    await all_seeing.until("gone", 2)
    assert {frame["job"] for frame in wire.of("progress", "gone")} == {JOB}
    assert {frame["job"] for frame in all_seeing.of("progress", "gone")} == {JOB, OTHER}


async def test_visits_have_the_same_rules(room: Room) -> None:
    room.submit(owner="ann")
    room.submit(OTHER, owner="bob")
    channels = {CHANNEL: 0, f"job:{OTHER}": 0, f"job:{UNKNOWN}": 0, "jobs": 0}
    stream = visiting(room, channels, admission=Admission(Ring(), [ANN]))
    await stream.until("subscribed")
    assert [(one["channel"], one["code"]) for one in stream.of("problem")] == [
        ("jobs", "FORBIDDEN"),
        (f"job:{OTHER}", "NOT_FOUND"),
        (f"job:{UNKNOWN}", "NOT_FOUND"),
    ]
    answered = await polling(room, channels, admission=Admission(Ring(), [ANN])).answered()
    assert sorted(one["code"] for one in answered if one["type"] == "problem") == ["FORBIDDEN", "NOT_FOUND", "NOT_FOUND"]
    assert {frame["job"] for frame in answered if "job" in frame} == {JOB}


async def test_a_stream_and_a_poll_end_with_what_let_them_in(room: Room) -> None:
    room.submit(owner="ann")
    ring = Ring()
    late = replace(TOKEN, expires_at=NOW + 60)
    stream = visiting(room, admission=Admission(ring, [late]))
    poll = polling(room, {CHANNEL: 1}, admission=Admission(ring, [late]))
    await stream.until("subscribed")
    await quiet()
    await room.pass_time(60)
    assert (stream.of("bye")[0]["code"], stream.closed) == (4202, 4202)
    assert [frame["code"] for frame in await poll.answered() if frame["type"] == "bye"] == [4202]


@pytest.mark.parametrize(("caller", "nothing"), [(ANN, True), (TOKEN, True), (replace(ANN, owner="bob"), False)])
async def test_nothing_is_told_of_the_end_of_a_foreign_job(room: Room, caller: Caller, nothing: bool) -> None:
    room.submit(owner="ann")
    room.move(event(Kind.CANCEL))
    assert await nothing_follows(room.hub, Visit({CHANNEL: 2}, "E1"), Admission(Ring(), [caller])) is nothing
