"""Somebody sets the system's clock by two hours while jobs run and wait: nobody notices."""

import asyncio
import time
from typing import Any

import pytest

from jindu import App, Context, JobError, Retry
from jindu.core import clock as clocks

PAUSE = 0.8  # seconds
LATE = 10.0  # seconds; what comes by then was not put off by hours


class Setting:
    """The system's clocks, of which the one on the wall can be set."""

    CLOCK_BOOTTIME = CLOCK_MONOTONIC = time.CLOCK_MONOTONIC
    clock_gettime, monotonic = staticmethod(time.clock_gettime), staticmethod(time.monotonic)

    def __init__(self) -> None:
        self.by = 0.0

    def time(self) -> float:
        return time.time() + self.by


@pytest.fixture
def system(monkeypatch: pytest.MonkeyPatch) -> Setting:
    setting = Setting()
    monkeypatch.setattr(clocks, "time", setting)
    return setting


@pytest.mark.promise("clock")
@pytest.mark.parametrize("hours", [2, -2])
async def test_time_outs_pauses_retries_and_expiries_do_not_notice(app: App, system: Setting, hours: int) -> None:
    begun, door, tries = asyncio.Event(), asyncio.Event(), list[float]()

    @app.job(timeout=30, pace=0)
    async def running(ctx: Context) -> int:
        for number in range(5):
            ctx.partial(number)
            if number == 2:
                begun.set()
                await door.wait()
        return ctx.attempt

    @app.job(retry=Retry(attempts=2, base=0, cap=0))
    async def retried() -> float:
        tries.append(time.monotonic())
        if len(tries) == 1:
            raise JobError("NETWORK_ERROR", retry_after=PAUSE)
        return tries[1] - tries[0]

    @app.job
    async def started() -> float:
        return time.monotonic()

    async with app.open() as node:
        job, again = await running.submit(), await retried.submit()
        later = await started.options(delay=PAUSE, expires_in=600).submit()
        submitted = time.monotonic()
        hours_away = await started.options(delay=3600).submit()
        await asyncio.wait_for(begun.wait(), 5)
        while not tries:
            await asyncio.sleep(0)
        system.by = hours * 3600.0
        door.set()
        assert await job.wait(LATE) == 1
        assert PAUSE * 0.9 <= await again.wait(LATE) < LATE
        assert PAUSE * 0.9 <= await later.wait(LATE) - submitted < LATE
        await node._upkeep.tick(node.clock.monotonic() + 3600)  # a sweep is due
        for id in (job.id, again.id, later.id):
            await _climbs(node, id)
        assert (await node.jobs.read(hours_away.id)).job.run == 0


async def _climbs(node: Any, id: str) -> None:
    entries = await node.jobs.log(id, 0, 100)
    assert [entry.seq for entry in entries] == sorted({entry.seq for entry in entries})
    times = [entry.event.at for entry in entries]
    assert times == sorted(times)
    record = (await node.jobs.read(id)).job
    assert record.finished_at == record.updated_at == times[-1]
    assert record.finished_at - record.spec.created_at < LATE * 2
