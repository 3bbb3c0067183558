"""Answers made of what is committed, kept until something is committed that changes them.

Every commit is told on the bus before whoever asked for it is answered, so what is kept here is never older than the last
acknowledged commit. What was read while a change came by is used once and not kept.
"""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from ..bus.contract import Bus, Notice
from ..core.clock import Clock
from .cache import LRUCache

ANSWER_BYTES = 32 * 1024 * 1024  # of answers about jobs that have ended, together
ENTRY_BYTES = 512  # what keeping an answer costs besides
KEPT_SECONDS = 3600.0
SNAPSHOT, BATCH, RESULT = NAMES = ("snapshot", "batch", "result")


class Answer(NamedTuple):
    """An encoded body, with the tag that names its version where it has one."""

    body: bytes
    tag: str = ""


class Reading:
    """One look at a job: `current` until something happens to that job."""

    __slots__ = ("current",)

    def __init__(self) -> None:
        self.current = True


class Remembered:
    """What a node keeps. `close` when it ends. Not `alone`, others commit too and nobody tells in time: nothing is kept."""

    def __init__(self, bus: Bus, clock: Clock, *, alone: bool = True) -> None:
        self._alone = alone
        self._answers: LRUCache[tuple[str, str], Answer] = LRUCache(ANSWER_BYTES, KEPT_SECONDS, weigh=_weight, clock=clock)
        self._figures: LRUCache[tuple[str, str | None], tuple[int, Any]] = LRUCache(1000, KEPT_SECONDS, clock=clock)
        self._readings: dict[str, set[Reading]] = {}
        self._turn = 0
        self._figure_hits = 0
        self._figure_misses = 0
        self._stop = bus.listen(self._hear)

    def close(self) -> None:
        self._stop()

    def answer(self, job_id: str, name: str) -> Answer | None:
        """The kept answer of this name about a job that has ended."""
        return self._answers.get((job_id, name))

    @contextmanager
    def reading(self, job_id: str) -> Iterator[Reading]:
        """Around everything that is read for an answer about a job."""
        reading = Reading()
        beside = self._readings.setdefault(job_id, set())
        beside.add(reading)
        try:
            yield reading
        finally:
            beside.discard(reading)
            if not beside and self._readings.get(job_id) is beside:
                del self._readings[job_id]

    def keep(self, job_id: str, name: str, answer: Answer, reading: Reading) -> None:
        """Keep an answer about a job that has ended, unless something happened to it since `reading` began."""
        if reading.current and self._alone:
            self._answers.set((job_id, name), answer)

    async def figures(self, name: str, of: str | None, make: Callable[[], Awaitable[Any]], *, counted: bool = True) -> Any:
        """What `make` makes of all jobs (of the owner `of`), made anew only if something was committed since. Looks that are
        not `counted` do not show in the statistics: those of the server at itself."""
        kept = self._figures.get((name, of))
        if kept is not None and kept[0] == self._turn and self._alone:
            self._figure_hits += counted
            return kept[1]
        self._figure_misses += counted
        turn = self._turn  # before it is read: what is committed meanwhile may not be in it
        made = await make()
        self._figures.set((name, of), (turn, made))
        return made

    def get_stats(self) -> dict[str, Any]:
        """Looks that found something kept (`hits`) and that did not, and how many answers are kept."""
        answers = self._answers.get_stats()
        hits, misses = answers["hits"] + self._figure_hits, answers["misses"] + self._figure_misses
        rate = hits / (hits + misses) if hits + misses else 0.0
        return {"hits": hits, "misses": misses, "hit_rate": rate, "size": answers["size"]}

    def _hear(self, notice: Notice) -> None:
        self._turn += 1
        for reading in self._readings.pop(notice.id, ()):
            reading.current = False
        if notice.job is None or notice.job.is_completed:  # of an open job nothing is kept
            self._forget(notice.id)
        if notice.job is not None and notice.job.spec.retry_of is not None:  # it shows in the old job as `retried_by`
            self._forget(notice.job.spec.retry_of)

    def _forget(self, job_id: str) -> None:
        for reading in self._readings.get(job_id, ()):
            reading.current = False
        for name in NAMES:
            self._answers.delete((job_id, name))


def _weight(answer: Answer) -> int:
    return len(answer.body) + ENTRY_BYTES
