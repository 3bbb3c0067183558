"""A connection without a socket: what each message asks for, and when a connection ends (PROTOCOL rules 3, 6, 7; section 5)."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jindu.core.access import Caller, Scope
from jindu.core.admission import Admission
from jindu.core.session import CHANNELS_OF_OPERATORS, PING, Close, Request, Say, Session, Subscribe, Unsubscribe

A, B = "job:AAAAAAAAAAAAAAAAAAAA", "job:BBBBBBBBBBBBBBBBBBBB"


def session() -> Session:
    return Session(epoch="E1", conn="c1", now=0.0)


def ask(given_to: Session, *frames: Any, now: float = 1.0) -> list[Request]:
    """Several frames go as an array."""
    return given_to.receive(orjson.dumps(frames[0] if len(frames) == 1 else list(frames)).decode(), now)


def problems(requests: list[Request]) -> list[tuple[str, str | None]]:
    said = [one.frame for one in requests if isinstance(one, Say)]
    return [(frame["code"], frame.get("channel")) for frame in said if frame["type"] == "problem"]


def test_hello_is_as_the_protocol_has_it() -> None:
    assert session().hello(1_800_000_000.0) == {
        "type": "hello", "v": 1, "epoch": "E1", "conn": "c1", "ping": 20, "now": "2027-01-15T08:00:00.000Z", "auth": "ok",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("epoch", "held", "seq", "expected"),
    [
        ("E1", 5, 9, (5, False)),
        ("E1", 9, 9, (9, False)),
        ("E1", 10, 9, (0, True)),
        ("E0", 5, 9, (0, True)),
        ("", 5, 9, (0, False)),
        ("", 10, 9, (0, False)),
        ("E1", 0, 9, (0, False)),
        ("E0", 0, 9, (0, False)),
    ],
)
def test_a_cursor_counts_only_within_its_history(epoch: str, held: int, seq: int, expected: tuple[int, bool]) -> None:
    assert session().resume(epoch, held, seq) == expected


def test_a_subscribe_is_understood() -> None:
    asked = ask(session(), {"type": "subscribe", "epoch": "E1", "channels": {A: 16, "jobs": 0, "owner:lena": 0}, "pace": 2})
    assert asked == [Subscribe("E1", {A: 16, "jobs": 0, "owner:lena": 0}, 2.0)]


@pytest.mark.parametrize("epoch", [{}, {"epoch": ""}, {"epoch": None}])
def test_an_epoch_may_be_missing_or_empty(epoch: dict[str, Any]) -> None:
    assert ask(session(), {"type": "subscribe", "channels": {A: 3}, **epoch}) == [Subscribe("", {A: 3}, None)]


@pytest.mark.parametrize(("asked", "given_pace"), [(0.01, 0.2), (0.2, 0.2), (3, 3.0), (1e300, 10.0), (-5, 0.2)])
def test_a_pace_is_brought_into_what_is_allowed(asked: float, given_pace: float) -> None:
    [subscribe] = ask(session(), {"type": "subscribe", "channels": {A: 0}, "pace": asked})
    assert isinstance(subscribe, Subscribe)
    assert subscribe.pace == given_pace


def test_unsubscribe_pong_and_auth_are_understood() -> None:
    assert ask(session(), {"type": "unsubscribe", "channels": [A, B]}) == [Unsubscribe((A, B))]
    assert ask(session(), {"type": "pong"}) == []
    assert ask(session(), {"type": "auth", "tokens": ["t"]}) == []


def test_an_array_is_its_frames_in_order() -> None:
    asked = ask(session(), {"type": "subscribe", "channels": {A: 1}}, {"type": "unsubscribe", "channels": [A]})
    assert [type(one) for one in asked] == [Subscribe, Unsubscribe]
    assert session().receive("[]", 1.0) == []


def test_unknown_types_and_fields_are_ignored() -> None:
    assert ask(session(), {"type": "dance", "channels": 5}) == []
    asked = ask(session(), {"type": "subscribe", "channels": {A: 0}, "colour": "red", "v": 9})
    assert asked == [Subscribe("", {A: 0}, None)]


@pytest.mark.parametrize(
    "message", [b"{}", b"", "", "not json", "{", "NaN", '{"a":NaN}', '"text"', "5", "null", "true", '"\\ud800"', "\ud800"]
)
def test_what_cannot_be_read_closes_with_4000_and_stops(message: str | bytes) -> None:
    [close] = session().receive(message, 1.0)
    assert isinstance(close, Close)
    assert (close.code, close.stop) == (4000, True)
    assert close.bye["type"] == "bye"
    assert (close.bye["code"], close.bye["stop"]) == (4000, True)


@pytest.mark.parametrize(
    "frame",
    [
        {},
        {"type": 5},
        {"type": None},
        {"type": "subscribe"},
        {"type": "subscribe", "channels": [A]},
        {"type": "subscribe", "channels": {A: 0}, "epoch": 7},
        {"type": "subscribe", "channels": {A: 0}, "epoch": []},
        {"type": "subscribe", "channels": {A: 0}, "epoch": False},
        {"type": "subscribe", "channels": {A: 0}, "pace": "fast"},
        {"type": "subscribe", "channels": {A: 0}, "pace": True},
        {"type": "unsubscribe", "channels": A},
        {"type": "unsubscribe", "channels": [5]},
        {"type": "unsubscribe"},
    ],
    ids=lambda frame: orjson.dumps(frame).decode(),
)
def test_a_wrong_field_is_told_and_the_connection_stays(frame: dict[str, Any]) -> None:
    talking = session()
    assert problems(ask(talking, frame)) == [("BAD_REQUEST", None)]
    assert ask(talking, {"type": "subscribe", "channels": {A: 0}}) == [Subscribe("", {A: 0}, None)]


def test_a_wrong_item_of_an_array_is_told_and_the_others_count() -> None:
    asked = ask(session(), 5, {"type": "subscribe", "channels": {A: 0}}, [])
    assert problems(asked) == [("BAD_REQUEST", None), ("BAD_REQUEST", None)]
    assert Subscribe("", {A: 0}, None) in asked


@pytest.mark.parametrize("held", [-1, 1.5, "3", None, True, [], {}])
def test_a_wrong_seq_is_told_with_its_channel_and_the_others_count(held: Any) -> None:
    asked = ask(session(), {"type": "subscribe", "channels": {A: held, B: 4}})
    assert problems(asked) == [("BAD_REQUEST", A)]
    assert asked[-1] == Subscribe("", {B: 4}, None)


@pytest.mark.parametrize(
    "name", ["job:", "job:short", "job:../../etc/passwd.......", "owner:", f"owner:{'x' * 201}", "news", "", "jobs:1"]
)
def test_an_unknown_channel_is_told_by_name_and_the_others_count(name: str) -> None:
    asked = ask(session(), {"type": "subscribe", "channels": {A: 0, name: 0, B: 0}})
    assert problems(asked) == [("NOT_FOUND", name)]
    assert asked[-1] == Subscribe("", {A: 0, B: 0}, None)


def test_no_problem_is_larger_than_a_message_may_be() -> None:
    asked = ask(session(), {"type": "subscribe", "channels": {"x" * 60_000: 0}})
    assert len(orjson.dumps([one.frame for one in asked if isinstance(one, Say)])) <= 48 * 1024


def channels(first: int, last: int) -> dict[str, int]:
    return {f"owner:{n}": 0 for n in range(first, last)}


def test_a_connection_watches_200_channels_and_one_more_closes_with_4004() -> None:
    talking = session()
    assert isinstance(ask(talking, {"type": "subscribe", "channels": channels(0, 200)})[0], Subscribe)
    assert isinstance(ask(talking, {"type": "subscribe", "channels": channels(0, 200)})[0], Subscribe), (
        "the same again is not more"
    )
    [close] = ask(talking, {"type": "subscribe", "channels": channels(200, 201)})
    assert isinstance(close, Close)
    assert (close.code, close.stop) == (4004, True)


def test_an_operator_of_the_whole_server_watches_2000() -> None:
    operator = Caller(frozenset({Scope.WATCH, Scope.OPERATE}), source="key:all")
    session = Session(epoch="e", conn="c", now=0, admission=Admission(callers=[operator]))
    for first in range(0, CHANNELS_OF_OPERATORS, 1_000):
        assert isinstance(ask(session, {"type": "subscribe", "channels": channels(first, first + 1_000)})[-1], Subscribe)
    [close] = ask(session, {"type": "subscribe", "channels": channels(CHANNELS_OF_OPERATORS, CHANNELS_OF_OPERATORS + 1)})
    assert isinstance(close, Close)
    assert close.code == 4004


def test_channels_given_up_refused_or_gone_leave_room() -> None:
    talking = session()
    ask(talking, {"type": "subscribe", "channels": {**channels(0, 200), "news": 0}})
    ask(talking, {"type": "unsubscribe", "channels": ["owner:0"]})
    talking.dropped("owner:1")
    assert isinstance(ask(talking, {"type": "subscribe", "channels": channels(200, 202)})[0], Subscribe)


def test_nothing_after_a_close_counts() -> None:
    asked = ask(session(), {"type": "subscribe", "channels": channels(0, 201)}, {"type": "subscribe", "channels": {A: 0}})
    assert [type(one) for one in asked] == [Close]


@pytest.mark.parametrize("filler", ["x", "字", "\ud800"])
def test_a_message_above_64_kib_closes_with_4013(filler: str) -> None:
    size = len(filler.encode(errors="surrogatepass"))
    [close] = session().receive('"' + filler * (65_536 // size) + '"', 1.0)
    assert isinstance(close, Close)
    assert (close.code, close.stop) == (4013, True) if filler != "\ud800" else close.code in (4000, 4013)


def test_a_message_of_64_kib_is_read() -> None:
    text = orjson.dumps({"type": "pong", "fill": ""}).decode()
    assert session().receive(text.replace('""', '"' + "x" * (65_536 - len(text)) + '"'), 1.0) == []


def test_a_ping_leaves_every_20_seconds_whatever_else_happens() -> None:
    talking, at = session(), []
    for now in range(1, 101):
        ask(talking, {"type": "pong"}, now=float(now))
        if Say(PING) in talking.tick(float(now)):
            at.append(now)
    assert at == [20, 40, 60, 80, 100]


def test_45_seconds_of_silence_close_with_4102_and_not_a_moment_less() -> None:
    talking = session()
    ask(talking, {"type": "dance"}, now=10.0)
    assert not any(isinstance(one, Close) for now in (20.0, 40.0, 55.0) for one in talking.tick(now))
    [close] = talking.tick(55.1)
    assert isinstance(close, Close)
    assert (close.code, close.stop) == (4102, False)


LITERALS = st.sampled_from(["subscribe", "unsubscribe", "auth", "pong", "type", "channels", "epoch", "pace", A, "jobs"])
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | LITERALS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(LITERALS | st.text(), inner, max_size=4),
)


@given(st.lists(st.text() | st.binary() | st.text(alphabet='{}[]",:\\ud80 0'), max_size=4))
def test_no_text_ever_raises(messages: list[str | bytes]) -> None:
    talking = session()
    for message in messages:
        talking.receive(message, 1.0)


@given(st.dictionaries(LITERALS, ANY_JSON) | st.lists(st.dictionaries(LITERALS, ANY_JSON)))
def test_no_json_ever_raises_and_all_that_is_asked_can_be_sent(value: Any) -> None:
    import json

    for one in session().receive(json.dumps(value), 1.0):
        if isinstance(one, Say):
            orjson.dumps(one.frame)
        assert isinstance(one, Subscribe | Unsubscribe | Say | Close)


def test_a_flood_of_frames_is_closed_with_4104() -> None:
    one = session()
    for _ in range(2):
        assert not any(isinstance(request, Close) for request in ask(one, *[{"type": "later"}] * 20, now=0.0))
    (close,) = ask(one, {"type": "later"}, now=0.0)
    assert isinstance(close, Close)
    assert (close.code, close.stop) == (4104, False)


def test_twenty_frames_a_second_are_allowed_for_ever() -> None:
    one = session()
    for number in range(2_000):
        assert ask(one, {"type": "later"}, now=number / 20) == []


def test_a_message_without_frames_counts_as_one() -> None:
    one = session()
    closes = [one.receive("[]", 0.0) for _ in range(41)]
    assert closes[:40] == [[]] * 40
    assert isinstance(closes[40][0], Close)


def test_a_pong_that_was_asked_for_is_free_and_others_are_not() -> None:
    one = session()
    for number in (1, 2):
        assert [isinstance(request, Say) for request in one.tick(number * 20.0)] == [True]
    assert ask(one, *[{"type": "later"}] * 40, now=40.0) == []
    for _ in range(2):
        assert ask(one, {"type": "pong"}, now=40.0) == []
    (close,) = ask(one, {"type": "pong"}, now=40.0)
    assert isinstance(close, Close)


def test_one_message_with_too_many_frames_does_nothing() -> None:
    one = session()
    (close,) = ask(one, *[{"type": "subscribe", "channels": {A: 0}}] * 41)
    assert isinstance(close, Close)
    assert close.code == 4104
