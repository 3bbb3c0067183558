"""Credentials on one connection: what a session answers to `auth`, and when it ends for want of them (PROTOCOL 2 and 5)."""

from dataclasses import replace
from typing import Any

import orjson
import pytest

from jindu.core.access import OPEN, Caller, Scope, Subject, channels_of
from jindu.core.admission import CREDENTIALS, Admission
from jindu.core.session import AUTH_WITHIN, Close, Request, Say, Session, Subscribe

A, B = "AAAAAAAAAAAAAAAAAAAA", "BBBBBBBBBBBBBBBBBBBB"
TOKEN_A = Caller(frozenset({Scope.WATCH}), channels=frozenset({f"job:{A}"}), source="secret:1")
TOKEN_B = replace(TOKEN_A, channels=frozenset({f"job:{B}"}))
KEY = Caller(frozenset({Scope.WATCH}), source="key:1")
SUBMITS = Caller(frozenset({Scope.SUBMIT}), source="key:2")
KNOWN = {"a": TOKEN_A, "a-late": replace(TOKEN_A, expires_at=900.0), "b": TOKEN_B, "key": KEY, "submits": SUBMITS}


class Ring:
    """Who knows credentials by name; a source can be revoked."""

    def __init__(self) -> None:
        self.revoked: set[str] = set()

    @property
    def generation(self) -> int:
        return len(self.revoked)

    def admit(self, credential: str) -> Caller | None:
        return KNOWN.get(credential)

    def stands(self, caller: Caller) -> bool:
        return caller.source not in self.revoked


def subject(job: str) -> Subject:
    return Subject(None, channels_of(job, batch=False, member_of=None))


def session(*callers: Caller, ring: Ring | None = None, auth_within: float = AUTH_WITHIN) -> Session:
    admission = Admission(ring or Ring(), callers)
    return Session(epoch="E1", conn="c", now=0.0, admission=admission, auth_within=auth_within)


def ask(given_to: Session, *frames: Any, now: float = 1.0) -> list[Request]:
    return given_to.receive(orjson.dumps(list(frames)).decode(), now)


def auth(*tokens: Any) -> dict[str, Any]:
    return {"type": "auth", "tokens": list(tokens)}


def told(requests: list[Request]) -> list[tuple[str, str | None]]:
    return [(one.frame["code"], one.frame.get("channel")) for one in requests if isinstance(one, Say)]


def closing(requests: list[Request]) -> list[int]:
    return [one.code for one in requests if isinstance(one, Close)]


@pytest.mark.parametrize(("callers", "shown"), [((), "needed"), ((KEY,), "ok"), ((OPEN,), "ok")])
def test_hello_says_whether_credentials_are_needed(callers: tuple[Caller, ...], shown: str) -> None:
    assert session(*callers).hello(0.0)["auth"] == shown


def test_auth_and_subscribe_in_one_flight() -> None:
    talking = session()
    asked = ask(talking, auth("a"), {"type": "subscribe", "channels": {f"job:{A}": 0}})
    assert asked == [Subscribe("", {f"job:{A}": 0}, None)]
    assert talking.admission.sees(subject(A))
    assert not talking.admission.sees(subject(B))


def test_subscribe_before_auth_is_told_by_channel_and_counts_for_nothing() -> None:
    talking = session()
    asked = ask(talking, {"type": "subscribe", "channels": {f"job:{A}": 0, "jobs": 0, "news": 0}}, auth("a"))
    assert told(asked) == [("UNAUTHORIZED", f"job:{A}"), ("UNAUTHORIZED", "jobs"), ("NOT_FOUND", "news")]
    assert [one for one in asked if isinstance(one, Subscribe)] == [Subscribe("", {}, None)]
    assert closing(asked) == []


def test_credentials_add_up() -> None:
    talking = session(TOKEN_A)
    assert ask(talking, auth("b")) == []
    assert ask(talking, auth("b", "a")) == [], "the same again"
    assert talking.admission.sees(subject(A))
    assert talking.admission.sees(subject(B))


def test_all_bad_stops_with_4009_and_some_bad_are_told_while_the_good_count() -> None:
    assert closing(ask(session(), auth("nope"))) == [4009]
    assert closing(ask(session(TOKEN_A), auth("nope", "neither"))) == [4009]
    talking = session()
    asked = ask(talking, auth("nope", "a", "neither"))
    assert told(asked) == [("UNAUTHORIZED", None)]
    assert "2 of 3" in asked[0].frame["message"]["en"]  # type: ignore[union-attr]
    assert talking.admission.sees(subject(A))


def test_no_answer_repeats_a_credential() -> None:
    for frame in (auth("secret-1", "a"), auth("secret-1"), auth("secret-1", 5), {"type": "auth", "tokens": "secret-1"}):
        for one in ask(session(), frame):
            shown = one.frame if isinstance(one, Say) else one.bye if isinstance(one, Close) else {}
            assert b"secret-1" not in orjson.dumps(shown)


def test_credentials_that_may_watch_nothing_stop_with_4003() -> None:
    assert closing(ask(session(), auth("submits"))) == [4003]
    assert closing(ask(session(TOKEN_A), auth("submits"))) == [], "what is held already still counts"


@pytest.mark.parametrize("tokens", [None, "a", [], [5], ["a", None], {}])
def test_a_wrong_field_is_told_and_the_connection_stays(tokens: Any) -> None:
    assert told(ask(session(), {"type": "auth", "tokens": tokens})) == [("BAD_REQUEST", None)]


def test_more_credentials_than_one_connection_may_hold_stop_with_4004(monkeypatch: pytest.MonkeyPatch) -> None:
    many = {f"t{n}": replace(TOKEN_A, channels=frozenset({f"job:{n}"})) for n in range(CREDENTIALS + 1)}
    monkeypatch.setattr(f"{__name__}.KNOWN", many)
    talking = session()
    names = list(many)
    assert closing(ask(talking, auth(*names[:-1]))) == []
    assert closing(ask(talking, auth(names[-1]))) == [4004]


def test_feeds_are_forbidden_to_who_may_not_follow_them() -> None:
    asked = ask(session(KEY), {"type": "subscribe", "channels": {"jobs": 0, "owner:ann": 0}})
    assert told(asked) == [("FORBIDDEN", "jobs")]
    assert asked[-1] == Subscribe("", {"owner:ann": 0}, None)
    asked = ask(session(TOKEN_A), {"type": "subscribe", "channels": {"jobs": 0, "owner:ann": 0}})
    assert told(asked) == [("FORBIDDEN", "jobs"), ("FORBIDDEN", "owner:ann")]


def test_no_credentials_in_time_close_with_4105_and_not_a_moment_sooner() -> None:
    talking = session(auth_within=10.0)
    assert closing(talking.tick(9.9)) == []
    [close] = talking.tick(10.0)
    assert isinstance(close, Close)
    assert (close.code, close.stop) == (4105, False)
    authorized = session(auth_within=10.0)
    ask(authorized, auth("a"), now=9.9)
    assert closing(authorized.tick(10.1)) == []


def test_a_token_that_is_over_closes_with_4202_and_one_that_was_renewed_does_not() -> None:
    talking = session()
    ask(talking, auth("a-late"))
    assert talking.review(899.9, lambda: True) is None
    close = talking.review(900.0, lambda: True)
    assert close is not None
    assert (close.code, close.stop, close.retry_ms) == (4202, False, 500)
    renewed = session()
    ask(renewed, auth("a-late"))
    ask(renewed, auth("a"))
    assert renewed.review(901.0, lambda: renewed.admission.sees(subject(A))) is None


def test_another_credential_does_not_help_what_it_does_not_cover() -> None:
    talking = session()
    ask(talking, auth("a-late", "b"))
    close = talking.review(901.0, lambda: talking.admission.sees(subject(A)))
    assert close is not None
    assert close.code == 4202


def test_a_revoked_key_stops_with_4009_unless_the_rest_covers_what_is_watched() -> None:
    ring = Ring()
    talking, other = session(KEY, ring=ring), session(KEY, TOKEN_A, ring=ring)
    assert talking.review(0.0, lambda: True) is None
    ring.revoked.add("key:1")
    close = talking.review(0.0, lambda: True)
    assert close is not None
    assert (close.code, close.stop) == (4009, True)
    assert other.review(0.0, lambda: other.admission.sees(subject(A))) is None


def test_without_keys_auth_is_taken_and_not_needed() -> None:
    open_door = Session(epoch="E1", conn="c", now=0.0)
    assert ask(open_door, auth("whatever"), {"type": "auth"}) == []
    assert open_door.admission.sees(subject(A))
    assert open_door.review(1e12, lambda: False) is None
