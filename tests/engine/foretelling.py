"""A house in which jobs of one type come, run and end as the test says, and what is foretold of them can be asked."""

from collections.abc import Sequence
from typing import Any

from jindu import App, Retry, Stage
from jindu.bus.contract import Notice
from jindu.bus.local import LocalBus
from jindu.core import events as ev
from jindu.core.advice import Told
from jindu.core.clock import ManualClock
from jindu.core.eta.kept import PastRun
from jindu.core.job import Job, evolve
from jindu.engine.foresight import Foresight
from jindu.monitor.metrics import Metrics
from jindu.store.contract import Query, StoreBusy
from support.histories import ERROR, submission

STAGES = [Stage("fetch", 1), Stage("think", 1)]


class Kept:
    """What a store gives: jobs that wait, and runs that were kept."""

    def __init__(self, *, shared: bool = False) -> None:
        self.shared = object() if shared else None
        self.waiting: list[Job] = []
        self.runs: list[PastRun] = []
        self.busy = False

    async def page(self, query: Query) -> Sequence[Job]:
        return self.waiting if query.before is None else []

    async def keep_runs(self, runs: Sequence[PastRun]) -> None:
        if self.busy:
            raise StoreBusy("busy")
        self.runs += runs

    async def past_runs(self) -> Sequence[PastRun]:
        return self.runs


class Forge:
    """`slots` of the node; the type `bake` may run two at once. What `size` says is the parameter `n`."""

    def __init__(self, store: Kept | None = None, slots: int = 10) -> None:
        self.app = App()
        self.app.job(name="bake", stages=STAGES, concurrency=2, retry=Retry(attempts=3), size="n")(_bake)
        self.bake = self.app.registry["bake"]
        self.clock, self.bus = ManualClock(), LocalBus()
        self.store = store or Kept()
        self.metrics = Metrics(self.bus, self.clock)
        self.foresight = Foresight(
            self.store,  # type: ignore[arg-type]
            self.app.registry,
            self.bus,
            self.clock,
            slots,
            self.metrics,
        )
        self._made = 0

    async def tick(self) -> None:
        await self.foresight.tick(self.clock.monotonic())

    def submit(self, *, n: int = 1, delay: float = 0.0, priority: int = 0, **given: Any) -> Job:
        self._made += 1
        now = self.clock.wall()
        fields: dict[str, Any] = {"id": f"job-{self._made:04}", "type": "bake", "plan": self.foresight.plan(self.bake)}
        fields |= {"params": b'{"n":%d}' % n, "created_at": now, "max_attempts": 3}
        return self.to(None, ev.Submitted(now, submission(**(fields | given)), now + delay, priority))

    def to(self, job: Job | None, event: ev.Event) -> Job:
        """Something was committed."""
        moved = evolve(job, event)
        self.bus.publish(Notice(moved.id, moved.seq, moved, event))
        return moved

    def begin(self, job: Job) -> Job:
        return self.to(job, ev.Claimed(self.clock.wall(), "boot"))

    def enter(self, job: Job, stage: int) -> Job:
        self.foresight.note(job.id, stage, 0.0)
        return self.to(job, ev.StageEntered(self.clock.wall(), stage))

    def reach(self, job: Job, percent: float) -> Job:
        """Of the stage that it is in."""
        self.foresight.note(job.id, job.position, percent / 100)
        return self.to(job, ev.Progressed(self.clock.wall(), job.spec.plan.percent(job.position, percent)))

    async def walk(self, job: Job, seconds: float, *, looks: int = 0) -> Job:
        """Through the stage that it is in, evenly; with as many looks of the ticker."""
        for part in range(1, 11):
            self.clock.advance(seconds / 10)
            job = self.reach(job, 10 * part)
            if looks:
                await self.tick()
        return job

    def end(self, job: Job) -> Job:
        return self.to(job, ev.Returned(self.clock.wall(), b"null"))

    def fail(self, job: Job, after: float = 0.0) -> Job:
        now = self.clock.wall()
        return self.to(job, ev.RetryScheduled(now, now + after, ERROR, keep_floor=False))

    async def run(self, fetch: float = 4.0, think: float = 6.0, *, n: int = 1, looks: int = 0) -> Job:
        """A whole life."""
        job = self.enter(self.begin(self.submit(n=n)), 0)
        job = await self.walk(job, fetch, looks=looks)
        job = self.enter(job, 1)
        job = self.end(await self.walk(job, think, looks=looks))
        await self.tick()
        return job

    def told(self, job: Job) -> Told:
        return self.foresight.of(job)


async def _bake(n: int = 1) -> None: ...
