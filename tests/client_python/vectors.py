"""The shared vectors, read, and their `watch` stories replayed on our holding and links."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jindu_client import ApiError, FeedUpdate, JinduError, Update, WatchStopped
from jindu_client._closing import Backoff, Verdict
from jindu_client._held import Holding, Output, Problem
from jindu_client._link import Link

from client_python.world import Fixed  # isort: skip

FOLDER = Path(__file__).parent.parent / "contract" / "vectors"
POWERS = frozenset({"renew"})


def vectors(kind: str) -> list[dict[str, Any]]:
    read = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.json"))]
    return [one for one in read if one.get("kind", "watch") == kind and POWERS.issuperset(one.get("needs", ()))]


class Watcher:
    """One client without its ladder: what a `watch` vector is about."""

    def __init__(self, vector: Mapping[str, Any]) -> None:
        self.holding = Holding(vector.get("jobs", ()), vector.get("batches", ()), vector.get("feeds", ()))
        self._tokens = list(vector.get("tokens") or [vector.get("token")])
        self._pace = vector.get("pace")
        self._backoff = Backoff(Fixed(0.5))
        self._link: Link | None = None
        self.verdict: Verdict | None = None

    def happens(self, event: Any, at: float) -> list[Output]:
        """One step; what comes out."""
        self.verdict = None
        if isinstance(event, str):
            if event == "open":
                self._open(at, speaks=True)
            return []
        ((kind, value),) = event.items()
        outputs: list[Output] = getattr(self, f"_on_{kind}")(value, at) or []
        return outputs

    def _open(self, at: float, *, speaks: bool) -> None:
        token = self._tokens.pop(0) if len(self._tokens) > 1 else self._tokens[0]
        self._link = Link(self.holding, at, token=token, pace=self._pace, speaks=speaks)

    def _on_open(self, value: str, at: float) -> None:
        self._open(at, speaks=False)

    def _on_frame(self, value: Any, at: float) -> list[Output]:
        return self._on_text(json.dumps(value), at)

    def _on_text(self, value: str, at: float) -> list[Output]:
        assert self._link is not None, "nothing is open"
        return self._link.received(value, at)

    def _on_bytes(self, value: str, at: float) -> list[Output]:
        assert self._link is not None, "nothing is open"
        return self._link.received(value.encode(), at)

    def _on_close(self, value: int, at: float) -> None:
        assert self._link is not None, "nothing is open"
        self.verdict = self._link.closed(value, at, self._backoff)
        self._link = None

    def _on_answer(self, value: list[Any], at: float) -> list[Output]:
        return Link(self.holding, at, speaks=False).frames(value, at)

    def _on_snapshot(self, value: Mapping[str, Any], at: float) -> list[Output]:
        return self.holding.snapshot(value)

    def _on_renew(self, value: str, at: float) -> None:
        assert self._link is not None, "nothing is open"
        self._link.renew(value)

    def observed(self, outputs: Sequence[Output], at: float) -> dict[str, Any]:
        """Everything that a vector may expect after a step."""
        held, link = self.holding.held, self._link
        return {
            "updates": [output for output in outputs if isinstance(output, Update)],
            "feed": [_feed(output) for output in outputs if isinstance(output, FeedUpdate)],
            "problems": [problem(output) for output in outputs if isinstance(output, Problem)],
            "send": [json.loads(text) for text in link.outgoing()] if link is not None else [],
            "ask": {"epoch": self.holding.epoch, "channels": self.holding.channels},
            "cursor": {job: one.seq for job, one in held.items()},
            "results": {job: one.results for job, one in held.items()},
            "progress": {job: one.state.get("progress") for job, one in held.items()},
            "state": {job: one.state for job, one in held.items()},
            "epoch": self.holding.epoch,
            "live": link is not None and link.live,
            "leaving": link is not None and link.leaving,
            "over": self.holding.over,
            "dead": link is not None and at >= link.dead_at,
            "dead_at": link.dead_at if link is not None else None,
            **_after_close(self.verdict),
        }


def problem(output: Problem) -> dict[str, Any]:
    code = output.error.code if isinstance(output.error, ApiError) else None
    feed = output.job == "jobs" or output.job.startswith("owner:")
    return {"channel" if feed else "job": output.job, "code": code}


def _feed(update: FeedUpdate) -> dict[str, Any]:
    if update.job is None:
        return {"subscribed": update.channel}
    return {"job": update.job, "state": update.state, "head": update.head, "gone": update.gone}


def _after_close(verdict: Verdict | None) -> dict[str, Any]:
    if verdict is None:
        return {}
    if verdict.error is not None:
        return {"link": "stop", "code": stop_code(verdict.error)}
    return {"link": "done" if verdict.delay is None else "wait", "delay": verdict.delay}


def stop_code(error: JinduError | None) -> int | None:
    return error.code if isinstance(error, WatchStopped) else None


# Whether what was seen is what was expected.


def fits(expected: Any, seen: Any, name: str) -> bool:
    if name == "updates":
        return fit_updates(expected, seen)
    if name == "feed":
        return len(expected) == len(seen) and all(map(_within, expected, seen))
    if name == "delay":
        return bool(expected[0] <= seen <= expected[1])
    if name in ("state", "cursor", "results", "progress"):
        return _within(expected, seen) if name == "state" else all(seen[job] == value for job, value in expected.items())
    return bool(expected == seen)


def fit_updates(expected: Sequence[Mapping[str, Any]], seen: Sequence[Update]) -> bool:
    return len(expected) == len(seen) and all(
        all(getattr(update, field) == value for field, value in wanted.items())
        for wanted, update in zip(expected, seen, strict=True)
    )


def _within(expected: Any, seen: Any) -> bool:
    """Equal in all that is expected; objects may have more."""
    if isinstance(expected, dict):
        return isinstance(seen, Mapping) and all(_within(value, seen.get(name)) for name, value in expected.items())
    return bool(expected == seen)
