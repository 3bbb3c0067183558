"""Who waits before whom: the pending jobs of each type in the order in which they will be claimed, in memory.

The order is the store's: lowest rank first, ties by birth, among those that are due. It is heard on the bus, so that a place
is looked up and not counted. Where other nodes share the store, the line is read anew now and then while anybody asks.
"""

from bisect import bisect_left, insort
from collections import defaultdict, deque
from dataclasses import dataclass, field, replace
from heapq import heappop, heappush
from typing import TypeAlias

from ..bus.contract import Notice
from ..core.clock import Clock
from ..core.job import Job
from ..core.states import Kind, Phase, Status
from ..store.contract import Query, Store

PAGE = 1_000
READ_EVERY = 5.0  # seconds
INTERVALS = 32  # between jobs that left, from which it is told how fast they do

Place: TypeAlias = tuple[float, float, str]  # rank, created_at, id


@dataclass(slots=True)
class _Queue:
    """Of one type. `intervals`: monotonic seconds between two ends while others waited."""

    due: list[Place] = field(default_factory=list)
    later: list[tuple[float, Place]] = field(default_factory=list)
    intervals: deque[float] = field(default_factory=lambda: deque(maxlen=INTERVALS))
    ended_at: float | None = None  # while others waited


class Queues:
    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._shared = store.shared is not None
        self._clock = clock
        self._queues: defaultdict[str, _Queue] = defaultdict(_Queue)
        self._places: dict[str, tuple[str, float, Place]] = {}  # by id: type, due_at, place
        self._asked = False  # for a place, since the line was read
        self._heard: set[str] | None = None  # ids, while the store is being read
        self._next_read = 0.0

    async def load(self) -> None:
        """Read all that wait. Raises `StoreError`."""
        self._asked = False
        heard = self._heard = set()  # what is heard meanwhile is newer than what is read
        try:
            found = await self._read()
        finally:
            self._heard = None
        for job_id in [known for known in self._places if known not in found and known not in heard]:
            self._drop(job_id)
        for job_id, job in found.items():
            if job_id not in heard:
                self._add(job)

    async def _read(self) -> dict[str, Job]:
        found: dict[str, Job] = {}
        query = Query(status=Status.PENDING, limit=PAGE)
        while jobs := await self._store.page(query):
            found.update((job.id, job) for job in jobs)
            query = replace(query, before=(jobs[-1].spec.created_at, jobs[-1].id))
        return found

    async def tick(self, now: float) -> None:
        """Raises `StoreError`."""
        if self._shared and self._asked and now >= self._next_read:
            self._next_read = now + READ_EVERY
            await self.load()

    def hear(self, notice: Notice, kind: Kind) -> None:
        """A job of this node changed; not called for what changes no place."""
        job = notice.job
        if job is None or job.is_batch:
            return
        if self._heard is not None:
            self._heard.add(job.id)
        if job.phase is Phase.PENDING:
            self._add(job)
        else:
            self._drop(job.id)
        if kind in _LEAVING and job.started_at is not None:
            self._ended(self._queues[job.spec.type])

    def removed(self, job_id: str) -> None:
        self._drop(job_id)

    def place(self, job: Job) -> int | None:
        """1 for the next of its type; None for one that is not due or not known."""
        self._asked = True
        known = self._places.get(job.id)
        if known is None:
            return None
        queue = self._ready(job.spec.type)
        at = bisect_left(queue.due, known[2])
        return at + 1 if at < len(queue.due) and queue.due[at] == known[2] else None

    def waiting(self, type: str) -> int:
        """How many are due."""
        return len(self._ready(type).due)

    def apart(self, type: str, slots: int, usual: float | None) -> float | None:
        """Seconds between two turns of this type: what `slots` and the `usual` seconds of a run make of it, corrected by how
        fast jobs left lately while others waited. None while nothing is known."""
        seen = self._queues[type].intervals if type in self._queues else ()
        if usual is None:
            return sum(seen) / len(seen) if len(seen) >= 2 * slots else None
        return (2 * slots * usual / slots + sum(seen)) / (2 * slots + len(seen))

    def _ended(self, queue: _Queue) -> None:
        now = self._clock.monotonic()
        if queue.ended_at is not None:
            queue.intervals.append(now - queue.ended_at)
        queue.ended_at = now if queue.due else None

    def _ready(self, type: str) -> _Queue:
        """With those moved up that have fallen due."""
        queue, wall = self._queues[type], self._clock.wall()
        while queue.later and queue.later[0][0] <= wall:
            due_at, place = heappop(queue.later)
            if self._places.get(place[2]) == (type, due_at, place):
                insort(queue.due, place)
        return queue

    def _add(self, job: Job) -> None:
        place: Place = (job.rank, job.spec.created_at, job.id)
        entry = (job.spec.type, job.due_at, place)
        if self._places.get(job.id) == entry:
            return
        self._drop(job.id)
        self._places[job.id] = entry
        queue = self._queues[job.spec.type]
        if job.due_at > self._clock.wall():
            heappush(queue.later, (job.due_at, place))
        else:
            insort(queue.due, place)

    def _drop(self, job_id: str) -> None:
        known = self._places.pop(job_id, None)
        if known is None:
            return
        due = self._queues[known[0]].due
        at = bisect_left(due, known[2])
        if at < len(due) and due[at] == known[2]:
            del due[at]


_LEAVING = frozenset({Kind.RETURN, Kind.FAIL, Kind.CANCEL, Kind.RETRY})
