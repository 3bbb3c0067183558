"""How long who meets a full queue is told to wait, and on which terms jobs are taken."""

import asyncio

import pytest

from jindu import App
from jindu.bus.contract import Notice
from jindu.bus.local import LocalBus
from jindu.core.clock import ManualClock
from jindu.core.states import Kind
from jindu.engine.jobs import QueueFull
from jindu.engine.throughput import Throughput
from jindu.store.contract import Query
from support.histories import JOB, NOW, event, running


class Ends:
    """Ends told on a bus, and a clock."""

    def __init__(self) -> None:
        self.bus, self.clock = LocalBus(), ManualClock(NOW)
        self.throughput = Throughput(self.bus, self.clock)

    def end(self, times: int, kind: Kind = Kind.RETURN) -> None:
        for _ in range(times):
            self.bus.publish(Notice(JOB, 9, running(), event(kind)))

    def after(self, seconds: float) -> None:
        self.clock.advance(seconds)


@pytest.fixture
def ends() -> Ends:
    return Ends()


def test_nothing_is_known_before_anything_ended(ends: Ends) -> None:
    assert ends.throughput.seconds_for(1) is None
    ends.end(3, Kind.PROGRESS)
    ends.bus.publish(Notice(JOB, 0))
    assert ends.throughput.seconds_for(1) is None


@pytest.mark.parametrize(
    ("ended", "jobs", "seconds"), [(600, 1, 1), (60, 1, 1), (60, 30, 30), (6, 1, 10), (6, 3, 30), (1, 1, 60), (1, 11, 600)]
)
def test_it_goes_on_as_in_the_last_minute(ends: Ends, ended: int, jobs: int, seconds: int) -> None:
    ends.after(1000)
    ends.end(ended)
    assert ends.throughput.seconds_for(jobs) == seconds


def test_a_node_that_has_just_begun_looks_back_to_its_beginning(ends: Ends) -> None:
    ends.after(10)
    ends.end(5)
    assert ends.throughput.seconds_for(1) == 2


def test_every_end_counts_and_older_ones_are_forgotten(ends: Ends) -> None:
    for kind in (Kind.RETURN, Kind.FAIL, Kind.CANCEL):
        ends.end(2, kind)
        ends.after(20)
    assert ends.throughput.seconds_for(1) == 10
    ends.after(10)
    assert ends.throughput.seconds_for(1) == 15
    ends.after(60)
    assert ends.throughput.seconds_for(1) is None


async def test_a_full_queue_says_when_there_will_be_room(app: App) -> None:
    @app.job
    async def work() -> None: ...

    async with app.open(queue_limit=2) as node:
        submit = work.options(delay="1h").submit
        await asyncio.gather(submit(), submit())
        with pytest.raises(QueueFull) as refused:
            await submit()
        assert refused.value.retry_after is None
        newest = (await node.jobs.page(Query()))[0]
        await node.jobs.cancel(newest.id)
        with pytest.raises(QueueFull) as refused:
            await asyncio.gather(submit(), submit(), submit())
        assert refused.value.retry_after is not None
        assert 1 <= refused.value.retry_after <= 600


async def test_jobs_are_kept_as_their_type_says_else_as_the_settings_say(app: App) -> None:
    @app.job
    async def usual() -> None: ...

    @app.job(keep_for="1h")
    async def kept() -> None: ...

    @app.job(keep_for=0)
    async def forgotten() -> None: ...

    async with app.open(keep_for=7.5) as node:
        for job, seconds in ((usual, 7.5), (kept, 3600), (forgotten, 0)):
            made = await job.options(delay="1h").submit()
            assert (await node.jobs.read(made.id)).job.spec.keep_for == seconds
            assert node.jobs.keep_for(job.type) == seconds
