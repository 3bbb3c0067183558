"""What a watch holds of its jobs, and how it is changed: frames and snapshots in, updates out. No I/O, no connection.

Rules on top:

* A frame is applied if and only if its seq is above the one held for that job (rule 1). A snapshot is folded by the same
  rule: its partial results above the held seq, then its state. So any transport may follow any other.
* A new epoch forgets seqs and results, never the jobs (rule 3). A job that has ended stays ended (rule 5).
* A batch is a job without body: its id is held as a job's is. A frame of a feed moves no cursor.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, TypeAlias

from . import updates
from .errors import JinduError
from .updates import FeedUpdate, Key, Kind, Update

KINDS: Mapping[str, Kind] = {"progress": "progress", "result": "result", "complete": "complete", "error": "error"}
WINDOW = 150  # jobs watched at once on one connection: a server takes 200 channels
_ADVICE = ("eta", "queue", "stale_after")
_STATE = (
    "status", "stage", "progress", "is_completed", "message", "attempt", "max_attempts", "results", "retry_at", "cancelling",
    "updated_at", "eta", "queue", "stale_after", "result", "result_url", "error", "reached", "counts", "with_errors",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Problem:
    """The server refuses to say anything about this channel; its watch is over. `job` is the id, or the name of a feed."""

    job: str
    error: JinduError


Output: TypeAlias = Update | FeedUpdate | Problem


@dataclass(slots=True)
class Held:
    """What is known of one job or batch."""

    channel: str
    seq: int = 0
    state: dict[str, Any] = field(default_factory=dict)
    results: dict[Key, Any] = field(default_factory=dict)
    over: bool = False

    def forget(self) -> None:
        """What was held belongs to another history."""
        self.seq, self.state, self.results = 0, {}, {}


class Holding:
    """Cursor, state and partial results of `jobs` and `batches` (ids) across any number of connections, and open `feeds`."""

    def __init__(self, jobs: Iterable[str] = (), batches: Iterable[str] = (), feeds: Iterable[str] = ()) -> None:
        self.epoch = ""
        self.held = {job: Held(f"job:{job}") for job in jobs} | {batch: Held(f"batch:{batch}") for batch in batches}
        self.feeds = list(feeds)

    @property
    def open_jobs(self) -> list[str]:
        """Jobs and batches without an end yet."""
        return [job for job, held in self.held.items() if not held.over]

    @property
    def channels(self) -> dict[str, int]:
        """What to subscribe to now, with the seq held of each; those beyond `WINDOW` have to wait until others have ended."""
        cursors = {held.channel: held.seq for held in self.held.values() if not held.over}
        return {**dict.fromkeys(self.feeds, 0), **dict(islice(cursors.items(), WINDOW))}

    @property
    def over(self) -> bool:
        """Every job has had its end (or was refused), and no feed is open."""
        return not self.channels

    def meet(self, epoch: Any) -> bool:
        """Whether the epoch is another than the one held; then everything but the jobs is forgotten."""
        if not isinstance(epoch, str) or not epoch or epoch == self.epoch:
            return False
        for held in self.held.values():
            if not held.over:
                held.forget()
        self.epoch = epoch
        return True

    def frame(self, frame: Mapping[str, Any]) -> list[Output]:
        """One frame about a job, of a connection that said `hello`."""
        job = frame.get("job")
        if not isinstance(job, str):
            return []
        if frame.get("feed"):
            return self._feed(job, frame)
        held = self.held.get(job)
        if held is None or held.over:
            return []
        kind = frame.get("type")
        if kind == "reset":
            held.forget()
        elif kind == "hint":
            held.state.update({name: frame[name] for name in _ADVICE if name in frame})
        elif kind in KINDS:
            return self._apply(job, held, frame)
        return []

    def snapshot(self, body: Mapping[str, Any]) -> list[Output]:
        """The answer of `GET /v1/jobs/ID`: partial results above the held seq, then the state if it is newer."""
        job = body.get("id")
        held = self.held.get(job) if isinstance(job, str) else None
        if held is None or held.over or not isinstance(job, str) or _seq(body) is None:
            return []
        self.meet(body.get("epoch"))
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

    def refuse(self, channel: str, error: JinduError) -> list[Output]:
        """This channel cannot be watched, and that will not change."""
        if channel in self.feeds:
            self.feeds.remove(channel)
            return [Problem(channel, error)]
        job = channel.partition(":")[2]
        held = self.held.get(job)
        if held is None or held.over or held.channel != channel:
            return []
        held.over = True
        return [Problem(job, error)]

    def _apply(self, job: str, held: Held, frame: Mapping[str, Any]) -> list[Output]:
        seq, kind = _seq(frame), KINDS[frame["type"]]
        state = frame.get("state")
        if seq is None or seq <= held.seq or not (isinstance(state, dict) or kind == "result"):
            return []
        held.seq = seq
        if isinstance(state, dict):
            held.state = dict(state)
        shown = dict(held.state)
        if kind == "result":
            return _partial(held, updates.partial(job, seq, frame, shown))
        held.over = kind in ("complete", "error")
        return [updates.progressed(job, seq, shown, kind)]

    def _feed(self, job: str, frame: Mapping[str, Any]) -> list[Output]:
        state, head = frame.get("state"), frame.get("head")
        gone = frame.get("type") == "gone"
        if not self.feeds or not (gone or (isinstance(state, dict) and frame.get("type") in KINDS)):
            return []
        return [FeedUpdate(job, state if isinstance(state, dict) else {}, head if isinstance(head, dict) else None, gone=gone)]


def _partial(held: Held, update: Update) -> list[Output]:
    if update.key is None or update.key in held.results:
        return []
    held.results[update.key] = update.data
    return [update]


def _seq(frame: Mapping[str, Any]) -> int | None:
    seq = frame.get("seq")
    return seq if isinstance(seq, int) and not isinstance(seq, bool) and seq > 0 else None


def _end(state: Mapping[str, Any]) -> str:
    return {"completed": "complete", "failed": "error", "cancelled": "error"}.get(str(state.get("status")), "progress")
