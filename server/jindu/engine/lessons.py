"""What is remembered of runs that completed, by job type and list of stages: in memory, and in stores that keep it.

Learning is paced: of the runs of one type that end between two ticks the last few are learned from, so that a type with a
thousand short jobs a second costs hardly more than one with long ones.
"""

import logging
from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TypeAlias

from ..core.eta.history import History
from ..core.eta.kept import PastRun
from ..core.eta.marks import Run
from ..core.plan import Plan
from ..store.contract import Store, StoreError
from ..store.runs import KEPT_RUNS, RunStore
from .registry import JobType, Registry

log = logging.getLogger("jindu.engine")

KEEP_EVERY = 5.0  # seconds between two writes of what was learned
FITS = 4  # of each tick: each costs up to some milliseconds
SAME_WEIGHT = 0.01  # of the whole: weights that moved less are not told to new jobs
SCORES = 50  # runs whose scores are kept for who asks how well the end is told

AT_ONCE = 4  # runs of one type, of each tick

Key: TypeAlias = tuple[str, str]
Ended: TypeAlias = tuple[Run, float | None]


@dataclass(slots=True)
class Lesson:
    """Of one job type with one list of stages. `errors`: of each of the last runs the middle of how far p50 was off, as a
    share of the run; `held`: the share of it for which p90 held."""

    history: History
    plan: Plan | None = None
    errors: deque[float] = field(default_factory=lambda: deque(maxlen=SCORES))
    held: deque[float] = field(default_factory=lambda: deque(maxlen=SCORES))


class Lessons:
    def __init__(self, store: Store, registry: Registry) -> None:
        self._store = store if isinstance(store, RunStore) else None
        self._registry = registry
        self._lessons: dict[Key, Lesson] = {}
        self._ended: defaultdict[Key, deque[Ended]] = defaultdict(lambda: deque(maxlen=AT_ONCE))  # since the tick before
        self._unkept: deque[PastRun] = deque(maxlen=KEPT_RUNS)
        self._next_keep = 0.0

    async def load(self) -> None:
        """Read what is kept, of job types that there are. Raises `StoreError`."""
        for past in () if self._store is None else await self._store.past_runs():
            job_type = self._registry.get(past.type)
            if job_type is not None and job_type.plan.version == past.version:
                self._lesson(past.type, job_type.plan).history.add(past.run)

    def history(self, type: str, plan: Plan) -> History:
        """What is known of such jobs; an empty one if nothing is."""
        known = self._lessons.get((type, plan.version))
        return _empty(len(plan.stages)) if known is None else known.history

    def of(self, job_type: JobType) -> Lesson | None:
        """None before a first run of it was learned from."""
        return self._lessons.get((job_type.name, job_type.plan.version))

    def plan(self, job_type: JobType) -> Plan:
        """The stages of a new job, with their shares of the time as they were learned; before that as the author guessed."""
        lesson = self.of(job_type)
        weights = None if lesson is None else lesson.history.weights
        if lesson is None or weights is None:
            return job_type.plan
        if lesson.plan is None or _differ(weights, lesson.plan):
            lesson.plan = job_type.plan.weighing(round(weight, 4) for weight in weights)
        return lesson.plan

    def learn(self, type: str, plan: Plan, run: Run, errors: Sequence[float], held: float | None) -> None:
        """Of a run that has completed: it is taken up at the next tick."""
        lesson = self._lesson(type, plan)
        if held is not None:
            lesson.errors.append(sorted(errors)[len(errors) // 2])
            lesson.held.append(held)
        self._ended[type, plan.version].append((run, held))

    async def tick(self, now: float) -> None:
        """Learn from what has ended, keep it, make estimates anew. Raises `StoreError`; what is not kept is kept later."""
        for (type, version), ended in self._ended.items():
            for run, held in ended:
                self._lessons[type, version].history.add(run, held)
                if run.sound:
                    self._unkept.append(PastRun(type, version, run))
        self._ended.clear()
        left = FITS
        for lesson in self._lessons.values():
            left -= lesson.history.refresh(left)
        if now >= self._next_keep:
            self._next_keep = now + KEEP_EVERY
            await self._keep()

    async def close(self) -> None:
        """Learn from and keep what is left; a store that fails now is told in the log."""
        try:
            await self.tick(float("inf"))
        except StoreError as error:
            log.warning("how the last runs went could not be kept: %s", error)

    async def _keep(self) -> None:
        if not self._unkept or self._store is None:
            return
        kept = list(self._unkept)
        await self._store.keep_runs(kept)
        for _ in kept:
            self._unkept.popleft()

    def _lesson(self, type: str, plan: Plan) -> Lesson:
        key = type, plan.version
        found = self._lessons.get(key)
        if found is None:
            found = self._lessons[key] = Lesson(History(len(plan.stages)))
        return found


@cache
def _empty(stages: int) -> History:
    """Nothing is added to it: what is learned from has a history of its own."""
    return History(stages)


def _differ(weights: Iterable[float], plan: Plan) -> bool:
    return any(abs(weight - stage.weight) > SAME_WEIGHT for weight, stage in zip(weights, plan.stages, strict=True))
