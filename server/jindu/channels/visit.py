"""A visit: a connection whose one subscription came with the request, because its client cannot speak again.

The peer serves it as it serves a socket; here is only how it ends (PROTOCOL section 4). Life is told by writes that are
taken, so silence ends no visit (rule 6).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from ..core.access import Subject
from ..core.admission import Admission
from ..core.codec import encode
from ..core.session import Close, Request, Session, is_channel, watched_id
from .hub import Hub

NO_FEEDS = {"zh": "轮询没有动态频道：请用 /v1/ws 或 /v1/stream。", "en": "A poll has no feeds: use /v1/ws or /v1/stream."}


@dataclass(frozen=True, slots=True)
class Answered:
    """The visit is over and there is no `bye` to say: the answer is whole."""

    code: ClassVar[int] = 1000


@dataclass(frozen=True, slots=True)
class Visit:
    """What is watched, from where, and until when (monotonic seconds; None: to the end)."""

    channels: Mapping[str, int] = field(default_factory=dict)
    epoch: str = ""
    pace: float | None = None
    until: float | None = None
    live: ClassVar[bool] = True  # pings, hints, feeds and `subscribed` have a sense

    @property
    def subscribe(self) -> str:
        """The subscription as the frame that a socket would have sent."""
        frame = {"type": "subscribe", "epoch": self.epoch, "channels": dict(self.channels), "pace": self.pace}
        return encode(frame).decode()

    def late(self, now: float) -> bool:
        return self.until is not None and now >= self.until

    def end(self, now: float, *, done: bool, said: bool) -> Close | Answered | None:
        """How it ends now, if it does. `done`: nothing can follow; `said`: something left since `hello`."""
        if done:
            return Close(1000, "ended", stop=True)
        return Close(4201, "rotate", retry_ms=0) if self.late(now) else None


@dataclass(frozen=True, slots=True)
class Poll(Visit):
    """Ends with the first frames beyond the cursors, or empty-handed when the time is up."""

    live: ClassVar[bool] = False

    def end(self, now: float, *, done: bool, said: bool) -> Close | Answered | None:
        if done:
            return Close(1000, "ended", stop=True)
        return Answered() if said or self.late(now) else None


class Listener(Session):
    """The session of a visit: the client's silence is no sign of death."""

    def tick(self, now: float) -> list[Request]:
        self._heard = now
        return super().tick(now)


async def nothing_follows(hub: Hub, visit: Visit, admission: Admission | None = None) -> bool:
    """Whether all that is watched are jobs that may be seen, ended, with cursors at their ends; without `admission` all may."""
    if visit.epoch != hub.store.epoch:
        return False
    for name, held in visit.channels.items():
        if held == 0 or not await _at_its_end(hub, name, held, admission or Admission()):
            return False
    return True


async def _at_its_end(hub: Hub, name: str, held: int, admission: Admission) -> bool:
    job_id = watched_id(name)
    if job_id is None or not is_channel(name):
        return False

    def wake() -> None:
        """Nothing waits here."""

    topic = await hub.join(job_id, wake, batch=name.startswith("batch:"))
    if topic is None:
        return False
    hub.part(topic, wake)
    job = topic.job
    return job is not None and admission.sees(Subject.of(job)) and job.is_completed and job.seq == held
