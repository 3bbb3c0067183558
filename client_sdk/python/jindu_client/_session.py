"""One watch without I/O: frames and snapshots in, updates and texts to send out (PROTOCOL sections 2, 3 and 5).

Rules on top:

* A frame is applied if and only if its seq is above the one held for that job (rule 1). A snapshot is folded by the same
  rule: its partial results above the held seq, then its state. So any transport may follow any other.
* Nothing counts on a connection before `hello`: what comes earlier moves no cursor, so a path that works will bring it.
* A new epoch forgets seqs and results, never the jobs (rule 3). A job that has ended stays ended (rule 5).
* Time is handed in (`now`, seconds of any monotonic clock); nothing here reads a clock, opens a socket or sleeps.
"""

import json
import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from . import updates
from ._closing import Backoff, Bye, Verdict, verdict
from .errors import AccessDenied, JinduError, api_error
from .updates import Key, Kind, Update

PING = 20.0  # seconds between the server's pings until hello says otherwise
PROVEN = 10.0  # seconds a link must have been live before the back-off starts anew
_ADVICE = ("eta", "queue", "stale_after")
_KINDS: Mapping[str, Kind] = {"progress": "progress", "result": "result", "complete": "complete", "error": "error"}
_STATE = (
    "status", "stage", "progress", "is_completed", "message", "attempt", "max_attempts", "results", "retry_at", "cancelling",
    "updated_at", "eta", "queue", "stale_after", "result", "result_url", "error", "reached",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Problem:
    """The server refuses to say anything about this job; its watch is over."""

    job: str
    error: JinduError


Output: TypeAlias = Update | Problem


@dataclass(slots=True)
class Held:
    """What is known of one job."""

    seq: int = 0
    state: dict[str, Any] = field(default_factory=dict)
    results: dict[Key, Any] = field(default_factory=dict)
    over: bool = False

    def forget(self) -> None:
        """What was held belongs to another history."""
        self.seq, self.state, self.results = 0, {}, {}


class Session:
    """Holds cursor, state and partial results of `jobs` across any number of connections."""

    def __init__(
        self, jobs: Iterable[str], *, pace: float | None = None, token: str | None = None, rng: random.Random | None = None
    ) -> None:
        self.epoch = ""
        self.held = {job: Held() for job in jobs}
        self._pace = pace
        self._token = token
        self._backoff = Backoff(rng or random.Random())  # spreads waiting; no secret # nosec B311
        self._outgoing: list[str] = []
        self._ping = PING
        self._heard = 0.0
        self._hello_at: float | None = None
        self._bye: Bye | None = None
        self._refusal: JinduError | None = None

    # What the driver asks.

    @property
    def live(self) -> bool:
        """`hello` has arrived on this connection: only now does the path count as working."""
        return self._hello_at is not None

    @property
    def leaving(self) -> bool:
        """The server said goodbye, or cannot be talked to: hang up, then ask `closed`."""
        return self._bye is not None or self._refusal is not None

    @property
    def open_jobs(self) -> list[str]:
        return [job for job, held in self.held.items() if not held.over]

    @property
    def over(self) -> bool:
        """Every job has had its end (or was refused)."""
        return not self.open_jobs

    @property
    def dead_at(self) -> float:
        """The second at which the link counts as dead if nothing comes before (rule 6)."""
        return self._heard + 2 * self._ping + 5

    def outgoing(self) -> list[str]:
        """Texts to send now, each one message; asked for once."""
        texts, self._outgoing = self._outgoing, []
        return texts

    # What the driver tells.

    def opened(self, now: float) -> None:
        """A connection stands. Credentials and cursors leave in the same flight."""
        self._ping, self._heard, self._hello_at = PING, now, None
        self._bye = self._refusal = None
        self._outgoing = []
        if self._token:
            self._send({"type": "auth", "tokens": [self._token]})
        self._subscribe()

    def received(self, message: str | bytes, now: float) -> list[Output]:
        """One WebSocket message: an object, or an array handled frame by frame. What cannot be read is still life."""
        self._heard = now
        if isinstance(message, bytes):
            return []
        try:
            value = json.loads(message)
        except (ValueError, RecursionError):
            return []
        return self.frames(value if isinstance(value, list) else [value], now)

    def frames(self, frames: Iterable[Any], now: float) -> list[Output]:
        """Frames of any transport, in order."""
        self._heard = now
        outputs: list[Output] = []
        for frame in frames:
            if isinstance(frame, dict):
                outputs += self._frame(frame, now)
        return outputs

    def snapshot(self, body: Mapping[str, Any]) -> list[Output]:
        """The answer of `GET /v1/jobs/ID`: partial results above the held seq, then the state if it is newer."""
        job = body.get("id")
        held = self.held.get(job) if isinstance(job, str) else None
        if held is None or held.over or not isinstance(job, str) or _seq(body) is None:
            return []
        self._meet(body.get("epoch"))
        kept = [part for part in body.get("partial") or () if isinstance(part, dict) and _seq(part) is not None]
        state = {name: body[name] for name in _STATE if name in body}
        outputs: list[Output] = []
        for part in sorted(kept, key=lambda part: int(part["seq"])):
            # As in frames: a result that is the newest change carries the state, which comes with no seq of its own.
            newest = {"state": state} if part["seq"] == body["seq"] else {}
            outputs += self._apply(job, held, {**part, **newest, "type": "result"})
        return outputs + self._apply(job, held, {"type": _end(state), "seq": body["seq"], "state": state})

    def filled(self, update: Update) -> Update:
        """The data of a partial result that was fetched on its own has arrived."""
        if update.key is not None:
            self.held[update.job].results[update.key] = update.data
        return update

    def refuse(self, job: str, error: JinduError) -> list[Output]:
        """This job cannot be watched, and that will not change."""
        held = self.held.get(job)
        if held is None or held.over:
            return []
        held.over = True
        return [Problem(job, error)]

    def closed(self, code: int, now: float) -> Verdict:
        """The link has ended, with this close code (1006: without a word)."""
        bye, refusal, since = self._bye, self._refusal, self._hello_at
        self._bye = self._refusal = self._hello_at = None
        self._outgoing = []
        if self.over:
            return Verdict()
        if refusal is not None:
            return Verdict(error=refusal)
        if since is not None and now - since >= PROVEN:
            self._backoff.reset()
        return verdict(code, bye, self._backoff)

    # One frame.

    def _frame(self, frame: dict[str, Any], now: float) -> list[Output]:
        kind = frame.get("type")
        if kind == "hello":
            self._hello(frame, now)
        elif kind == "ping":
            self._send({"type": "pong"})
        elif kind == "bye":
            self._bye = Bye(_code(frame), _milliseconds(frame), frame.get("stop") is True, str(frame.get("why") or ""))
        elif kind == "problem":
            return self._problem(frame)
        elif self.live and not frame.get("feed"):
            return self._job_frame(frame)
        return []

    def _hello(self, frame: Mapping[str, Any], now: float) -> None:
        ping = frame.get("ping")
        if isinstance(ping, int | float) and ping > 0:
            self._ping = float(ping)
        again = self.live
        if not again:
            self._hello_at = now
        changed = self._meet(frame.get("epoch"))
        if again and changed:
            self._subscribe()
        if frame.get("auth") == "needed" and not self._token:
            self._refusal = AccessDenied({"code": "UNAUTHORIZED", "title": "this server asks for a token"})

    def _problem(self, frame: dict[str, Any]) -> list[Output]:
        channel = str(frame.get("channel") or "")
        job = channel.removeprefix("job:")
        if not channel.startswith("job:") or job not in self.open_jobs:
            return []
        if frame.get("temporary") is True:
            # Coming back repeats the subscription, which is harmless for the others (rule 2).
            self._bye = Bye(4100, _milliseconds(frame), stop=False, why=str(frame.get("code")))
            return []
        return self.refuse(job, api_error(frame))

    def _job_frame(self, frame: dict[str, Any]) -> list[Output]:
        job = frame.get("job")
        held = self.held.get(job) if isinstance(job, str) else None
        if held is None or held.over or not isinstance(job, str):
            return []
        if frame.get("type") == "reset":
            held.forget()
        elif frame.get("type") == "hint":
            held.state.update({name: frame[name] for name in _ADVICE if name in frame})
        elif frame.get("type") in _KINDS:
            return self._apply(job, held, frame)
        return []

    def _apply(self, job: str, held: Held, frame: Mapping[str, Any]) -> list[Output]:
        seq, kind = _seq(frame), _KINDS[frame["type"]]
        state = frame.get("state")
        if seq is None or seq <= held.seq or not (isinstance(state, dict) or kind == "result"):
            return []
        held.seq = seq
        if isinstance(state, dict):
            held.state = dict(state)
        shown = dict(held.state)
        if kind == "result":
            return self._partial(job, held, updates.partial(job, seq, frame, shown))
        held.over = kind in ("complete", "error")
        return [updates.progressed(job, seq, shown, kind)]

    def _partial(self, job: str, held: Held, update: Update) -> list[Output]:
        if update.key is None or update.key in held.results:
            return []
        held.results[update.key] = update.data
        return [update]

    def _meet(self, epoch: Any) -> bool:
        """Whether the epoch is another than the one held; then everything but the jobs is forgotten."""
        if not isinstance(epoch, str) or not epoch or epoch == self.epoch:
            return False
        for held in self.held.values():
            if not held.over:
                held.forget()
        self.epoch = epoch
        return True

    def _subscribe(self) -> None:
        channels = {f"job:{job}": self.held[job].seq for job in self.open_jobs}
        request: dict[str, Any] = {"type": "subscribe", "epoch": self.epoch, "channels": channels}
        self._send(request if self._pace is None else {**request, "pace": self._pace})

    def _send(self, frame: Mapping[str, Any]) -> None:
        self._outgoing.append(json.dumps(frame, ensure_ascii=False, separators=(",", ":")))


def _seq(frame: Mapping[str, Any]) -> int | None:
    seq = frame.get("seq")
    return seq if isinstance(seq, int) and not isinstance(seq, bool) and seq > 0 else None


def _end(state: Mapping[str, Any]) -> str:
    return {"completed": "complete", "failed": "error", "cancelled": "error"}.get(str(state.get("status")), "progress")


def _milliseconds(frame: Mapping[str, Any]) -> float | None:
    retry = frame.get("retry_ms")
    return max(0.0, retry / 1000) if isinstance(retry, int | float) and not isinstance(retry, bool) else None


def _code(frame: Mapping[str, Any]) -> int:
    code = frame.get("code")
    return code if isinstance(code, int) else 1000
