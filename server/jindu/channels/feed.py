"""A feed: live states of many jobs on one connection, newest wins per job, at most 4 flushes a second."""

import math
from collections.abc import Callable

from ..bus.contract import Notice
from ..core import frames
from ..core.advice import SILENT, Advice
from ..core.job import Job
from .topic import FRESH

PERIOD = 0.25  # seconds between two flushes
KEPT = 4_000  # encoded states; then all are forgotten, and those that move are encoded anew


class FeedFrames:
    """States for feeds, each encoded once for all who follow, and put together once for all to whom the same is due."""

    def __init__(self, advice: Advice = SILENT) -> None:
        self._advice = advice
        self._kept: dict[str, tuple[Job, float, bytes]] = {}  # by job: what was encoded, until when it is fresh, the frame
        self._packed: tuple[list[bytes], list[bytes]] = ([], [])  # the frames that were packed last, and the messages

    def pack(self, due: list[bytes]) -> list[bytes]:
        """Messages of these frames. To see that they are those of before is quick: they are the same objects."""
        if not due:
            return []
        if due != self._packed[0]:
            self._packed = due, list(frames.pack(due))
        return self._packed[1]

    def first(self, job: Job) -> bytes:
        """For who has not been told of the job yet."""
        return frames.feed_frame(job, first=True, advice=self._advice)

    def of(self, job: Job, now: float) -> bytes:
        known = self._kept.get(job.id)
        if known is not None and known[0] is job and now < known[1]:
            return known[2]
        frame = frames.feed_frame(job, first=False, advice=self._advice)
        if len(self._kept) >= KEPT:
            self._kept.clear()
        self._kept[job.id] = job, now + FRESH, frame
        return frame


class Feed:
    """Channel `jobs`, or `owner:ID`. Does not replay and moves no cursor. `shows`: of whose jobs its watcher may know."""

    def __init__(
        self, channel: str, wake: Callable[[], None], shows: Callable[[str | None], bool], encoded: FeedFrames
    ) -> None:
        self.channel = channel
        self._shows = shows
        self._owner = channel.removeprefix("owner:") if channel.startswith("owner:") else None
        self._wake = wake
        self._encoded = encoded
        self._moved: dict[str, Job | None] = {}  # None: removed
        self._mentioned: set[str] = set()
        self._shown: dict[str | None, bool] = {}  # by owner, what `_concerns` said since the last flush
        self._next = float("-inf")  # monotonic seconds before which no flush may leave
        self._waits = False  # for that moment

    def hear(self, notice: Notice) -> bool:
        """Take note of a change; whether it is one that this feed tells."""
        job, moved = notice.job, self._moved
        if job is not None and notice.id in moved:  # most are: it moved before since the last flush
            moved[notice.id] = job
            return True
        if job is not None and job.is_batch:
            return False
        if notice.seq and (job is None or not self._concerns(job.spec.owner)):
            return False
        if not notice.seq and notice.id not in self._mentioned:
            moved.pop(notice.id, None)
            return False
        if not moved:  # else the writer knows already when the next flush is due
            self._wake()
        moved[notice.id] = job
        return True

    def _concerns(self, owner: str | None) -> bool:
        if owner not in self._shown:
            self._shown[owner] = (self._owner is None or owner == self._owner) and self._shows(owner)
        return self._shown[owner]

    @property
    def dirty(self) -> bool:
        return bool(self._moved)

    def due_in(self, now: float) -> float:
        """Seconds until the next flush may leave; who is told some waits for them."""
        left = self._next - now
        if left <= 0:
            return 0.0
        self._waits = True
        return left

    def flush(self, now: float) -> list[bytes]:
        """A frame for each job that moved since the last flush.

        What moves after a pause leaves at once; from then on flushes fall on the same moments for all feeds, multiples of the
        period, so that the same is due to all who follow the same.
        """
        moved, self._moved = self._moved, {}
        self._shown.clear()
        at_least = PERIOD / 2 if self._waits else PERIOD  # one that waited falls on a moment of its own, and may be late
        self._next = math.ceil((now + at_least) / PERIOD) * PERIOD
        self._waits = False
        flushed = []
        for job_id, job in moved.items():
            if job is None:
                self._mentioned.discard(job_id)
                flushed.append(frames.gone_frame(job_id))
            elif job_id in self._mentioned:
                flushed.append(self._encoded.of(job, now))
            else:
                flushed.append(self._encoded.first(job))
                self._mentioned.add(job_id)
        return flushed
