"""Jobs made again by hand, removed jobs, paused types: through the façade, with a real worker."""

import asyncio
from dataclasses import replace

import pytest

from jindu import App, Context, JobError
from jindu.bus.contract import Notice
from jindu.core.states import Status
from jindu.engine.jobs import KeyReused, NotEnded, NotRetryable, RemovedJob, UnknownJob
from jindu.node import Node


async def count_up(ran: list[int]) -> int:
    ran.append(len(ran))
    return len(ran)


def failing_once(app: App) -> list[int]:
    """A job `work` whose first attempt fails behind a committed step; returns the runs of the step."""
    ran: list[int] = []
    failed: list[bool] = []

    @app.job(name="work")
    async def work(ctx: Context) -> int:
        number: int = await ctx.step("count", count_up, ran)
        if not failed:
            failed.append(True)
            raise JobError("NETWORK_ERROR")
        return number

    return ran


async def submitted(node: Node, **given: object) -> str:
    from jindu.engine.jobs import Options

    job = await node.jobs.submit(node.jobs.type("work"), b"{}", replace(Options(), **given))  # type: ignore[arg-type]
    return job.id


async def end(node: Node, job_id: str) -> Status:
    while not (job := (await node.jobs.read(job_id)).job).is_completed:
        await asyncio.sleep(0.01)
    return job.status


@pytest.mark.parametrize("from_start", [False, True])
async def test_a_retry_by_hand_goes_on_behind_the_committed_steps_or_not(app: App, from_start: bool) -> None:
    ran = failing_once(app)
    async with app.open() as node:
        old = await submitted(node)
        assert await end(node, old) is Status.FAILED
        new, is_new = await node.jobs.retry(old, from_start=from_start)
        assert is_new
        assert await end(node, new.id) is Status.COMPLETED
        assert len(ran) == (2 if from_start else 1)
        assert await node.jobs.retry(old) == ((await node.jobs.read(new.id)).job, False)
        with pytest.raises(NotRetryable):
            await node.jobs.retry(new.id)


async def test_when_the_new_job_was_removed_the_old_one_can_be_retried_again(app: App) -> None:
    failing_once(app)
    async with app.open() as node:
        old = await submitted(node)
        await end(node, old)
        first, _ = await node.jobs.retry(old)
        await end(node, first.id)
        await node.jobs.remove(first.id)
        second, is_new = await node.jobs.retry(old)
        assert is_new
        assert second.id != first.id


async def test_a_removal_is_told_and_leaves_a_tombstone(app: App) -> None:
    failing_once(app)
    async with app.open() as node:
        heard: list[Notice] = []
        node.hub.feed(heard.append)
        waiting = await submitted(node, delay=60.0)
        with pytest.raises(NotEnded):
            await node.jobs.remove(waiting)
        await node.jobs.cancel(waiting)
        await node.jobs.remove(waiting)
        assert heard[-1] == Notice(waiting, 0)
        for ask in (node.jobs.read, node.jobs.remove, node.jobs.cancel, node.jobs.retry, node.jobs.change):
            with pytest.raises(RemovedJob):
                await ask(waiting)  # type: ignore[operator]
        with pytest.raises(RemovedJob):
            await submitted(node, id=waiting)
        with pytest.raises(UnknownJob) as unknown:
            await node.jobs.read("never")
        assert not isinstance(unknown.value, RemovedJob)


async def test_options_belong_to_what_a_key_stands_for(app: App) -> None:
    failing_once(app)
    async with app.open() as node:
        first = await submitted(node, key="k", delay=60.0, tags=("a",))
        assert await submitted(node, key="k", delay=60.0, tags=("a",)) == first
        for other in ({"tags": ("b",)}, {"priority": 1}, {"expires_in": 9.0}):
            with pytest.raises(KeyReused):
                await submitted(node, **{"key": "k", "delay": 60.0, "tags": ("a",), **other})


async def test_pruning_takes_what_ended_in_more_than_one_step(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    from jindu.engine import jobs

    monkeypatch.setattr(jobs, "REMOVED_AT_ONCE", 2)
    failing_once(app)
    async with app.open() as node:
        ids = [await submitted(node, delay=60.0) for _ in range(6)]
        for job_id in ids[:5]:
            await node.jobs.cancel(job_id)
        assert await node.jobs.prune(3600) == 0
        assert await node.jobs.prune(0, Status.FAILED) == 0
        assert await node.jobs.prune(0) == 5
        assert (await node.jobs.read(ids[5])).job.status is Status.PENDING


async def test_a_paused_type_waits_while_others_go_on(app: App) -> None:
    failing_once(app)

    @app.job
    async def other() -> int:
        return 1

    async with app.open() as node:
        node.registry.pause("work")
        job_id = await submitted(node)
        assert await (await other.submit()).wait(5) == 1
        assert (await node.jobs.read(job_id)).job.status is Status.PENDING
        _, reasons = await node.jobs.why(job_id, draining=False, concurrency=10)
        assert [reason.code for reason in reasons] == ["paused"]
        node.registry.resume("work")
        assert await end(node, job_id) is Status.FAILED
