"""The choice of the next job: limits reached and kept, priorities, no stall."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from engine.scripted_store import ScriptedStore, turns
from jindu import App, Context
from jindu.bus.local import LocalBus
from jindu.core import events as ev
from jindu.core.clock import SystemClock
from jindu.core.errors import Errors
from jindu.core.states import Phase
from jindu.engine import worker as module
from jindu.engine.jobs import Jobs, Options
from jindu.engine.journal import Journal
from jindu.engine.registry import Registry, declare
from jindu.engine.worker import Worker
from jindu.store.contract import StorageFull


class Room:
    """Counts who is inside at once, by name; opens when as many are in as are expected."""

    def __init__(self, expected: int) -> None:
        self.inside: Counter[str] = Counter()
        self.most: Counter[str] = Counter()
        self.full = asyncio.Event()
        self._expected = expected

    async def visit(self, name: str) -> None:
        self.inside[name] += 1
        self.most[name] = max(self.most[name], self.inside[name])
        self.most["all"] = max(self.most["all"], self.inside.total())
        if self.inside.total() >= self._expected:
            self.full.set()
        await asyncio.wait_for(self.full.wait(), 5)
        await asyncio.sleep(0)
        self.inside[name] -= 1


async def test_the_limit_of_a_type_is_reached_and_never_passed(app: App) -> None:
    room = Room(expected=3)

    @app.job(concurrency=3)
    async def work() -> None:
        await room.visit("work")

    async with app.open(concurrency=8):
        handles = await work.submit_many([{}] * 30)
        await asyncio.gather(*[handle.wait(10) for handle in handles])
    assert room.most["work"] == 3


async def test_the_limit_of_all_types_is_reached_and_never_passed(app: App) -> None:
    room = Room(expected=4)

    @app.job(concurrency=3)
    async def one() -> None:
        await room.visit("one")

    @app.job(concurrency=3)
    async def two() -> None:
        await room.visit("two")

    async with app.open(concurrency=4):
        handles = [await kind.submit() for _ in range(15) for kind in (one, two)]
        await asyncio.gather(*[handle.wait(10) for handle in handles])
    assert room.most["all"] == 4
    assert max(room.most["one"], room.most["two"]) <= 3


async def test_a_type_at_its_limit_does_not_block_others(app: App) -> None:
    door = asyncio.Event()

    @app.job(concurrency=1)
    async def slow() -> None:
        await door.wait()

    @app.job
    async def fast() -> str:
        return "fast"

    async with app.open(concurrency=2):
        slow_ones = await slow.options(priority=100).submit_many([{}] * 40)
        assert await (await fast.submit()).wait(5) == "fast"
        door.set()
        await asyncio.gather(*[handle.wait(10) for handle in slow_ones])


async def test_a_burst_of_500_tiny_jobs_ends_each_exactly_once(app: App) -> None:
    ran: Counter[int] = Counter()

    @app.job(concurrency=20)
    async def tiny(number: int) -> int:
        ran[number] += 1
        return number

    async with app.open(concurrency=20) as node:
        handles = await tiny.submit_many({"number": number} for number in range(500))
        assert await asyncio.gather(*[handle.wait(30) for handle in handles]) == list(range(500))
        counts = {status.value: number for status, number in (await node.store.counts()).items() if number}
        assert counts == {"completed": 500}
        async with asyncio.timeout(5):
            while node.running:
                await asyncio.sleep(0.005)
        assert node.journal._lines == {}
    assert set(ran.values()) == {1}
    assert len(ran) == 500


async def started_in_order(app: App, options: list[dict[str, Any]]) -> list[int]:
    """Submit while the only slot is taken; the order in which they start."""
    order: list[int] = []
    taken, door = asyncio.Event(), asyncio.Event()

    @app.job(concurrency=1)
    async def work(number: int) -> None:
        if number < 0:
            taken.set()
            await door.wait()
        order.append(number)

    async with app.open():
        first = await work.submit(-1)
        await taken.wait()
        handles = [await work.options(**given).submit(number) for number, given in enumerate(options)]
        door.set()
        await asyncio.gather(*[handle.wait(10) for handle in (first, *handles)])
    return order[1:]


async def test_equal_jobs_start_in_the_order_of_their_submits(app: App) -> None:
    assert await started_in_order(app, [{}] * 12) == list(range(12))


async def test_jobs_submitted_together_start_in_their_order(app: App) -> None:
    order: list[int] = []

    @app.job(concurrency=1)
    async def work(number: int) -> None:
        order.append(number)

    async with app.open():
        await (await work.submit(-1)).wait(5)
        handles = await work.options(delay="50ms").submit_many({"number": number} for number in range(12))
        await asyncio.gather(*[handle.wait(10) for handle in handles])
    assert order[1:] == list(range(12))


async def test_priority_is_seconds_of_head_start(app: App) -> None:
    given = [{"priority": -5}, {"priority": 0}, {"priority": 10}, {"priority": 3600}]
    assert await started_in_order(app, given) == [3, 2, 1, 0]


async def test_a_head_start_is_worth_its_seconds_and_no_more(app: App) -> None:
    """Nobody starves: one that waits longer than another's head start goes first."""
    order: list[str] = []
    door = asyncio.Event()

    @app.job(concurrency=1)
    async def work(name: str) -> None:
        if name == "first":
            await door.wait()
        order.append(name)

    async with app.open():
        handles = [await work.submit("first"), await work.options(priority=0).submit("older")]
        handles.append(await work.options(priority=1, delay="1100ms").submit("younger, one second ahead"))
        asyncio.get_running_loop().call_later(1.2, door.set)
        await asyncio.gather(*[handle.wait(10) for handle in handles])
    assert order == ["first", "older", "younger, one second ahead"]


async def test_a_freed_slot_is_taken_at_once(app: App) -> None:
    @app.job(concurrency=1)
    async def work(ctx: Context) -> None: ...

    async with app.open():
        started = asyncio.get_running_loop().time()
        handles = await work.submit_many([{}] * 30)
        await asyncio.gather(*[handle.wait(10) for handle in handles])
        # Were the next start left to a tick or a poll, thirty would take many seconds.
        assert asyncio.get_running_loop().time() - started < 3


class Bench:
    """A worker over a scripted store: what is committed, and when, is the test's choice."""

    def __init__(self, concurrency: int = 1) -> None:
        self.store, bus, clock, errors = ScriptedStore(), LocalBus(), SystemClock(), Errors()
        self.journal = Journal(self.store, bus)
        self.registry = Registry()
        self.door = asyncio.Event()
        self.begun: list[str] = []
        self.registry.add(declare(self._work, errors, name="work", concurrency=concurrency))
        self.jobs = Jobs(self.registry, self.store, self.journal, clock, errors)
        self.worker = Worker(self.registry, self.store, self.journal, bus, clock, concurrency)

    async def _work(self, name: str) -> None:
        self.begun.append(name)
        await self.door.wait()

    async def submit(self, name: str) -> str:
        packed = self.registry["work"].params.pack(name)
        task = asyncio.create_task(self.jobs.submit(self.registry["work"], packed, Options()))
        await turns()
        await self.store.keep_all()
        return (await task).id

    async def close(self, task: "asyncio.Task[None]") -> None:
        drained = asyncio.create_task(self.worker.drain(0))
        while not task.done():
            await self.store.keep_all()
            await turns()
        await drained
        await task


async def test_jobs_whose_cancel_is_not_committed_yet_do_not_hide_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench()
    ids = [await bench.submit(f"job {number}") for number in range(8)]
    worker = asyncio.create_task(bench.worker.run())
    await turns()
    await bench.store.keep_all()
    await turns()
    assert bench.begun == ["job 0"]
    cancels = [asyncio.create_task(bench.jobs.cancel(job_id)) for job_id in ids[1:7]]
    bench.door.set()
    # The end of the first is committed, and the worker looks, before the cancels are.
    await turns()
    while len(bench.store.queue) and bench.store.rows[ids[0]].phase is Phase.RUNNING:
        end = next(at for at, (change, _) in enumerate(bench.store.queue) if getattr(change, "job", None).id == ids[0])  # type: ignore[union-attr]
        bench.store.queue.rotate(-end)
        bench.store.keep()
        bench.store.queue.rotate(end)
    await turns(20)
    assert bench.begun == ["job 0"]
    await bench.store.keep_all()
    await asyncio.gather(*cancels)
    await turns(20)
    await bench.store.keep_all()
    await turns(20)
    assert bench.begun == ["job 0", "job 7"]
    await bench.close(worker)


async def test_a_refused_claim_is_not_tried_again_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAUSE_AFTER_ERROR", 0.05)
    bench = Bench()
    await bench.submit("job")
    worker = asyncio.create_task(bench.worker.run())
    await turns()
    bench.store.refuse(StorageFull())
    asked = bench.store.asked
    await turns(50)
    assert bench.store.asked == asked
    async with asyncio.timeout(5):
        while not bench.store.queue:
            await asyncio.sleep(0.005)
    await bench.store.keep_all()
    await turns()
    assert bench.begun == ["job"]
    bench.door.set()
    await bench.close(worker)


async def test_a_claim_is_not_started_before_it_is_committed() -> None:
    bench = Bench()
    await bench.submit("job")
    worker = asyncio.create_task(bench.worker.run())
    await turns(20)
    assert isinstance(bench.store.queue[0][0].event, ev.Claimed)  # type: ignore[union-attr]
    assert bench.begun == []
    await bench.store.keep_all()
    await turns()
    assert bench.begun == ["job"]
    bench.door.set()
    await bench.close(worker)


async def test_what_falls_due_later_than_the_worker_looks_again_does_not_make_it_look(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = 0

    @app.job
    async def work() -> None:
        return None

    async with app.open() as node:
        await work.options(delay=3600).submit()
        await turns(20)
        asked = node.store.next_due

        async def next_due(types: Sequence[str], now: float) -> float | None:
            nonlocal looks
            looks += 1
            return await asked(types, now)

        monkeypatch.setattr(node.store, "next_due", next_due)
        await work.options(delay=1800).submit()  # sooner: the worker learns of it
        await until(lambda: looks > 0)
        for _ in range(20):
            await work.options(delay=7200).submit()
        await (await work.submit()).wait(5)
        assert looks < 10, "for the job that ran and its end, not for the twenty"


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.001)
