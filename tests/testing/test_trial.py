"""`jindu.testing`: what authors test their jobs with."""

import asyncio
import threading
import time
from typing import Any

import pytest

from jindu import App, Context, InvalidParams, JobError, Retry, Stage
from jindu.testing import JumpingLoop, Story, Trial, run

app = App()
calls: list[str] = []


@pytest.fixture(autouse=True)
def nothing_called() -> None:
    calls.clear()


def work(name: str) -> str:
    calls.append(name)
    return name.upper()


@app.job(stages=[Stage("asking", 3), Stage("writing", 1)], timeout="3h", pace=0)
async def report(ctx: Context, hours: float = 0, fails: bool = False) -> dict[str, Any]:
    async with ctx.stage("asking") as stage:
        ctx.partial("first answer", key="a")
        stage.progress(50, "half of them")
        await asyncio.sleep(hours * 3600)
        first = await ctx.step("first", work, "first")
    async with ctx.stage("writing"):
        second = await ctx.step("second", work, "second")
        if fails:
            raise JobError("AI_QUOTA_EXHAUSTED")
    return {"first": first, "second": second}


@app.job(stages=["one", "two"])
def plain(ctx: Context, nap: float = 0) -> str:
    with ctx.stage("one"):
        ctx.step_sync("first", work, "first")
    with ctx.stage("two"):
        time.sleep(nap)
    return threading.current_thread().name


@app.job(timeout=30)
async def slow() -> None:
    await asyncio.sleep(3600)


@app.job(retry=Retry(attempts=5, base=600, cap=3600))
async def flaky(ctx: Context) -> int:
    if ctx.attempt < 4:
        raise ConnectionError
    return ctx.attempt


@app.job(timeout="2h")
async def parent() -> list[str]:
    jobs = await report.submit_many([{"hours": 1}, {}])
    return [(await job.wait())["first"] for job in jobs]


@app.job(run_in="process")
def far(number: int) -> int:
    return number + 1


def test_two_hours_are_over_at_once_and_the_story_is_whole() -> None:
    begun = time.monotonic()
    told = Trial(report).run(hours=2)
    assert time.monotonic() - begun < 60
    assert 7200 <= told.seconds < 7260
    assert told.result == {"first": "FIRST", "second": "SECOND"}
    assert (told.status, told.error, told.code, told.attempts, told.deaths) == ("completed", None, None, 1, 0)
    assert told.stages == ["init", "asking", "writing", "completed"]
    assert told.partials == {"a": "first answer"}
    assert told.messages == ["half of them"]
    assert 37.5 in told.progress
    assert told.state["progress"] == 100


@pytest.mark.parametrize(("place", "again"), [({"step": "first"}, ["second"]), ({"stage": "asking"}, ["second"])])
def test_a_killed_worker_leaves_what_was_committed_and_another_goes_on(place: dict[str, str], again: list[str]) -> None:
    told = Trial(report).kill_after(**place).run()
    assert calls == ["first", *again]
    assert (told.deaths, told.status, told.attempts) == (1, "completed", 1)
    assert told.partials == {"a": "first answer"}


def test_what_is_killed_before_a_step_runs_again() -> None:
    told = Trial(plain).kill_after(stage="one").run()
    assert (calls, told.deaths, told.status) == (["first"], 1, "completed")


def test_who_dies_three_times_without_a_new_step_is_quarantined() -> None:
    told = Trial(report).kill_after(step="first", times=3).run()
    assert (told.status, told.code, told.deaths) == ("failed", "JOB_QUARANTINED", 3)
    assert told.state["reached"] > 0


def test_a_place_that_is_never_reached_fails_the_trial() -> None:
    with pytest.raises(AssertionError, match="reached 0 times"):
        Trial(report).kill_after(step="no such step").run()


def test_a_time_out_strikes_by_the_clock_of_the_trial() -> None:
    told = Trial(slow).run()
    assert (told.code, told.status) == ("JOB_TIMEOUT", "failed")
    assert 30 <= told.seconds < 40


def test_pauses_between_attempts_are_jumped_over() -> None:
    told = Trial(flaky).run()
    assert (told.result, told.attempts) == (4, 4)


def test_a_failure_is_the_friendly_error() -> None:
    told = Trial(report).run(fails=True)
    assert (told.status, told.code, told.result) == ("failed", "AI_QUOTA_EXHAUSTED", None)
    assert told.partials == {"a": "first answer"}


def test_a_cancel_comes_when_it_was_said() -> None:
    told = Trial(report).cancel_after("30m").run(hours=2)
    assert told.status == "cancelled"
    assert 1800 <= told.seconds < 1860


def test_a_thread_has_the_time_it_needs() -> None:
    told = Trial(plain).run(nap=0.3)
    assert told.status == "completed"
    assert 0.3 <= told.seconds < 60


def test_jobs_that_submit_others() -> None:
    assert Trial(parent).run().result == ["FIRST", "FIRST"]


def test_a_child_process_has_the_time_it_needs() -> None:
    assert Trial(far).run(1).result == 2
    with pytest.raises(ValueError, match="cannot be killed"):
        Trial(far).kill_after(step="any").run(1)


def test_parameters_are_checked_as_ever() -> None:
    with pytest.raises(InvalidParams):
        Trial(report).run(hours="many")  # type: ignore[arg-type]


@pytest.mark.parametrize("place", [{}, {"stage": "asking", "step": "first"}, {"stage": "none"}])
def test_a_place_that_cannot_be_is_refused(place: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"name either|has no stage"):
        Trial(report).kill_after(**place)


async def test_where_a_loop_runs_already_it_says_so() -> None:
    work = asyncio.sleep(0)
    with pytest.raises(RuntimeError, match="call this from a plain `def`"):
        run(work)
    with pytest.raises(RuntimeError, match="call this from a plain `def`"):
        Trial(report).run()


def test_an_app_is_as_it_was_after_a_trial() -> None:
    before = app.settings.store
    Trial(report).run()
    assert app.settings.store == before
    with pytest.raises(RuntimeError, match="not open"):
        _ = app.node


def test_timers_come_in_their_order() -> None:
    async def timers() -> list[float]:
        seen: list[float] = []

        async def one(delay: float) -> None:
            await asyncio.sleep(delay)
            seen.append(delay)

        await asyncio.gather(*(one(delay) for delay in (3600, 1, 60)))
        assert await asyncio.to_thread(lambda: "from a thread") == "from a thread"
        return seen

    assert run(timers()) == [1, 60, 3600]
    assert JumpingLoop.__doc__


def test_a_broken_promise_is_named() -> None:
    told = Trial(report).run()
    for updates in (told.updates[::-1], [*told.updates, told.updates[-1]], told.updates[:-1] + told.updates[-2:]):
        with pytest.raises(AssertionError):
            Story(told.job_id, updates, 0, 0, told.states).check()
