"""A store whose commits are settled when the test says so: what the journal and the worker do meanwhile can be seen."""

import asyncio
from collections import deque
from collections.abc import Collection, Sequence

from jindu.core.contexts import ErrorContext
from jindu.core.events import Event
from jindu.core.job import Job
from jindu.core.states import HELD, Phase, Status
from jindu.store.contract import Change, Conflict, Exists, Kept, Moved, Noted, Record, StepDone, StoreError

Queued = tuple[Change, "asyncio.Future[None]"]


class ScriptedStore:
    """Keeps the promises of `commit` (order, fence); when a change is settled, and which are refused, is the test's choice."""

    epoch = "epoch"
    boot = "boot"
    broken: str | None = None
    shared = None

    def __init__(self) -> None:
        self.rows: dict[str, Job] = {}
        self.kept: list[Event] = []
        self.queue: deque[Queued] = deque()
        self.asked = 0  # commits in all
        self.saved: dict[str, bytes] = {}
        self.noted: list[ErrorContext] = []

    def commit(self, change: Change) -> "asyncio.Future[None]":
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.queue.append((change, future))
        self.asked += 1
        return future

    def take(self) -> None:
        """The writer begins a commit: what is queued cannot be changed any more."""
        for change, _ in self.queue:
            change.taken = True

    def keep(self) -> None:
        """Settle the oldest change as a store would that has space."""
        change, future = self.queue.popleft()
        change.taken = True
        error = self._apply(change)
        if future.done():
            return
        if error is None:
            future.set_result(None)
        else:
            future.set_exception(error)

    def refuse(self, error: StoreError) -> None:
        """Settle the oldest change as refused, whatever it is."""
        change, future = self.queue.popleft()
        change.taken = True
        future.set_exception(error)

    async def keep_all(self) -> None:
        """Settle until nothing more comes."""
        while self.queue:
            while self.queue:
                self.keep()
            await turns()

    def _apply(self, change: Change) -> StoreError | None:
        if isinstance(change, StepDone):
            row = self.rows.get(change.job)
            if row is None or row.run != change.run or row.phase not in HELD:
                return Conflict(change.job)
            self.saved[change.name] = change.value
            return None
        if isinstance(change, Noted):
            self.noted.append(change.context)
            return None
        return self._move(change)

    def _move(self, change: Moved) -> StoreError | None:
        row = self.rows.get(change.job.id)
        if change.before is None and row is not None:
            return Exists(row.id)
        if change.before is not None and (row is None or (row.seq, row.run) != (change.before.seq, change.before.run)):
            return Conflict(change.job.id)
        self.rows[change.job.id] = change.job
        self.kept.append(change.event)
        return None

    async def read(self, job_id: str) -> Record | None:
        row = self.rows.get(job_id)
        return None if row is None else Record(row)

    async def results(self, job_id: str, after: int = 0, limit: int = 1000) -> Sequence[Kept]:
        return ()

    async def steps(self, job_id: str) -> dict[str, bytes]:
        return dict(self.saved)

    async def ready(self, types: Collection[str], now: float, limit: int) -> Sequence[Job]:
        waiting = [job for job in self.rows.values() if job.phase is Phase.PENDING and job.due_at <= now]
        return sorted((job for job in waiting if job.spec.type in types), key=lambda job: (job.rank, job.id))[:limit]

    async def next_due(self, types: Collection[str], now: float) -> float | None:
        later = [job.due_at for job in self.rows.values() if job.phase is Phase.PENDING and job.due_at > now]
        return min(later, default=None)

    async def counts(self) -> dict[Status, int]:
        return {status: sum(job.status is status for job in self.rows.values()) for status in Status}


async def turns(number: int = 5) -> None:
    """Let what was made ready run."""
    for _ in range(number):
        await asyncio.sleep(0)
