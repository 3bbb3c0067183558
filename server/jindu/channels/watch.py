"""One subscription of one job: a cursor, and what is due beyond it. A dirty mark, not a queue (PROTOCOL section 6).

Memory does not grow with messages missed: what is due is worked out when the connection can take it, from the topic's
newest state and its tail of results, and from the log by who lags behind the tail.
"""

from .outlet import Outlet
from .topic import Topic

Shown = tuple[str, int, int]  # stage, attempt, results: a change of any of these is not paced


class Watch:
    """`seq` is the cursor: everything up to it was handed out. `pace` is frames a second for progress, None for all.
    Through `out` the topic hands over its newest state by itself, while that is all there is to say."""

    __slots__ = ("_shown", "conflated", "ended", "out", "pace", "sent_at", "seq", "topic")

    def __init__(self, topic: Topic, seq: int, pace: float | None, out: Outlet | None = None) -> None:
        self.topic = topic
        self.out = out if pace is None else None
        self.seq = seq
        self.pace = pace
        self.ended = False
        self.conflated = 0  # states that newer ones overtook before they left
        self.sent_at = float("-inf")  # monotonic seconds of the last frame of any kind
        self._shown: Shown | None = None

    @property
    def behind(self) -> bool:
        """Whether the topic knows of anything beyond the cursor."""
        job = self.topic.job
        return job is not None and job.seq > self.seq

    @property
    def finished(self) -> bool:
        """Whether the end was handed out: nothing can follow."""
        job = self.topic.job
        return job is not None and job.is_completed and job.seq <= self.seq

    @property
    def final(self) -> bool:
        """Whether nothing fresher can come: holding it back gains nothing."""
        job = self.topic.job
        return self.topic.gone or (job is not None and job.is_completed)

    def due_in(self, now: float) -> float:
        """Seconds until what is due may leave: 0 unless it is mere progress and the pace asked for says wait."""
        job = self.topic.job
        if self.pace is None or job is None or job.is_completed or self.topic.stale or self.topic.gone:
            return 0.0
        if self._shown != (job.stage, job.attempt, job.results):
            return 0.0
        return max(0.0, self.sent_at + 1 / self.pace - now)

    def overtook(self, states: int) -> None:
        """So many states were left out for newer ones."""
        if states > 0 and self.sent_at > 0:  # what happened before the first frame was not kept from anybody
            self.conflated += states

    def due(self, now: float) -> list[bytes] | None:
        """Frames beyond the cursor: results in order, then the newest state. Moves the cursor; None if the log must be read.

        A state of seq n leaves only after every kept result with seq <= n.
        """
        job = self.topic.job
        if job is None or self.topic.stale:
            return None
        if job.seq <= self.seq:
            return []
        results = self.topic.tail(self.seq) if job.results else []
        if results is None:
            return None
        frames = [result.alone for result in results]
        if results and results[-1].newest is not None and results[-1].seq == job.seq:
            frames[-1] = results[-1].newest
        else:
            frames.append(self.topic.state(now))
        self.overtook(job.seq - self.seq - len(frames))
        self._moved(now)
        return frames

    async def due_from_log(self, now: float) -> list[bytes]:
        """The same from the log, one page of results at a time; call until nothing is `behind`.

        While the log was read the job may have moved on. Then its newest state would overtake results, so no state leaves
        in this turn; the cursor has caught up with what was read, and the tail reaches from there.
        """
        await self.topic.refresh()
        job = self.topic.job
        if job is None or job.seq <= self.seq:
            return []
        page, whole = await self.topic.logged(self.seq, job.seq)
        frames = [result.alone for result in page]
        if not whole:
            self.seq = page[-1].seq
        elif self.topic.job is not job:
            self.seq = job.seq
        else:
            if page and page[-1].newest is not None:
                frames[-1] = page[-1].newest
            else:
                frames.append(self.topic.state(now))
            self._moved(now)
        return frames

    def _moved(self, now: float) -> None:
        job = self.topic.job
        if job is not None:
            self.seq = job.seq
            self.sent_at = now
            self.ended = job.is_completed
            self._shown = (job.stage, job.attempt, job.results)
