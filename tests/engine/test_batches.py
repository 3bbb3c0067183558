"""A batch follows its jobs: claimed with the first, moved with each, ended behind the last; also across a restart."""

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.scripted_store import ScriptedStore, turns
from jindu import App, Context, JobError
from jindu.bus.contract import Notice
from jindu.bus.local import LocalBus
from jindu.core import events as ev
from jindu.core.clock import ManualClock
from jindu.core.errors import Errors
from jindu.core.job import Job, evolve
from jindu.core.plan import Plan
from jindu.core.states import ENDS, Phase, Status
from jindu.engine.batches import Manifest, Order, Wanted
from jindu.engine.contexts import Contexts
from jindu.engine.jobs import AlreadyEnded, KeyReused, Options, UnknownJob
from jindu.engine.tallying import Tallying
from jindu.node import Node


def declare(app: App) -> asyncio.Event:
    """Jobs of the batch: one that waits for the event, one that fails."""
    go = asyncio.Event()

    @app.job(concurrency=10)
    async def waits(ctx: Context) -> int:
        ctx.progress(50)
        await go.wait()
        return 1

    @app.job
    async def fails() -> None:
        raise JobError("NETWORK_ERROR")

    return go


async def made(node: Node, *types: str, key: str | None = None) -> Job:
    wanted: Sequence[Wanted] = [Wanted(node.jobs.type(name), b"{}", Options()) for name in types]
    batch, _ = await node.batches.offer(Order(wanted, ",".join(types).encode(), key=key))
    return batch


async def until(node: Node, batch: Job, phase: Phase) -> Job:
    """The batch as soon as it is there, woken by the bus."""
    moved = asyncio.Event()
    topic = await node.hub.join(batch.id, moved.set, batch=True)
    assert topic is not None
    async with asyncio.timeout(10):
        while topic.job is None or topic.job.phase is not phase:
            moved.clear()
            await topic.refresh()
            if topic.job is None or topic.job.phase is not phase:
                await moved.wait()
    node.hub.part(topic, moved.set)
    return topic.job


async def test_a_batch_runs_with_its_first_job_and_completes_behind_its_last(app: App) -> None:
    go = declare(app)
    async with app.open() as node:
        batch = await made(node, "waits", "fails", "waits")
        assert batch.phase is Phase.PENDING
        assert await until(node, batch, Phase.RUNNING)
        go.set()
        done = await until(node, batch, Phase.COMPLETED)
        assert done.tally is not None
        assert done.tally._asdict() == {"pending": 0, "running": 0, "completed": 2, "failed": 1, "cancelled": 0}
        record = await node.batches.read(batch.id)
        assert b'"with_errors":true' in (record.result or b"")
        ends = [(await node.jobs.read(job_id)).job.finished_at for job_id in Manifest.of(batch).jobs if job_id]
        assert done.finished_at is not None
        assert done.finished_at >= max(end for end in ends if end is not None)


async def test_a_batch_of_which_nothing_completes_fails_kindly(app: App) -> None:
    declare(app)
    async with app.open() as node:
        failed = await until(node, await made(node, "fails", "fails"), Phase.FAILED)
        assert failed.error is not None
        assert failed.error["code"] == "BATCH_FAILED"
        assert failed.reached == 99.9


async def test_cancelling_a_batch_cancels_what_is_open(app: App) -> None:
    declare(app)
    async with app.open(concurrency=1) as node:
        batch = await made(node, "waits", "waits", "waits")
        await until(node, batch, Phase.RUNNING)
        await node.batches.cancel(batch.id, "enough")
        cancelled = await until(node, batch, Phase.CANCELLED)
        assert cancelled.tally is not None
        assert cancelled.tally.cancelled == 3
        assert (await node.batches.cancel(batch.id)).seq == cancelled.seq
        other = await until(node, await made(node, "fails"), Phase.FAILED)
        with pytest.raises(AlreadyEnded):
            await node.batches.cancel(other.id)


async def test_a_batch_that_waits_ends_behind_its_jobs_too(app: App) -> None:
    declare(app)
    async with app.open() as node:
        node.registry.pause("waits")
        batch = await made(node, "waits", "waits")
        await node.batches.cancel(batch.id)
        cancelled = await until(node, batch, Phase.CANCELLED)
        kinds = [entry.event.kind.value for entry in await node.store.log(batch.id)]
        assert kinds[:2] == ["submit", "claim"]
        assert sorted(kinds[2:-1]) == ["progress", "stage", "wish"]
        assert kinds[-1] == "cancel"
        jobs = [(await node.jobs.read(job_id)).job for job_id in Manifest.of(batch).jobs if job_id]
        assert cancelled.finished_at is not None
        assert all(job.finished_at is not None and job.finished_at <= cancelled.finished_at for job in jobs)


async def test_a_batch_is_not_a_job_and_a_job_not_a_batch(app: App) -> None:
    declare(app)
    async with app.open() as node:
        batch = await made(node, "waits")
        job = await node.jobs.submit(node.jobs.type("waits"), b"{}", Options())
        for refused in (
            node.jobs.read(batch.id), node.jobs.cancel(batch.id), node.jobs.change(batch.id, priority=1),
            node.jobs.remove(batch.id), node.jobs.retry(batch.id), node.batches.read(job.id), node.batches.cancel(job.id),
        ):  # fmt: skip
            with pytest.raises(UnknownJob):
                await refused


async def test_one_key_is_one_batch(app: App) -> None:
    declare(app)
    async with app.open() as node:
        first = await made(node, "waits", "fails", key="order-1")
        again = await made(node, "waits", "fails", key="order-1")
        assert again.id == first.id
        with pytest.raises(KeyReused):
            await made(node, "waits", key="order-1")
        assert sum((await node.store.counts()).values()) == 2


def test_no_job_may_be_called_batch() -> None:
    with pytest.raises(ValueError, match="another name"):

        @App().job
        async def batch() -> None: ...


async def test_an_open_batch_goes_on_in_the_next_process(app: App) -> None:
    go = declare(app)
    async with app.open() as node:
        waiting = await made(node, "waits", "waits")
        cancelling = await made(node, "waits")
        await until(node, waiting, Phase.RUNNING)
        await until(node, cancelling, Phase.RUNNING)
        # A process that dies between the wish and the cancelling of the jobs leaves this.
        await node.journal.change(cancelling.id, lambda job: ev.CancelWished(job.updated_at))
    go.set()
    async with app.open() as node:
        assert (await until(node, waiting, Phase.COMPLETED)).tally is not None
        assert await until(node, cancelling, Phase.CANCELLED)


class Door:
    """The journal of one batch, that commits at once."""

    def __init__(self, batch: Job) -> None:
        self.batch = batch
        self.events: list[ev.Event] = []

    async def change(self, job_id: str, decide: object) -> Job:
        assert job_id == self.batch.id
        event = decide(self.batch)  # type: ignore[operator]
        if event is not None:
            self.events.append(event)
            self.batch = evolve(self.batch, event)
        await asyncio.sleep(0)
        return self.batch


def born(job_id: str, **given: object) -> Job:
    spec = ev.Submission(job_id, "x", b"{}", Plan(), 0.0, **given)  # type: ignore[arg-type]
    return evolve(None, ev.Submitted(0.0, spec, 0.0))


STEPS = st.sampled_from([ev.Claimed(1, "b"), ev.Progressed(2, 30.0), ev.Progressed(2, 70.0), ev.HandedBack(2),
    ev.Returned(3, b"1"), ev.Failed(3, {}), ev.Cancelled(3, {})])  # fmt: skip


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 3), STEPS, st.booleans()), max_size=40))
async def test_whatever_jobs_do_the_batch_is_their_sum(story: list[tuple[int, ev.Event, bool]]) -> None:
    bus, batch = LocalBus(), born("batch-0000000000000", members=4)
    door = Door(batch)
    tallying = Tallying(door, bus, ManualClock(), Errors(), Contexts(ScriptedStore(), ManualClock()))  # type: ignore[arg-type]
    bus.publish(Notice(batch.id, 1, batch, ev.Submitted(0.0, batch.spec, 0.0)))
    jobs = [born(f"job-{number:016}", batch=batch.id) for number in range(4)]
    running = asyncio.create_task(tallying.run())
    highest = 0.0
    for number, event, pause in story:
        job = jobs[number]
        if job.phase in ENDS or (job.phase is Phase.PENDING) != isinstance(event, ev.Claimed):
            continue
        jobs[number] = job = evolve(job, event)
        bus.publish(Notice(job.id, job.seq, job, event))
        if pause:
            await turns()
            assert door.batch.progress >= highest or door.batch.is_completed
            highest = door.batch.progress
    tallying.stop()
    await running
    tally = door.batch.tally
    assert tally is not None
    assert tally._asdict() == {status.value: sum(job.status is status for job in jobs) for status in Status}
    assert door.batch.is_completed == all(job.is_completed for job in jobs)
    if any(job.phase is not Phase.PENDING for job in jobs):  # one that was handed back at once may not have been seen
        assert door.batch.phase is not Phase.PENDING
