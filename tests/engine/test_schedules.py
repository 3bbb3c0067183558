"""Schedules on a real store and a manual clock: each due time once, whatever crashes, overlaps, or sets the clock."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jindu import App, InvalidParams
from jindu.core.clock import ManualClock, rfc3339
from jindu.core.schedule import Missed, Overlap, Schedule
from jindu.engine.refusals import UnknownType
from jindu.engine.schedules import GRACE, IsDeclared, UnknownSchedule, decide
from jindu.engine.triggers import BadTrigger
from jindu.node import Node, open_node
from jindu.store.contract import Exists, Query

NOON = 1_800_014_400.0  # a full hour
TEN = 600.0


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOON)


@pytest.fixture
def app(app: App) -> App:
    app.gate = asyncio.Event()  # type: ignore[attr-defined]
    app.gate.set()  # type: ignore[attr-defined]

    @app.job(concurrency=50)
    async def tidy(room: str = "hall") -> str:
        await app.gate.wait()  # type: ignore[attr-defined]
        return room

    @app.job
    async def other() -> None: ...

    return app


@asynccontextmanager
async def opened(app: App, clock: ManualClock, *, plan: bool = True) -> AsyncIterator[Node]:
    """The node with this clock; what it starts by itself is started by `at` as well, which is what tests look at."""
    planned = tuple(app._schedules.values()) if plan else ()
    async with open_node(app.registry, app.errors, app.settings, clock, planned=planned) as node:
        yield node


async def at(node: Node, clock: ManualClock, seconds: float, *, settle: bool = True) -> Schedule:
    """The schedule after a tick at so many seconds past noon; with `settle` its last run has ended by then."""
    clock.advance(NOON + seconds - clock.wall())
    await node.schedules.tick()
    schedule = (await node.schedules.all())[0]
    if settle and schedule.last_job:
        await ended(node, schedule.last_job)
    return schedule


async def ended(node: Node, job_id: str) -> None:
    async with asyncio.timeout(20):
        while not (await node.jobs.read(job_id)).job.is_completed:
            await asyncio.sleep(0.002)


async def runs(node: Node) -> list[str]:
    """Due times of the runs there are, as in their keys, oldest first."""
    jobs = await node.store.page(Query(limit=1_000))
    return sorted(job.spec.key.rpartition(" ")[2][11:19] for job in jobs if job.spec.key)


async def test_a_cron_of_the_code_runs_at_its_times(app: App, clock: ManualClock) -> None:
    app.schedule("*/10 * * * *", app_job(app, "tidy"), params={"room": "attic"}, owner="ann", tags=["nightly"], priority=7)
    async with opened(app, clock) as node:
        [schedule] = await node.schedules.all()
        assert (schedule.id, schedule.declared, schedule.next_at) == ("tidy", True, NOON + TEN)
        assert [due - NOON for due in node.schedules.upcoming(schedule, 3)] == [600, 1200, 1800]
        assert (await at(node, clock, 599.9)).runs == 0
        first = await at(node, clock, 600)
        assert (first.runs, first.last_at, first.next_at) == (1, NOON + 600, NOON + 1200)
        assert first.last_job is not None
        record = await node.jobs.read(first.last_job)
        spec = record.job.spec
        assert (spec.owner, spec.key, record.job.tags) == (
            "ann",
            f"schedule tidy {rfc3339(NOON + 600)}",
            ("nightly", "schedule:tidy"),
        )
        assert (record.job.priority, record.result) == (7, b'"attic"')
        await at(node, clock, 601)
        await at(node, clock, 1200.4)
        assert await runs(node) == ["12:10:00", "12:20:00"]


def app_job(app: App, name: str) -> Any:
    return next(function for function in app._functions if function.type.name == name)


async def test_an_interval_counts_from_its_beginning_and_does_not_drift(app: App, clock: ManualClock) -> None:
    app.schedule(app_job(app, "tidy"), every="90s")
    async with opened(app, clock) as node:
        for seconds in (90.3, 180.1, 271.0, 360.0):
            await at(node, clock, seconds)
        assert await runs(node) == ["12:01:30", "12:03:00", "12:04:30", "12:06:00"]


async def test_what_is_a_little_late_is_made_up_for_one_by_one(app: App, clock: ManualClock) -> None:
    app.schedule(every=10, job=app_job(app, "tidy"), overlap="queue")
    async with opened(app, clock) as node:
        await at(node, clock, 21)
        await at(node, clock, 21.1)
        assert await runs(node) == ["12:00:10", "12:00:20"]


async def test_overlap_skip_leaves_out_and_overlap_queue_lets_one_wait(app: App, clock: ManualClock) -> None:
    tidy = app_job(app, "tidy")
    app.schedule("*/10 * * * *", tidy, id="skips")
    app.schedule("*/10 * * * *", tidy, id="waits", overlap="queue")
    app.gate.clear()  # type: ignore[attr-defined]
    async with opened(app, clock) as node:
        for seconds in (600, 1200, 1800):
            await at(node, clock, seconds, settle=False)
        skips, waits = await node.schedules.all()
        assert (skips.runs, skips.skipped, skips.held_at) == (1, 2, None)
        assert (waits.runs, waits.skipped, waits.held_at) == (1, 1, NOON + 1200)
        app.gate.set()  # type: ignore[attr-defined]
        for one in (skips, waits):
            await ended(node, str(one.last_job))
        await at(node, clock, 1801, settle=False)
        skips, waits = await node.schedules.all()
        assert (skips.runs, waits.runs, waits.held_at) == (1, 2, None)
        assert await runs(node) == ["12:10:00", "12:10:00", "12:20:00"]


@pytest.mark.parametrize(("missed", "expected"), [("once", ["12:10:00", "14:50:00"]), ("skip", ["12:10:00"])])
async def test_what_fell_due_while_nobody_was_there(app: App, clock: ManualClock, missed: str, expected: list[str]) -> None:
    app.schedule("*/10 * * * *", app_job(app, "tidy"), missed=missed)
    async with opened(app, clock) as node:
        await at(node, clock, 600)
    clock.advance(3 * 3600 - 900)  # 14:55
    async with opened(app, clock) as node:
        schedule = await at(node, clock, 3 * 3600 - 300)
        assert await runs(node) == expected
        assert schedule.next_at == NOON + 3 * 3600
        await at(node, clock, 3 * 3600)
        assert await runs(node) == [*expected, "15:00:00"]


async def test_a_crash_between_the_run_and_the_cursor_doubles_nothing(app: App, clock: ManualClock) -> None:
    app.schedule("*/10 * * * *", app_job(app, "tidy"))
    async with opened(app, clock) as node:
        before = (await node.schedules.all())[0]
        first = await at(node, clock, 600)
        # As it was before the cursor moved: the run is there, nobody remembers it.
        assert await node.store.change_schedule(replace(before, version=first.version + 1))
        again = await at(node, clock, 600.5)
        assert (again.last_job, again.next_at) == (first.last_job, NOON + 1200)
        assert await runs(node) == ["12:10:00"]
        # The same where the run was removed meanwhile.
        await node.jobs.remove(str(first.last_job))
        assert await node.store.change_schedule(replace(before, version=again.version + 1))
        removed = await at(node, clock, 601, settle=False)
        assert (removed.runs, removed.next_at) == (1, NOON + 1200)
        assert await runs(node) == []


async def test_two_nodes_that_look_at_once_start_one_run(app: App, clock: ManualClock) -> None:
    app.schedule("*/10 * * * *", app_job(app, "tidy"))
    async with opened(app, clock) as node:
        clock.advance(600)
        await asyncio.gather(*(node.schedules.tick() for _ in range(5)))
        assert await runs(node) == ["12:10:00"]
        assert (await node.schedules.all())[0].runs == 1


async def test_a_clock_that_was_set_while_nobody_was_there(app: App, clock: ManualClock) -> None:
    tidy = app_job(app, "tidy")
    app.schedule("*/10 * * * *", tidy, id="cron")
    app.schedule(tidy, every="10m", id="interval")
    async with opened(app, clock) as node:
        await at(node, clock, 600)
    clock.jump(-7200)
    async with opened(app, clock) as node:
        cron, interval = await node.schedules.all()
        assert cron.next_at == NOON + 1200, "what has run is not run again"
        assert interval.next_at is not None
        assert 0 < interval.next_at - clock.wall() <= 600, "in ten minutes as ever"
    clock.jump(+7200)
    async with opened(app, clock) as node:
        await at(node, clock, 601)
        assert (await node.store.schedule("cron")).next_at == NOON + 1200  # type: ignore[union-attr]
        assert (await runs(node)).count("12:10:00") == 2  # one of each


async def test_paused_is_kept_and_resuming_counts_from_now(app: App, clock: ManualClock) -> None:
    app.schedule("*/10 * * * *", app_job(app, "tidy"))
    async with opened(app, clock) as node:
        assert (await node.schedules.pause("tidy")).paused
        assert (await node.schedules.pause("tidy")).paused
        assert node.schedules.upcoming(await node.schedules.read("tidy"), 3) == []
    async with opened(app, clock) as node:
        await at(node, clock, 3000)
        assert await runs(node) == []
        resumed = await node.schedules.resume("tidy")
        assert (resumed.paused, resumed.next_at) == (False, NOON + 3600)
        await at(node, clock, 3600)
        assert await runs(node) == ["13:00:00"]


async def test_what_the_code_says_counts_and_what_it_drops_is_gone(app: App, clock: ManualClock) -> None:
    tidy = app_job(app, "tidy")
    app.schedule("*/10 * * * *", tidy)
    app.schedule("@daily", tidy, id="daily")
    async with opened(app, clock) as node:
        await at(node, clock, 600)
        await node.schedules.create(Schedule("stored", "tidy", b"{}", 0, every=60))
    app._schedules.clear()
    app.schedule("*/15 * * * *", tidy, params={"room": "cellar"})
    async with opened(app, clock) as node:
        stored, kept = await node.schedules.all()
        assert (stored.id, kept.id, kept.cron, kept.params) == ("stored", "tidy", "*/15 * * * *", b'{"room":"cellar"}')
        assert (kept.next_at, kept.runs) == (NOON + 900, 1)
        with pytest.raises(IsDeclared):
            await node.schedules.change("tidy", cron="@daily")
        with pytest.raises(IsDeclared):
            await node.schedules.drop("tidy")


async def test_stored_ones_are_made_changed_run_and_dropped(app: App, clock: ManualClock) -> None:
    async with opened(app, clock) as node:
        made = await node.schedules.create(Schedule("stored", "tidy", b"{}", 0, every=60))
        assert (made.created_at, made.next_at) == (NOON, NOON + 60)
        with pytest.raises(Exists):
            await node.schedules.create(replace(made, type="other"))
        changed = await node.schedules.change("stored", every=None, cron="0 13 * * *", overlap=Overlap.QUEUE)
        assert changed == await node.schedules.read("stored")
        assert changed.next_at == NOON + 3600
        job = await node.schedules.run_now("stored")
        await ended(node, job.id)
        ran = await node.schedules.read("stored")
        assert (ran.runs, ran.last_job, ran.next_at) == (1, job.id, NOON + 3600)
        await node.schedules.drop("stored")
        with pytest.raises(UnknownSchedule):
            await node.schedules.read("stored")


@pytest.mark.parametrize(
    ("given", "error"),
    [({"type": "nobody"}, UnknownType), ({"params": b'{"rom":1}'}, InvalidParams), ({"cron": "* *", "every": None}, BadTrigger),
     ({"priority": 9_999}, InvalidParams)],
)  # fmt: skip
async def test_what_cannot_run_is_refused_when_it_is_made(
    app: App, clock: ManualClock, given: Any, error: type[Exception]
) -> None:
    async with opened(app, clock) as node:
        good = Schedule("stored", "tidy", b"{}", 0, every=60)
        with pytest.raises(error):
            await node.schedules.create(replace(good, **given))
        await node.schedules.create(good)
        with pytest.raises(error):
            await node.schedules.change("stored", **given)


async def test_a_type_that_is_gone_waits_and_params_that_do_not_fit_are_left_out(app: App, clock: ManualClock) -> None:
    async with opened(app, clock) as node:
        await node.store.add_schedule(Schedule("gone", "nobody", b"{}", NOON, every=60, next_at=NOON + 60))
        waiting = await at(node, clock, 60)
        assert (waiting.runs, waiting.next_at) == (0, NOON + 60)
        await node.store.drop_schedule("gone")
        await node.store.add_schedule(Schedule("misfit", "tidy", b'{"rom":1}', NOON, every=60, next_at=NOON + 60))
        left = await at(node, clock, 60)
        assert (left.runs, left.skipped, left.next_at) == (0, 1, NOON + 120)


async def test_a_zone_that_is_not_known_here_stops_nobody_else(app: App, clock: ManualClock) -> None:
    async with opened(app, clock) as node:
        await node.store.add_schedule(
            Schedule("far", "tidy", b"{}", NOON, "* * * * *", timezone="Mars/Base", next_at=NOON + 60)
        )
        await node.schedules.create(Schedule("near", "tidy", b"{}", 0, every=60))
        await at(node, clock, 60)
        far, near = await node.schedules.all()
        assert (far.runs, near.runs) == (0, 1)
        assert node.schedules.upcoming(far, 3) == [NOON + 60]
        assert node.crashed is None


async def test_included_apps_bring_their_schedules(app: App, clock: ManualClock) -> None:
    inner = App()

    @inner.job
    async def sweep() -> None: ...

    inner.schedule("@hourly", sweep)
    app.include(inner)
    async with opened(app, clock) as node:
        assert [one.id for one in await node.schedules.all()] == ["sweep"]
        await at(node, clock, 3600)
        assert await runs(node) == ["13:00:00"]


def test_what_cannot_be_declared_says_what_to_write(app: App) -> None:
    tidy = app_job(app, "tidy")
    wrong: list[tuple[Callable[[], None], type[Exception]]] = [
        (lambda: app.schedule("* * *", tidy), ValueError),
        (lambda: app.schedule(tidy), ValueError),  # type: ignore[call-overload]
        (lambda: app.schedule("@daily", tidy.type.function), TypeError),  # type: ignore[call-overload]
        (lambda: app.schedule("@daily", tidy, params={"rom": 1}), TypeError),
        (lambda: app.schedule("@daily", tidy, params={"room": 5}), InvalidParams),
        (lambda: app.schedule("@daily", tidy, overlap="both"), ValueError),
        (lambda: app.schedule("@daily", tidy, timezone="Mars"), ValueError),
        (lambda: app.schedule("@daily", tidy, id=""), ValueError),
    ]
    for declare, error in wrong:
        with pytest.raises(error):
            declare()
    app.schedule("@daily", tidy)
    with pytest.raises(ValueError, match="id="):
        app.schedule("@hourly", tidy)


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(["*/10 * * * *", "7 * * * *", 10.0, 45.0, 601.0]), st.sampled_from(Overlap), st.sampled_from(Missed),
    st.lists(st.tuples(st.floats(0.1, 400), st.booleans(), st.booleans()), min_size=5, max_size=40),
)  # fmt: skip
def test_whatever_the_rhythm_of_looks_no_due_time_is_run_twice_or_before_its_time(
    when: str | float, overlap: Overlap, missed: Missed, looks: list[tuple[float, bool, bool]]
) -> None:
    cron, every = (when, None) if isinstance(when, str) else (None, when)
    schedule = Schedule("s", "t", b"{}", NOON, cron, every, overlap=overlap, missed=missed, next_at=NOON + 600)
    wall, ran = NOON, []
    for step, idle, crashes in looks:
        wall += step
        for _ in range(100):
            decision = decide(schedule, wall, idle=idle)
            if decision.after == schedule:
                break
            if decision.run is not None:
                assert decision.run <= wall
                ran.append(decision.run)
                idle = False
            if crashes:  # the cursor was not moved: the next look decides again, under the same key
                break
            schedule = decision.after
        else:
            raise AssertionError("it goes on for ever")
        assert schedule.next_at is None or schedule.next_at > wall or crashes
    kept = list(dict.fromkeys(ran))
    assert all(a < b for a, b in pairwise(kept)), "rising, each once but for crashes"
    assert GRACE == 60.0
