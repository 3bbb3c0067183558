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
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeAlias

from ..bus.contract import Bus, Notice
from ..core.events import Event, Progressed, Submitted
from ..core.job import Job, evolve
from ..core.states import ENDS, HELD, IllegalTransition, Kind
from ..core.webhooks import Delivery
from ..store.contract import (
    Conflict,
    Exists,
    Moved,
    Record,
    StepDone,
    StorageFull,
    Store,
    StoreBroken,
    StoreBusy,
    Together,
)
from ..store.telling import poster
from .line import Entry, Hold, Line, Waiter, fail, fulfil, tell_all

KEPT_WHILE_FULL = frozenset({Kind.RESULT, Kind.RETURN, Kind.FAIL, Kind.CANCEL, Kind.RETRY, Kind.HAND_BACK})
TRIED_AGAIN = (StorageFull, StoreBusy)
READ_AGAIN = 5  # tries of a change that meets somebody else's


Told: TypeAlias = Callable[[Job, Event], Sequence[Delivery]]


class UnknownJob(LookupError):
    """There is no such job."""


class Journal:
    def __init__(self, store: Store, bus: Bus, told: Told = lambda job, event: ()) -> None:
        """`told` says to whom an end is told: it is kept in the transaction of the end, so that none is forgotten."""
        self._store = store
        self._post = poster(store)
        self._bus = bus
        self._told = told
        self._lines: dict[str, Line] = {}
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
        return await asyncio.shield(self._awaited(self._new_line(job_id, None), event))

    async def submit_all(self, events: Sequence[Submitted]) -> Sequence[Job]:
        """Make jobs, all or none, in one transaction; told in their order. Raises as `submit`."""
        made = [(self._new_line(event.spec.id, None), Moved(None, evolve(None, event), event)) for event in events]
        taken = [line.id for line, _ in made if line.id in self._lines]
        if taken:
            raise Exists(taken[0])
        told: asyncio.Future[Job] = asyncio.get_running_loop().create_future()
        for line, moved in made:
            line.head = moved.job
            line.queue.append(Entry(moved, told if moved is made[-1][1] else None))
            self._lines[line.id] = line
        self._post(Together([moved for _, moved in made]), partial(tell_all, [line for line, _ in made]))
        await asyncio.shield(told)
        return [moved.job for _, moved in made]

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
                return await asyncio.shield(self._awaited(line, event))
            except Conflict:
                continue
        raise Conflict(job_id)

    def claim(self, job: Job, event: Event, lost: Callable[[], None]) -> tuple[Hold, "asyncio.Future[Job]"]:
        """Take a pending job for one run. The future is done when the claim is durable; `lost` is called (once) when a
        write of the run is refused because the job has moved on without it."""
        line = self._lines.get(job.id) or self._new_line(job.id, job)
        hold = Hold(job.id, (line.head or job).run + 1, lost)
        future = self._awaited(line, event)
        line.holder = hold
        return hold, future

    def write(self, hold: Hold, event: Event) -> None:
        """Write an event of a run without waiting: committed in order, told when committed."""
        line = self._fenced(hold)
        if line is not None:
            self._enter(line, event, None)

    def end(self, hold: Hold, event: Event) -> "asyncio.Future[Job]":
        """Write the event that ends a run; the future is done when it is durable, however long space may lack."""
        line = self._fenced(hold)
        if line is None:
            raise Conflict(hold.id)
        return self._awaited(line, event)

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
            self._let_go(line)

    def tick(self, _now: float) -> None:
        """Try again what waits for space."""
        for job_id in tuple(self._full):
            self._full.discard(job_id)
            line = self._lines[job_id]
            again, line.waiting_for_space = line.waiting_for_space, []
            for event, waiter in again:
                try:
                    self._queue(line, event, waiter)
                except IllegalTransition as error:
                    fail(waiter, error)
            self._let_go(line)

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
                fail(waiter, Conflict(job_id))
                continue
            try:
                self._queue(line, event, waiter)
            except (IllegalTransition, ValueError):  # ValueError: a stage that was passed
                fail(waiter, Conflict(job_id))
        if hold is not None and not ours:
            hold.lost()
        self._let_go(line)

    def _new_line(self, job_id: str, job: Job | None) -> Line:
        line = Line(job_id, job, job)
        line.told = partial(self._settled, line)
        return line

    async def _line(self, job_id: str) -> Line:
        line = self._lines.get(job_id)
        if line is None:
            record = await self._store.read(job_id)
            # Somebody may have set the job in motion while we read: theirs is newer.
            line = self._lines.get(job_id)
            if line is None:
                line = self._new_line(job_id, record.job if record else None)
        return line

    def _fenced(self, hold: Hold) -> Line | None:
        line = self._lines.get(hold.id)
        if line is None or line.holder is not hold or line.head is None:
            return None
        return line if line.head.run == hold.run and line.head.phase in HELD else None

    def _awaited(self, line: Line, event: Event) -> "asyncio.Future[Job]":
        waiter: asyncio.Future[Job] = asyncio.get_running_loop().create_future()
        self._enter(line, event, waiter)
        return waiter

    def _enter(self, line: Line, event: Event, waiter: Waiter) -> None:
        if line.overtaken is not None:
            line.overtaken.append((event, waiter))
        elif line.waiting_for_space:
            self._wait_for_space(line, event, waiter, StorageFull("no space left"))
        else:
            self._queue(line, event, waiter)

    def _queue(self, line: Line, event: Event, waiter: Waiter) -> None:
        # One that somebody waits for is settled by itself: in another's place nobody would tell them.
        if waiter is None and self._merged(line, event):
            return
        job = evolve(line.head, event)
        moved = Moved(line.head, job, event, deliveries=self._told(job, event) if job.phase in ENDS else ())
        line.head = job
        line.queue.append(Entry(moved, waiter))
        self._lines[line.id] = line
        self._post(moved, line.told)

    def _merged(self, line: Line, event: Event) -> bool:
        """Adjacent progress that the writer has not taken yet becomes one change, with one seq."""
        if not line.queue or not isinstance(event, Progressed):
            return False
        last = line.queue[-1].moved
        older = last.event
        if last.taken or line.queue[-1].orphaned or not isinstance(older, Progressed):
            return False
        message = older.message if event.message is None else event.message
        last.event = Progressed(event.at, max(event.percent, older.percent), message)
        last.job = line.head = evolve(last.before, last.event)
        return True

    def _settled(self, line: Line, error: BaseException | None) -> None:
        """The oldest change of the line was kept, or refused: changes are settled in the order they were queued."""
        entry = line.queue.pop(0)
        if error is None:
            job = line.visible = entry.moved.job
            fulfil(entry.waiter, job)
            self._bus.publish(Notice(line.id, job.seq, job, entry.moved.event))
        else:
            self._refused(line, entry, error)
        self._let_go(line)

    def _refused(self, line: Line, entry: Entry, error: BaseException) -> None:
        if entry.orphaned:
            return  # its event was seen to when the change it was made from was refused
        behind = [later for later in line.queue if not later.orphaned]
        for later in behind:
            later.orphaned = True
        line.head = line.visible
        if isinstance(error, Conflict) and line.holder is not None and self.overtaken is not None:
            line.overtaken = [(one.moved.event, one.waiter) for one in (entry, *behind)]
            self.overtaken(line.id)
            return
        if isinstance(error, TRIED_AGAIN):
            self._wait_for_space(line, entry.moved.event, entry.waiter, error)
        else:
            fail(entry.waiter, error)
        for later in behind:
            self._made_anew(line, later, error)
        if isinstance(error, Conflict) and line.holder is not None:
            line.holder.lost()

    def _made_anew(self, line: Line, orphan: Entry, error: BaseException) -> None:
        event, waiter = orphan.moved.event, orphan.waiter
        if isinstance(error, Conflict | StoreBroken):
            fail(waiter, error)
        elif line.waiting_for_space:
            self._wait_for_space(line, event, waiter, error)
        else:
            try:
                self._queue(line, event, waiter)
            except IllegalTransition:  # it followed from what was refused: whoever decided it decides again
                fail(waiter, Conflict(line.id))

    def _wait_for_space(self, line: Line, event: Event, waiter: Waiter, error: BaseException) -> None:
        if line.holder is not None and event.kind in KEPT_WHILE_FULL:
            line.waiting_for_space.append((event, waiter))
            self._full.add(line.id)
        else:
            fail(waiter, error)

    def _let_go(self, line: Line) -> None:
        waiting = line.queue or line.waiting_for_space or line.overtaken is not None
        if line.holder is None and not waiting and self._lines.get(line.id) is line:
            del self._lines[line.id]
