"""The alerts of a node from sample to message, with a store, over a restart."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from contract.stories import running
from jindu import get_alert_manager
from jindu.core.alerts import Level
from jindu.core.clock import ManualClock
from jindu.monitor.alerts.config import AlertConfig, LogSink, WebhookSink
from jindu.monitor.alerts.face import AlertManager
from jindu.monitor.alerts.rules import Rule
from jindu.monitor.alerts.told import Told
from jindu.monitor.alerts.watch import Alerts
from jindu.monitor.history import Totals
from jindu.store.opener import open_store
from monitor.listening import Listener, listening

RULE = Rule("busy", "active_tasks", True, 100, 90, Level.WARNING, hold=0, cooldown=600)


@pytest.fixture
def listener() -> Iterator[Listener]:
    with listening() as found:
        yield found


def sample(clock: ManualClock, active: int) -> Sequence[Totals]:
    return [Totals(clock.monotonic(), clock.wall(), active=active)]


@asynccontextmanager
async def alerts(
    path: Path, clock: ManualClock, *sinks: LogSink | WebhookSink, rules: tuple[Rule, ...] = (RULE,)
) -> AsyncIterator[tuple[Alerts, list[str]]]:
    """With what callbacks heard."""
    heard: list[str] = []
    manager = AlertManager()

    async def hear(told: Told) -> None:
        heard.append(f"{told.what} {told.rule}")

    manager.add_callback(hear)
    async with running(await open_store(f"sqlite:///{path}", clock)) as store:
        watch = Alerts(AlertConfig(rules, sinks), store, manager, clock)
        await watch.begin()
        task = asyncio.create_task(watch.run())
        yield watch, heard
        await watch.stop(task)


async def test_it_fires_is_kept_and_resolves(tmp_path: Path, listener: Listener) -> None:
    clock = ManualClock()
    async with alerts(tmp_path / "a.db", clock, WebhookSink(type="webhook", url=listener.url)) as (watch, heard):
        await watch.judge(sample(clock, 101))
        (alert,) = watch.active.values()
        assert (alert.rule, alert.value, alert.told) == ("busy", 101, True)
        clock.advance(5)
        await watch.judge(sample(clock, 300))
        assert watch.active["busy"].peak == 300
        clock.advance(5)
        await watch.judge(sample(clock, 90))
        assert watch.active == {}
        (over,) = await watch.history(10)
        assert (over.peak, over.resolved_at, over.fired_at) == (300, clock.wall(), clock.wall() - 10)
    assert heard == ["firing busy", "resolved busy"], "what waited when it stopped was told"
    assert [came.said["type"] for came in listener.came] == ["alert.firing", "alert.resolved"]


async def test_an_alert_outlives_a_restart_and_is_resolved_after_it(tmp_path: Path) -> None:
    clock = ManualClock()
    async with alerts(tmp_path / "a.db", clock) as (watch, heard):
        await watch.judge(sample(clock, 500))
    assert heard == ["firing busy"]
    async with alerts(tmp_path / "a.db", clock) as (watch, heard):
        assert [alert.rule for alert in watch.active.values()] == ["busy"]
        await watch.judge(sample(clock, 500))
        await watch.judge(sample(clock, 1))
        assert watch.active == {}
    assert heard == ["resolved busy"], "and nobody is told twice that it fires"


async def test_an_alert_whose_rule_is_gone_ends_with_the_restart(tmp_path: Path) -> None:
    clock = ManualClock()
    async with alerts(tmp_path / "a.db", clock) as (watch, _):
        await watch.judge(sample(clock, 500))
    async with alerts(tmp_path / "a.db", clock, rules=()) as (watch, heard):
        assert watch.active == {}
        assert [alert.active for alert in await watch.history(10)] == [False]
    assert heard == ["resolved busy"]


async def test_a_test_says_what_became_of_it(tmp_path: Path, listener: Listener) -> None:
    listener.answer = lambda number: (404, b"")
    sinks = (LogSink(type="log"), WebhookSink(type="webhook", url=listener.url, levels=[Level.ERROR]))
    async with alerts(tmp_path / "a.db", ManualClock(), *sinks) as (watch, heard):
        tried = {one.sink: (one.ok, one.detail) for one in await watch.test()}
        assert tried == {"log": (True, None), "webhook": (False, "127.0.0.1 answered 404"), "callback": (True, None)}
        assert heard == ["test cache_hit_rate_low"], "a rule of the level that this way takes"
        assert listener.came[0].said["type"] == "alert.test"
        assert await watch.history(10) == []


def test_callbacks_are_added_once_and_removed() -> None:
    manager = get_alert_manager()
    assert manager is get_alert_manager()

    @manager.add_callback
    def hear(told: Told) -> None: ...

    manager.add_callback(hear)
    assert list(manager.callbacks).count(hear) == 1
    manager.remove_callback(hear)
    manager.remove_callback(hear)
    assert hear not in manager.callbacks
