"""A feed: live states of many jobs on one connection, newest wins per job, at most 4 flushes a second."""

from collections.abc import Callable

from ..bus.contract import Notice
from ..core import frames
from ..core.advice import SILENT, Advice
from ..core.job import Job
from .topic import FRESH

FLUSHES_PER_SECOND = 4
KEPT = 4_000  # encoded states; then all are forgotten, and those that move are encoded anew


class FeedFrames:
    """States for feeds, each encoded once for all who follow: several flushes fall between two changes of a job."""

    def __init__(self, advice: Advice = SILENT) -> None:
        self._advice = advice
        self._kept: dict[str, tuple[Job, float, bytes]] = {}  # by job: what was encoded, until when it is fresh, the frame

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
        self._flushed_at = float("-inf")

    def hear(self, notice: Notice) -> bool:
        """Take note of a change; whether it is one that this feed tells."""
        if notice.job is not None and notice.job.is_batch:
            return False
        if notice.seq and (notice.job is None or not self._concerns(notice.job.spec.owner)):
            return False
        if not notice.seq and notice.id not in self._mentioned:
            self._moved.pop(notice.id, None)
            return False
        self._moved[notice.id] = notice.job
        self._wake()
        return True

    def _concerns(self, owner: str | None) -> bool:
        return (self._owner is None or owner == self._owner) and self._shows(owner)

    @property
    def dirty(self) -> bool:
        return bool(self._moved)

    def due_in(self, now: float) -> float:
        """Seconds until the next flush may leave."""
        return max(0.0, self._flushed_at + 1 / FLUSHES_PER_SECOND - now)

    def flush(self, now: float) -> list[bytes]:
        """A frame for each job that moved since the last flush."""
        moved, self._moved = self._moved, {}
        self._flushed_at = now
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
