"""One subscription of one job: a cursor, and what is due beyond it. A dirty mark, not a queue (PROTOCOL section 6).

Memory does not grow with messages missed: what is due is worked out when the connection can take it, from the topic's
newest state and from the log.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from .topic import Topic


@dataclass(slots=True)
class _Shown:
    """What the client saw last; a change of any of these is not paced."""

    stage: str
    attempt: int
    results: int


class Watch:
    """`seq` is the cursor: everything up to it was handed out. `pace` is frames a second for progress, None for all."""

    def __init__(self, topic: Topic, seq: int, pace: float | None) -> None:
        self.topic = topic
        self.seq = seq
        self.pace = pace
        self.ended = False
        self.sent_at = float("-inf")  # monotonic seconds of the last frame of any kind
        self._shown: _Shown | None = None

    def due_in(self, now: float) -> float:
        """Seconds until what is due may leave: 0 unless it is mere progress and the pace asked for says wait."""
        job = self.topic.job
        if self.pace is None or job is None or job.is_completed or self.topic.stale or self.topic.gone:
            return 0.0
        if self._shown != _Shown(job.stage, job.attempt, job.results):
            return 0.0
        return max(0.0, self.sent_at + 1 / self.pace - now)

    async def due(self, now: float) -> AsyncIterator[bytes]:
        """Frames beyond the cursor: results in order, then the newest state. Moves the cursor as it goes.

        A state of seq n leaves only after every kept result with seq <= n. Cancelling is safe: what was yielded counts.
        """
        await self.topic.refresh()
        job = self.topic.job
        if job is None or job.seq <= self.seq:
            return
        upto, told = job.seq, False
        while job.results:
            batch = await self.topic.results(self.seq, upto)
            for seq, alone, newest in batch:
                told = newest is not None and seq == upto
                self.seq = seq
                yield alone if newest is None or not told else newest
            if not batch:
                break
        # The job may have moved on while the log was read: then the state that leaves is of a greater seq than the results
        # that left, and the results between would be overtaken. Leave it to the next turn, which starts over.
        now_at = self.topic.job
        if not told and now_at is not None and now_at.seq == upto:
            yield self.topic.state()
        elif not told:
            return
        self.seq = upto
        self.sent_at = now
        self._shown = _Shown(job.stage, job.attempt, job.results)
        self.ended = job.is_completed
