"""The server's session replays the shared vectors: those of its own kind, and what clients say in the others."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from jindu.core.access import Caller, Scope
from jindu.core.admission import Admission
from jindu.core.session import Close, Request, Say, Session, Subscribe, Unsubscribe

FOLDER = Path(__file__).parent / "vectors"
VECTORS = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.json"))]
SERVER = [vector for vector in VECTORS if vector.get("kind") == "server"]
WATCH = [vector for vector in VECTORS if vector.get("kind", "watch") == "watch"]
ID_LENGTH = 26


class Known:
    """Who knows the tokens of a vector: by token the jobs that it may watch, "*" for all."""

    generation = 0

    def __init__(self, tokens: Mapping[str, list[str]]) -> None:
        self._tokens = tokens

    def admit(self, credential: str) -> Caller | None:
        if credential not in self._tokens:
            return None
        jobs = self._tokens[credential]
        channels = None if jobs == ["*"] else frozenset(f"job:{job}" for job in jobs)
        return Caller(frozenset({Scope.WATCH}), channels=channels, source=credential)

    def stands(self, caller: Caller) -> bool:
        return True


def session(vector: Mapping[str, Any]) -> Session:
    tokens = vector.get("tokens")
    admission = Admission(Known(tokens), ()) if isinstance(tokens, dict) else None
    return Session(epoch=vector.get("epoch", "E1"), conn="c1", now=0.0, ping=vector.get("ping", 20), admission=admission)


def happens(held: Session, event: Any, at: float) -> list[Request]:
    if event == "nothing":
        return held.tick(at)
    ((kind, value),) = event.items()
    if kind == "bytes":
        return held.receive(value.encode(), at)
    return held.receive(value if kind == "text" else json.dumps(value), at)


def observed(requests: list[Request]) -> dict[str, Any]:
    closes = [one for one in requests if isinstance(one, Close)]
    return {
        "subscribe": [
            {"epoch": one.epoch, "channels": dict(one.channels), "pace": one.pace}
            for one in requests
            if isinstance(one, Subscribe)
        ],
        "unsubscribe": [name for one in requests if isinstance(one, Unsubscribe) for name in one.channels],
        "say": [one.frame for one in requests if isinstance(one, Say)],
        "close": {"code": closes[0].code, "stop": closes[0].stop} if closes else None,
    }


def fits(expected: Any, seen: Any, name: str) -> bool:
    if name == "say":
        return len(expected) == len(seen) and all(
            frame.get(field) == value for wanted, frame in zip(expected, seen, strict=True) for field, value in wanted.items()
        )
    return bool(expected == seen)


@pytest.mark.parametrize("vector", SERVER, ids=lambda vector: vector["name"])
def test_what_a_connection_asks_for(vector: dict[str, Any]) -> None:
    held = session(vector)
    for number, step in enumerate(vector["steps"], 1):
        event, expected = step["in"], step["expect"]
        if isinstance(event, dict) and "resume" in event:
            seq, reset = held.resume(**event["resume"])
            assert expected["from"] == {"seq": seq, "reset": reset}, f"step {number}"
            continue
        seen = observed(happens(held, event, step.get("at", 0)))
        for name, value in expected.items():
            assert fits(value, seen[name], name), f"step {number}, {name}: expected {value}, saw {seen[name]}"


@pytest.mark.parametrize("vector", WATCH, ids=lambda vector: vector["name"])
def test_what_clients_say_is_understood(vector: dict[str, Any]) -> None:
    """Each message that a client sends in its stories, on a connection of its own for each that it opens."""
    held = session(vector)
    for step in vector["steps"]:
        if step["in"] == "open":
            held = session(vector)
        for frame in map(lengthened, step.get("expect", {}).get("send", [])):
            seen = observed(held.receive(json.dumps(frame), step.get("at", 0)))
            assert (seen["say"], seen["close"]) == ([], None)
            if frame["type"] == "subscribe":
                asked = {"epoch": frame["epoch"], "channels": frame["channels"], "pace": frame.get("pace")}
                assert seen["subscribe"] == [asked]


def test_there_is_something_to_understand() -> None:
    said = [frame["type"] for vector in WATCH for step in vector["steps"] for frame in step.get("expect", {}).get("send", [])]
    assert {"subscribe", "pong", "auth"} <= set(said)


def lengthened(frame: dict[str, Any]) -> dict[str, Any]:
    """The short ids of the stories as ids that can be."""
    if frame["type"] != "subscribe":
        return frame
    return {**frame, "channels": {_long(name): held for name, held in frame["channels"].items()}}


def _long(channel: str) -> str:
    kind, _, name = channel.partition(":")
    return f"{kind}:{name.rjust(ID_LENGTH, '0')}" if kind in ("job", "batch") else channel
