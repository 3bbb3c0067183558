"""Samples for charts and rules: taken when due, kept for an hour, stepped through as asked."""

from collections.abc import Mapping

from jindu.bus.local import LocalBus
from jindu.core.clock import ManualClock
from jindu.core.states import Status
from jindu.monitor.consistency import StateConsistencyMonitor
from jindu.monitor.history import EVERY, SPAN, History, Sources
from jindu.monitor.metrics import Metrics
from jindu.monitor.own import AppMetrics

COUNTS = {**dict.fromkeys(Status, 0), Status.PENDING: 3, Status.RUNNING: 2}


def made(clock: ManualClock) -> tuple[History, Metrics]:
    async def counts() -> Mapping[Status, int]:
        return COUNTS

    metrics = Metrics(LocalBus(), clock)
    monitor = StateConsistencyMonitor(clock=clock)
    monitor.found("x", ["wrong"], fixed=False)
    own = AppMetrics(clock)
    with own.call("deepseek"):
        clock.advance(4)
    return History(metrics, Sources(counts, lambda: (1, 4), lambda: (5, 60), monitor, own), clock), metrics


async def test_a_sample_has_what_was_counted_until_then() -> None:
    clock = ManualClock()
    history, metrics = made(clock)
    metrics.answered("GET", "/v1/jobs", 200, 2.0, held=False)
    metrics.answered("GET", "/v1/poll", 200, 25.0, held=True)
    metrics.pushed(0.5)
    taken = await history.take()
    assert (taken.answers, taken.seconds) == (2, 6.0), "of answers and of calls, not of what was held"
    assert (taken.queued, taken.running, taken.active, taken.connections, taken.messages) == (3, 2, 5, 5, 60)
    assert (taken.cache_hits, taken.cache_looks, taken.checks, taken.issues) == (1, 4, 1, 1)
    assert (taken.pushes, taken.push_seconds) == (1, 0.5)


async def test_samples_come_when_they_are_due_and_are_kept_for_an_hour() -> None:
    clock = ManualClock()
    history, _ = made(clock)
    taken = 0
    for _ in range(int(2 * SPAN)):
        taken += await history.tick(clock.monotonic()) is not None
        clock.advance(1)
    assert taken == 2 * SPAN / EVERY
    assert len(history.samples) == SPAN / EVERY + 1
    assert history.samples[-1].at - history.samples[0].at == SPAN


async def test_steps_are_about_as_long_as_asked_and_end_with_the_newest() -> None:
    clock = ManualClock()
    history, _ = made(clock)
    assert list(history.steps(60)) == []
    for _ in range(40):
        await history.tick(clock.monotonic())
        clock.advance(EVERY)
    steps = list(history.steps(60))
    assert [now.at - before.at for before, now in steps] == [60, 60, 60, 15]
    assert steps[-1][1] is history.samples[-1]
    assert all(steps[place][1] is steps[place + 1][0] for place in range(len(steps) - 1))
