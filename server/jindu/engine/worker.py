"""Chooses the next jobs and starts their runs, within the limits of the process and of each type."""

import asyncio
import logging
from collections import Counter
from collections.abc import Sequence

from ..bus.contract import Bus, Notice
from ..core.clock import Clock
from ..core.job import Job
from ..core.states import ENDS, Kind, Phase
from ..store.contract import Store, StoreError
from .contexts import Contexts
from .journal import Journal
from .registry import JobType, Registry
from .run import STOP_GRACE, Cause, Run
from .watching import UNWATCHED, Watcher

log = logging.getLogger("jindu.engine")

DEFAULT_CONCURRENCY = 10
PAUSE_AFTER_ERROR = 1.0  # seconds until the store is asked again after it refused
LOOK_EVERY = 1.0  # seconds between two looks at a store that other nodes fill too: that they tell of it is only a hint
# What may have made a job claimable, or uncovered one: a cancelled job stood before others until it was committed. The end
# of a run wakes the worker by itself.
WAKING = frozenset({Kind.SUBMIT, Kind.RETRY, Kind.HAND_BACK, Kind.LOST, Kind.CHANGE, Kind.CANCEL, Kind.FAIL})


class Worker:
    """Runs jobs of the registered types until told to drain. `concurrency` bounds all types together, `child_memory`
    (bytes; 0: not at all) the address space of each child process."""

    def __init__(
        self,
        registry: Registry,
        store: Store,
        journal: Journal,
        bus: Bus,
        clock: Clock,
        concurrency: int = DEFAULT_CONCURRENCY,
        child_memory: int = 0,
        watcher: Watcher = UNWATCHED,
    ) -> None:
        self._registry = registry
        self._store = store
        self._journal = journal
        self._bus = bus
        self._clock = clock
        self._contexts = Contexts(store, clock)
        self._concurrency = concurrency
        self._child_memory = child_memory
        self._watcher = watcher
        self._runs: dict[str, Run] = {}
        self._busy: Counter[str] = Counter()
        self.left_behind = 0  # bodies that still ran when they were let go: they ignore being asked to end
        self._over: set[str] = set()  # runs that ended while the store was being asked for jobs
        self._wake = asyncio.Event()
        self._draining = False
        self._paused = False
        self._shared = store.shared
        self._looks_at = float("inf")  # wall-clock seconds: what falls due from then on is found without being told of
        self._group: asyncio.TaskGroup | None = None

    @property
    def running(self) -> int:
        """Runs that hold a slot, abandoned ones too."""
        return len(self._runs)

    def is_abandoned(self, job_id: str) -> bool:
        run = self._runs.get(job_id)
        return run is not None and run.abandoned

    async def run(self) -> None:
        """Until `drain`: claim whatever may run, then wait until something may have changed."""
        stop_listening = self._bus.listen(self._hear, progress=False)
        stop_watching = self._registry.listen(self.wake)
        try:
            async with asyncio.TaskGroup() as group:
                self._among_others(group)
                while not self._draining:
                    self._wake.clear()
                    self._looks_at = float("inf")
                    await self._wait(await self._fill(group))
        finally:
            stop_watching()
            stop_listening()

    def wake(self) -> None:
        self._wake.set()

    def _among_others(self, group: asyncio.TaskGroup) -> None:
        """Where other nodes share the store: they may change what runs here, and take it when our leases end."""
        if self._shared is None:
            return
        self._group = group
        self._journal.overtaken = self._overtaken
        self._shared.listen(self._lease_over, self._overtaken)
        self._bus.at_work(self._store.boot, self.wake)

    def _lease_over(self, job_id: str, lost: bool) -> None:
        if run := self._runs.get(job_id):
            run.stop(Cause.LOST if lost else Cause.LEASE)

    def _overtaken(self, job_id: str) -> None:
        if self._group is not None and job_id in self._runs:
            self._group.create_task(self._catch_up(job_id), name=f"catch up {job_id}")
        else:
            self._journal.caught_up(job_id, None)

    async def _catch_up(self, job_id: str) -> None:
        """Another node has changed what runs here: wished for its end, or taken it."""
        while run := self._runs.get(job_id):
            try:
                record = await self._store.read(job_id)
            except StoreError:
                await asyncio.sleep(PAUSE_AFTER_ERROR)
                continue
            job = record.job if record else None
            self._journal.caught_up(job_id, job)
            if job is not None and job.phase is Phase.CANCELLING and job.holder == self._store.boot:
                run.stop(Cause.CANCEL)
            return
        self._journal.caught_up(job_id, None)

    async def drain(self, grace: float) -> None:
        """No new claims; wait `grace` seconds for what runs, then hand the rest back. Abandoned bodies are not waited for."""
        self._draining = True
        self._wake.set()
        await self._settled(grace)
        for run in self._runs.values():
            run.stop(Cause.DRAIN)
            run.let_go()
        # A body that ignores being asked is asked, killed, then abandoned: its end is committed after that.
        await self._settled(3 * STOP_GRACE)

    async def _settled(self, grace: float) -> None:
        ends = [run.concluded for run in self._runs.values() if not run.abandoned]
        if ends and grace > 0:
            await asyncio.wait(ends, timeout=grace)

    def _hear(self, notice: Notice) -> None:
        kind = notice.event.kind if notice.event else None
        if notice.job is None and notice.seq and notice.id in self._runs and self._shared is not None:
            self._overtaken(notice.id)
        elif kind in WAKING:
            if not (kind is Kind.SUBMIT and notice.job is not None and notice.job.due_at >= self._looks_at):
                self._wake.set()
        elif kind is Kind.WISH and (run := self._runs.get(notice.id)):
            run.stop(Cause.CANCEL)
        elif notice.job and notice.job.phase in ENDS and notice.id in self._runs:
            self._wake.set()

    async def _wait(self, timeout: float | None) -> None:
        self._looks_at = float("inf") if timeout is None else self._clock.wall() + timeout
        try:
            async with asyncio.timeout(timeout):
                await self._wake.wait()
        except TimeoutError:
            pass

    async def _fill(self, group: asyncio.TaskGroup) -> float | None:
        """Start what may start; returns the seconds until the next job falls due (None: nothing is to come)."""
        try:
            while types := self._types_with_room():
                now = self._clock.wall()
                if not await self._claim(types, group, now):
                    due = await self._store.next_due(types, now)
                    wait = None if due is None else max(due - self._clock.wall(), 0.001)
                    return wait if self._shared is None else min(wait or LOOK_EVERY, LOOK_EVERY)
        except StoreError as error:
            log.warning("cannot look for jobs: %s", error)
            return PAUSE_AFTER_ERROR
        return None if self._shared is None else LOOK_EVERY

    def _types_with_room(self) -> list[str]:
        if self._draining or self._paused or len(self._runs) >= self._concurrency or self._store.broken:
            return []
        return [job_type.name for job_type in self._registry if self._has_room(job_type)]

    def _has_room(self, job_type: JobType) -> bool:
        return self._busy[job_type.name] < job_type.concurrency and not self._registry.is_paused(job_type.name)

    async def _claim(self, types: list[str], group: asyncio.TaskGroup, now: float) -> int:
        # Jobs in our hands whose claim is not committed yet still look pending to the store: ask for as many more.
        room = self._concurrency - len(self._runs)
        self._over.clear()
        jobs = await self._offered(types, now, room)
        started = 0
        for job in jobs:
            if started == room or self._draining:
                break
            job_type = self._registry[job.spec.type]
            if self._has_room(job_type) and self._may_start(job):
                self._start(job, job_type, group)
                started += 1
        if self._shared is not None:
            await self._shared.put_back([job for job in jobs if job.id not in self._runs])
        return started

    async def _offered(self, types: list[str], now: float, room: int) -> Sequence[Job]:
        if self._shared is None:
            return await self._store.ready(types, now, room + len(self._runs))
        # Bodies that were abandoned have ended for the others; here they still take their place.
        alive = Counter(run.type.name for run in self._runs.values() if run.abandoned)
        return await self._shared.reserve({name: self._registry[name].concurrency - alive[name] for name in types}, now, room)

    def _may_start(self, job: Job) -> bool:
        # What the store showed may be older than a run that has come and gone since it was asked.
        head = self._journal.head(job.id)
        return job.id not in self._runs and job.id not in self._over and (head is None or head.phase is Phase.PENDING)

    def _start(self, job: Job, job_type: JobType, group: asyncio.TaskGroup) -> None:
        run = Run(
            job, job_type, self._store, self._journal, self._clock, self._contexts, self._child_memory, self._watcher
        )  # fmt: skip
        self._runs[job.id] = run
        self._busy[job_type.name] += 1
        group.create_task(self._live(run), name=f"run {job.id}")

    async def _live(self, run: Run) -> None:
        try:
            await run.live()
        finally:
            if self._shared is not None:
                self._shared.let_go(run.job_id)
            del self._runs[run.job_id]
            self._over.add(run.job_id)
            self.left_behind += run.alive
            self._busy[run.type.name] -= 1
            if run.refused and not self._paused:  # asking at once would meet the same full disk, again and again
                self._paused = True
                asyncio.get_running_loop().call_later(PAUSE_AFTER_ERROR, self._go_on)
            self._wake.set()

    def _go_on(self) -> None:
        self._paused = False
        self._wake.set()
