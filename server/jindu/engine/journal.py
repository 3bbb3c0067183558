"""The one door through which jobs change: event -> evolve -> commit row and event -> publish.

For each job in motion the journal keeps two values. `head` is the job with every event applied; the next event is judged
against it. `visible` is the job as committed; every reader sees that one. Between them lies the queue of the store.

A refused commit worked through: head is at seq 7, the store refuses seq 6. Head goes back to visible (5). The change of
seq 7, still queued, was made from the refused one; the store refuses it as well, because it is conditional on seq 6. So its
event is made anew from 5 at once, in its order, and queues behind both; the refusal of the old one is then no news. Ends
and partial results refused for lack of space, or for a lock, are not given up: they wait and are tried again at each tick,
and what comes meanwhile waits behind them.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TypeAlias

from ..bus.contract import Bus, Notice
from ..core.events import Event, Progressed, Submitted
from ..core.job import Job, evolve
from ..core.states import ENDS, HELD, IllegalTransition, Kind
from ..core.webhooks import Delivery
from ..store.contract import Conflict, Exists, Moved, Record, StepDone, StorageFull, Store, StoreBroken, StoreBusy, Together
from .hold import Hold

KEPT_WHILE_FULL = frozenset({Kind.RESULT, Kind.RETURN, Kind.FAIL, Kind.CANCEL, Kind.RETRY, Kind.HAND_BACK})
TRIED_AGAIN = (StorageFull, StoreBusy)
READ_AGAIN = 5  # tries of a change that meets somebody else's


Waiter: TypeAlias = "asyncio.Future[Job] | None"
Told: TypeAlias = Callable[[Job, Event], Sequence[Delivery]]


class UnknownJob(LookupError):
    """There is no such job."""


@dataclass(slots=True, eq=False)
class _Entry:
    moved: Moved
    waiter: Waiter
    orphaned: bool = False  # made from a change that was refused


@dataclass(slots=True, eq=False)
class _Line:
    """One job in motion."""

    head: Job | None
    visible: Job | None
    queue: deque[_Entry] = field(default_factory=deque)
    waiting_for_space: list[tuple[Event, Waiter]] = field(default_factory=list)
    overtaken: list[tuple[Event, Waiter]] | None = None  # what waits until the job is read anew
    holder: Hold | None = None


class Journal:
    def __init__(self, store: Store, bus: Bus, told: Told = lambda job, event: ()) -> None:
        """`told` says to whom an end is told: it is kept in the transaction of the end, so that none is forgotten."""
        self._store = store
        self._bus = bus
        self._told = told
        self._lines: dict[str, _Line] = {}
        self._full: set[str] = set()
        # Where several nodes share the store: called when another has changed a job that a run of ours holds.
        self.overtaken: Callable[[str], None] | None = None

    def visible(self, job_id: str) -> Job | None:
        """The committed value of a job in motion; None when it has to be read from the store."""
        line = self._lines.get(job_id)
        return line.visible if line else None

    def head(self, job_id: str) -> Job | None:
        """The value the next event will be judged against; None when the job is not in motion."""
        line = self._lines.get(job_id)
        return line.head if line else None

    async def read(self, job_id: str) -> Record | None:
        """What the store holds of a job, never ahead of what was told: a commit is in the store a moment before its notice, and
        who saw the end must not find the job running when it looks again."""
        record = await self._store.read(job_id)
        told, head = self.visible(job_id), self.head(job_id)
        if record is None or told is None or head is None or head.run != record.job.run:
            return record
        # Beyond our head is what another node has done: that was told there.
        return Record(told) if told.seq < record.job.seq <= head.seq else record

    @property
    def held(self) -> list[Job]:
        """The jobs that runs hold, as committed: also one that has ended while its body has not."""
        return [job for line in self._lines.values() if line.holder is not None and (job := line.visible)]

    def removed(self, job_id: str) -> None:
        """The job was removed from the store: tell who watches it."""
        self._bus.publish(Notice(job_id, 0))

    async def submit(self, event: Submitted) -> Job:
        """Make a job; returns when it is durable. Raises `Exists`, `Gone` and the other errors of the store."""
        job_id = event.spec.id
        if job_id in self._lines:
            raise Exists(job_id)
        return await asyncio.shield(self._awaited(_Line(None, None), job_id, event))

    async def submit_all(self, events: Sequence[Submitted]) -> Sequence[Job]:
        """Make jobs, all or none, in one transaction; told in their order. Raises as `submit`."""
        made = [(event.spec.id, _Line(None, None), Moved(None, evolve(None, event), event)) for event in events]
        taken = [job_id for job_id, _, _ in made if job_id in self._lines]
        if taken:
            raise Exists(taken[0])
        commit = self._store.commit(Together([moved for _, _, moved in made]))
        told: asyncio.Future[Job] = asyncio.get_running_loop().create_future()
        for job_id, line, moved in made:
            entry = _Entry(moved, told if moved is made[-1][2] else None)
            line.head = moved.job
            line.queue.append(entry)
            self._lines[job_id] = line
            commit.add_done_callback(partial(self._settled, line, job_id, entry))
        await asyncio.shield(told)
        return [moved.job for _, _, moved in made]

    async def change(self, job_id: str, decide: Callable[[Job], Event | None]) -> Job:
        """Let `decide` choose an event for the job as it stands now; returns the committed job.

        `decide` may be called again when somebody else was first; None leaves the job alone. Whatever it raises passes
        through. Raises `UnknownJob`, and `StoreError` when the store refuses.
        """
        for _ in range(READ_AGAIN):
            line = await self._line(job_id)
            head = line.head
            if head is None:
                raise UnknownJob(job_id)
            event = decide(head)
            if event is None:
                return line.visible or head
            try:
                return await asyncio.shield(self._awaited(line, job_id, event))
            except Conflict:
                continue
        raise Conflict(job_id)

    def claim(self, job: Job, event: Event, lost: Callable[[], None]) -> tuple[Hold, "asyncio.Future[Job]"]:
        """Take a pending job for one run. The future is done when the claim is durable; `lost` is called (once) when a
        write of the run is refused because the job has moved on without it."""
        line = self._lines.setdefault(job.id, _Line(job, job))
        hold = Hold(job.id, (line.head or job).run + 1, lost)
        future = self._awaited(line, job.id, event)
        line.holder = hold
        return hold, future

    def write(self, hold: Hold, event: Event) -> None:
        """Write an event of a run without waiting: committed in order, told when committed."""
        line = self._fenced(hold)
        if line is not None:
            self._enter(line, hold.id, event, None)

    def end(self, hold: Hold, event: Event) -> "asyncio.Future[Job]":
        """Write the event that ends a run; the future is done when it is durable, however long space may lack."""
        line = self._fenced(hold)
        if line is None:
            raise Conflict(hold.id)
        return self._awaited(line, hold.id, event)

    async def step(self, hold: Hold, name: str, value: bytes) -> None:
        """Commit a checkpoint (no event: it moves no seq). Raises `Conflict` when the run is no longer the job's."""
        line = self._fenced(hold)
        if line is None or line.head is None:
            raise Conflict(hold.id)
        # The store does the same to the row; head must agree before the next event is made from it.
        line.head = replace(line.head, crashes=0)
        await asyncio.shield(self._store.commit(StepDone(hold.id, hold.run, name, value)))
        if line.visible is not None and line.visible.run == hold.run:
            line.visible = replace(line.visible, crashes=0)

    def release(self, hold: Hold) -> None:
        """The run is over: the job may leave memory."""
        line = self._lines.get(hold.id)
        if line is not None and line.holder is hold:
            line.holder = None
            self._let_go(hold.id, line)

    def tick(self, _now: float) -> None:
        """Try again what waits for space."""
        for job_id in tuple(self._full):
            self._full.discard(job_id)
            line = self._lines[job_id]
            again, line.waiting_for_space = line.waiting_for_space, []
            for event, waiter in again:
                try:
                    self._queue(line, job_id, event, waiter)
                except IllegalTransition as error:
                    _fail(waiter, error)
            self._let_go(job_id, line)

    def caught_up(self, job_id: str, job: Job | None) -> None:
        """`job` is how it stands now. What our run had to write is made from there; if it is not ours any more, it is lost."""
        line = self._lines.get(job_id)
        if line is None or line.overtaken is None:
            return
        again, line.overtaken = line.overtaken, None
        hold, line.head, line.visible = line.holder, job, job
        ours = hold is not None and job is not None and job.run == hold.run and job.holder == self._store.boot
        if job is not None:
            self._bus.publish(Notice(job_id, job.seq))
        for event, waiter in again:
            if not ours:
                _fail(waiter, Conflict(job_id))
                continue
            try:
                self._queue(line, job_id, event, waiter)
            except (IllegalTransition, ValueError):  # ValueError: a stage that was passed
                _fail(waiter, Conflict(job_id))
        if hold is not None and not ours:
            hold.lost()
        self._let_go(job_id, line)

    async def _line(self, job_id: str) -> _Line:
        line = self._lines.get(job_id)
        if line is None:
            record = await self._store.read(job_id)
            # Somebody may have set the job in motion while we read: theirs is newer.
            line = self._lines.get(job_id)
            if line is None:
                job = record.job if record else None
                line = _Line(job, job)
        return line

    def _fenced(self, hold: Hold) -> _Line | None:
        line = self._lines.get(hold.id)
        if line is None or line.holder is not hold or line.head is None:
            return None
        return line if line.head.run == hold.run and line.head.phase in HELD else None

    def _awaited(self, line: _Line, job_id: str, event: Event) -> "asyncio.Future[Job]":
        waiter: asyncio.Future[Job] = asyncio.get_running_loop().create_future()
        self._enter(line, job_id, event, waiter)
        return waiter

    def _enter(self, line: _Line, job_id: str, event: Event, waiter: Waiter) -> None:
        if line.overtaken is not None:
            line.overtaken.append((event, waiter))
        elif line.waiting_for_space:
            self._wait_for_space(line, job_id, event, waiter, StorageFull("no space left"))
        else:
            self._queue(line, job_id, event, waiter)

    def _queue(self, line: _Line, job_id: str, event: Event, waiter: Waiter) -> None:
        # One that somebody waits for is settled by itself: in another's place nobody would tell them.
        if waiter is None and self._merged(line, event):
            return
        job = evolve(line.head, event)
        moved = Moved(line.head, job, event, deliveries=self._told(job, event) if job.phase in ENDS else ())
        entry = _Entry(moved, waiter)
        line.head = job
        line.queue.append(entry)
        self._lines[job_id] = line
        self._store.commit(entry.moved).add_done_callback(partial(self._settled, line, job_id, entry))

    def _merged(self, line: _Line, event: Event) -> bool:
        """Adjacent progress that the writer has not taken yet becomes one change, with one seq."""
        last = line.queue[-1].moved if line.queue else None
        if last is None or last.taken or line.queue[-1].orphaned:
            return False
        older = last.event
        if not isinstance(event, Progressed) or not isinstance(older, Progressed):
            return False
        message = older.message if event.message is None else event.message
        last.event = Progressed(event.at, max(event.percent, older.percent), message)
        last.job = line.head = evolve(last.before, last.event)
        return True

    def _settled(self, line: _Line, job_id: str, entry: _Entry, commit: "asyncio.Future[None]") -> None:
        line.queue.popleft()
        error = commit.exception()
        if error is None:
            job = line.visible = entry.moved.job
            _fulfil(entry.waiter, job)
            self._bus.publish(Notice(job_id, job.seq, job, entry.moved.event))
        else:
            self._refused(line, job_id, entry, error)
        self._let_go(job_id, line)

    def _refused(self, line: _Line, job_id: str, entry: _Entry, error: BaseException) -> None:
        if entry.orphaned:
            return  # its event was seen to when the change it was made from was refused
        behind = [later for later in line.queue if not later.orphaned]
        for later in behind:
            later.orphaned = True
        line.head = line.visible
        if isinstance(error, Conflict) and line.holder is not None and self.overtaken is not None:
            line.overtaken = [(one.moved.event, one.waiter) for one in (entry, *behind)]
            self.overtaken(job_id)
            return
        if isinstance(error, TRIED_AGAIN):
            self._wait_for_space(line, job_id, entry.moved.event, entry.waiter, error)
        else:
            _fail(entry.waiter, error)
        for later in behind:
            self._made_anew(line, job_id, later, error)
        if isinstance(error, Conflict) and line.holder is not None:
            line.holder.lost()

    def _made_anew(self, line: _Line, job_id: str, orphan: _Entry, error: BaseException) -> None:
        event, waiter = orphan.moved.event, orphan.waiter
        if isinstance(error, Conflict | StoreBroken):
            _fail(waiter, error)
        elif line.waiting_for_space:
            self._wait_for_space(line, job_id, event, waiter, error)
        else:
            try:
                self._queue(line, job_id, event, waiter)
            except IllegalTransition:  # it followed from what was refused: whoever decided it decides again
                _fail(waiter, Conflict(job_id))

    def _wait_for_space(self, line: _Line, job_id: str, event: Event, waiter: Waiter, error: BaseException) -> None:
        if line.holder is not None and event.kind in KEPT_WHILE_FULL:
            line.waiting_for_space.append((event, waiter))
            self._full.add(job_id)
        else:
            _fail(waiter, error)

    def _let_go(self, job_id: str, line: _Line) -> None:
        waiting = line.queue or line.waiting_for_space or line.overtaken is not None
        if line.holder is None and not waiting and self._lines.get(job_id) is line:
            del self._lines[job_id]


def _fulfil(waiter: Waiter, job: Job) -> None:
    if waiter is not None and not waiter.done():
        waiter.set_result(job)


def _fail(waiter: Waiter, error: BaseException) -> None:
    if waiter is not None and not waiter.done():
        waiter.set_exception(error)
