"""The session replays the shared vectors: the same files that hold the other clients to the protocol."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from jindu_client._closing import Verdict
from jindu_client._session import Output, Problem, Session
from jindu_client.errors import ApiError, WatchStopped

FILES = sorted((Path(__file__).parent.parent / "contract" / "vectors").glob("*.json"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_vector(path: Path) -> None:
    vector = json.loads(path.read_text(encoding="utf-8"))
    session = Session(vector["jobs"], pace=vector.get("pace"), token=vector.get("token"))
    for number, step in enumerate(vector["steps"], 1):
        outputs, verdict = happen(session, step["in"], step.get("at", 0))
        sent = [json.loads(text) for text in session.outgoing()]
        seen = observed(session, outputs, sent, verdict)
        for name, expected in step.get("expect", {}).items():
            assert fits(expected, seen[name], name), f"step {number}, {name}: expected {expected}, saw {seen[name]}"


def test_there_are_enough_and_each_says_why() -> None:
    vectors = [json.loads(path.read_text(encoding="utf-8")) for path in FILES]
    assert len(vectors) >= 20
    assert all(vector["name"] == path.stem and vector["why"].endswith(".") for vector, path in zip(vectors, FILES, strict=True))


def happen(session: Session, event: Any, at: float) -> tuple[Sequence[Output], Verdict | None]:
    if event == "open":
        session.opened(at)
        return [], None
    ((kind, value),) = event.items()
    if kind == "close":
        return [], session.closed(value, at)
    if kind == "snapshot":
        return session.snapshot(value), None
    return session.received(value if kind == "text" else json.dumps(value), at), None


def observed(session: Session, outputs: Sequence[Output], sent: list[Any], verdict: Verdict | None) -> dict[str, Any]:
    held = session.held
    problems = [output for output in outputs if isinstance(output, Problem)]
    return {
        "updates": [output for output in outputs if not isinstance(output, Problem)],
        "problems": [{"job": p.job, "code": p.error.code} for p in problems if isinstance(p.error, ApiError)],
        "send": sent,
        "cursor": {job: one.seq for job, one in held.items()},
        "results": {job: one.results for job, one in held.items()},
        "progress": {job: one.state.get("progress") for job, one in held.items()},
        "state": {job: one.state for job, one in held.items()},
        "epoch": session.epoch,
        "live": session.live,
        "leaving": session.leaving,
        "over": session.over,
        "dead_at": session.dead_at,
        **after_close(verdict),
    }


def after_close(verdict: Verdict | None) -> dict[str, Any]:
    if verdict is None:
        return {}
    if verdict.error is not None:
        return {"link": "stop", "code": verdict.error.code if isinstance(verdict.error, WatchStopped) else None}
    return {"link": "done" if verdict.delay is None else "wait", "delay": verdict.delay}


def fits(expected: Any, seen: Any, name: str) -> bool:
    if name == "updates":
        return len(expected) == len(seen) and all(
            all(getattr(update, field) == value for field, value in wanted.items())
            for wanted, update in zip(expected, seen, strict=True)
        )
    if name == "delay":
        return bool(expected[0] <= seen <= expected[1])
    if name == "state":
        return all(part(fields, seen[job]) for job, fields in expected.items())
    if name in ("cursor", "results", "progress"):
        return part(expected, seen)
    return bool(expected == seen)


def part(expected: Mapping[Any, Any], seen: Mapping[Any, Any]) -> bool:
    return all(seen[name] == value for name, value in expected.items())
