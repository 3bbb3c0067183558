"""A house for the state machine: the real store on a file and the real engine over it, with a runner driven by hand.

It can be closed and opened again, and left as a crash leaves it: what is on the disk at that moment is copied, and the copy is
opened by another boot. Nothing here waits for time.
"""

import asyncio
import shutil
from collections import defaultdict
from collections.abc import Awaitable, Callable
from pathlib import Path

from jindu import App, Retry, Stage
from jindu.bus.contract import Notice
from jindu.bus.local import LocalBus
from jindu.core import events as ev
from jindu.core.clock import ManualClock
from jindu.core.job import Job
from jindu.core.states import ENDS
from jindu.engine.batches import Batches
from jindu.engine.contexts import Contexts
from jindu.engine.jobs import Jobs
from jindu.engine.journal import Journal
from jindu.engine.line import Hold
from jindu.engine.submitting import Terms
from jindu.engine.tallying import Tallying
from jindu.engine.upkeep import Upkeep
from jindu.store.contract import Store, StoreBroken
from jindu.store.redis.store import RedisStore
from jindu.store.sqlite.store import SqliteStore
from support.redis import RedisCluster, RedisProcess

KEEP = {"plain": 100.0, "stubborn": 1_000.0}  # seconds after the end
ATTEMPTS = {"plain": 1, "stubborn": 3}
STAGES = 3
FILES = ("jindu.db", "jindu.db-wal", "jindu.db.lock")


def application() -> App:
    """The two job types; their bodies are never called."""
    app = App()
    for name, keep_for in KEEP.items():
        app.job(
            name=name,
            stages=[Stage(f"s{number}") for number in range(STAGES)],
            retry=Retry(attempts=ATTEMPTS[name], base=0, cap=0),
            keep_for=keep_for,
        )(_body)
    return app


async def _body(n: int = 0) -> None: ...


class House:
    """Pieces of a node, opened on the newest copy of the files. `told` holds each notice since the job's birth, by id."""

    def __init__(self, folder: Path) -> None:
        self.store: Store
        self.clock = ManualClock()
        self.folder = folder / "0"
        self.folder.mkdir()
        self.app = application()
        self.holds: dict[str, Hold] = {}
        self.stale: list[Hold] = []
        self.told: defaultdict[str, list[Notice]] = defaultdict(list)
        self.epochs: set[str] = set()
        self.boots: set[str] = set()
        self.opened = 0
        self._counting = 0

    async def open(self) -> None:
        self.store = await self.opened_store()
        self.epochs.add(self.store.epoch)
        self.boots.add(self.store.boot)
        self.opened += 1
        bus, errors = LocalBus(), self.app.errors
        self.journal = Journal(self.store, bus)
        self.jobs = Jobs(self.app.registry, self.store, self.journal, self.clock, errors, Terms())
        contexts = Contexts(self.store, self.clock)
        self.tallying = Tallying(self.journal, bus, self.clock, errors, contexts, self.store.shared)
        self.tallying._write_all = self._counted(self.tallying._write_all)  # type: ignore[method-assign]
        self.batches = Batches(self.store, self.journal, self.jobs, self.tallying, self.clock)
        self.upkeep = Upkeep(self.store, self.journal, bus, self.clock, errors)
        bus.listen(self._hear)
        self._tasks = [asyncio.create_task(self.store.run()), asyncio.create_task(self.tallying.run())]
        await self.upkeep.recover()
        await self.batches.recover()

    async def opened_store(self) -> Store:
        return await SqliteStore.open(self.folder / "jindu.db", self.clock)

    async def close(self) -> None:
        self.tallying.stop()
        await self._tasks[1]
        await self.store.close()
        await self._tasks[0]
        self._forget()

    async def crash(self) -> None:
        """Go on with what is on the disk now. What was handed over and not yet written may be there or not."""
        self.cut_off()
        dead, self.told = self.told, defaultdict(list)  # what the dead one still says, nobody hears
        await self.close()
        self.told = dead
        self.died()

    def cut_off(self) -> None:
        """From here on the dead one writes to where nobody looks."""
        self._copied = self.folder.parent / str(self.opened)
        self._copied.mkdir()
        for name in FILES:  # the database before its log: a checkpoint between the two does no harm
            if (self.folder / name).exists():
                shutil.copy(self.folder / name, self._copied / name)

    def died(self) -> None:
        self.folder = self._copied

    def _counted(self, write_all: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
        """So that it can be seen when batches are being brought to where their jobs are."""

        async def writing() -> None:
            self._counting += 1
            try:
                await write_all()
            finally:
                self._counting -= 1

        return writing

    def _forget(self) -> None:
        self.stale += self.holds.values()
        self.holds = {}

    async def claim(self, job_id: str) -> None:
        (job,) = [job for job in await self.ready() if job.id == job_id]
        hold, claimed = self.journal.claim(job, ev.Claimed(self.clock.wall(), self.store.boot), lambda: None)
        self.holds[job_id] = hold
        await claimed

    async def ready(self) -> list[Job]:
        return list(await self.store.ready(list(KEEP), self.clock.wall(), 1_000))

    def release(self, job_id: str) -> None:
        hold = self.holds.pop(job_id)
        self.journal.release(hold)
        self.stale.append(hold)

    async def settled(self) -> None:
        """Every write is kept, and every batch has followed its jobs."""
        async with asyncio.timeout(20):
            while self.tallying._moved or self._counting or any(line.queue for line in self.journal._lines.values()):
                await asyncio.sleep(0)

    def _hear(self, notice: Notice) -> None:
        before = self.told[notice.id]
        if notice.job is None:
            assert notice.seq == 0, "removed"
        elif before:
            assert notice.seq > before[-1].seq, "told in order"
            assert before[-1].job is not None
            assert before[-1].job.phase not in ENDS, "nothing follows the end"
        before.append(notice)


class HouseOnRedis(House):
    """The same over Redis. A crash leaves what Redis has taken by then; the leases of the dead end, as time would end them."""

    process: RedisProcess | RedisCluster

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.process.client.flushall()

    async def opened_store(self) -> Store:
        return await RedisStore.open(self.process.url, self.clock)

    def cut_off(self) -> None:
        assert isinstance(self.store, RedisStore)

        async def lost(name: str, *args: object, slot: str = "") -> list[object]:
            raise StoreBroken("this process is dead")

        self.store.link.call = lost  # type: ignore[method-assign]

    def died(self) -> None:
        client = self.process.client
        for leases in client.keys("*leased:*"):
            for job_id in client.zrange(leases, 0, -1):
                client.zadd(leases, {job_id: 1.0})


class HouseOnCluster(HouseOnRedis):
    """The same over three."""
