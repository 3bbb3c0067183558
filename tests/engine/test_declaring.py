"""What an author may say about a job, and what is refused when it is said."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from jindu import App, Context, NotOpen, Retry, Stage
from jindu.engine.registry import RunIn


def test_a_decorated_function_stays_callable(app: App) -> None:
    @app.job
    def double(number: int) -> int:
        """Twice as much."""
        return 2 * number

    @app.job(timeout=5)
    def triple(number: int, times: int = 3) -> int:
        return times * number

    assert double(4) == 8
    assert triple(2, times=5) == 10
    assert (double.__name__, double.__doc__) == ("double", "Twice as much.")


async def test_a_decorated_coroutine_function_stays_callable(app: App) -> None:
    @app.job
    async def double(number: int) -> int:
        return 2 * number

    assert await double(4) == 8


def test_the_type_is_the_name_of_the_function_unless_a_name_is_given(app: App) -> None:
    @app.job
    async def diagnose() -> None: ...

    @app.job(name="calibrate.note")
    async def calibrate() -> None: ...

    assert diagnose.type.name == "diagnose"
    assert calibrate.type.name == "calibrate.note"
    assert app.registry.names == ["calibrate.note", "diagnose"]


def test_two_jobs_of_one_name_are_refused(app: App) -> None:
    @app.job(name="tidy")
    async def one() -> None: ...

    with pytest.raises(ValueError, match=r"tidy.*another name="):

        @app.job(name="tidy")
        async def two() -> None: ...


@pytest.mark.parametrize(
    ("given", "seconds"), [("1h", 3600), ("1h30m", 5400), ("250ms", 0.25), (30, 30), (0.5, 0.5), (timedelta(minutes=2), 120)]
)
def test_durations_are_numbers_texts_or_timedeltas(app: App, given: Any, seconds: float) -> None:
    @app.job(timeout=given, keep_for=given)
    async def work() -> None: ...

    assert (work.type.timeout, work.type.keep_for) == (seconds, seconds)


def test_what_is_not_said_has_the_promised_defaults(app: App) -> None:
    @app.job
    async def work() -> None: ...

    declared = work.type
    assert (declared.timeout, declared.keep_for) == (300, None)  # kept as the settings say
    assert declared.retry.attempts == 1
    assert [stage.name for stage in declared.plan.stages] == ["working"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"timeout": "soon"},
        {"timeout": -1},
        {"keep_for": "1 fortnight"},
        {"concurrency": 0},
        {"pace": -1},
        {"stages": ["read", "read"]},
        {"stages": ["completed"]},
        {"run_in": "cellar"},
    ],
)
def test_a_wrong_option_is_refused_when_it_is_declared(app: App, wrong: Any) -> None:
    with pytest.raises(ValueError):

        @app.job(**wrong)
        def work() -> None: ...

    assert len(app.registry) == 0


def test_where_a_body_runs_follows_from_what_it_is(app: App) -> None:
    @app.job
    async def on_loop() -> None: ...

    @app.job
    def in_thread() -> None: ...

    assert on_loop.type.run_in is RunIn.LOOP
    assert in_thread.type.run_in is RunIn.THREAD


def test_a_place_that_does_not_fit_is_refused_with_what_to_change(app: App) -> None:
    with pytest.raises(TypeError, match="plain def"):

        @app.job(run_in="process")
        async def one() -> None: ...

    with pytest.raises(TypeError, match="async def"):

        @app.job(run_in="loop")
        def two() -> None: ...

    with pytest.raises(TypeError, match="top of its module"):

        @app.job(run_in="process")
        def three() -> None: ...


def test_parameters_that_cannot_be_sent_are_refused(app: App) -> None:
    with pytest.raises(TypeError, match=r"\*items"):

        @app.job
        async def one(*items: int) -> None: ...

    with pytest.raises(TypeError, match=r"\*\*options"):

        @app.job
        async def two(**options: int) -> None: ...

    with pytest.raises(TypeError, match="number"):

        @app.job
        async def three(number: int, /) -> None: ...


def test_a_type_that_cannot_come_from_json_is_refused(app: App) -> None:
    with pytest.raises(TypeError, match="cannot be sent as JSON"):

        @app.job
        async def work(lock: asyncio.Lock) -> None: ...


async def test_the_context_is_given_only_where_it_is_annotated(app: App) -> None:
    @app.job
    async def with_it(where: Context, number: int) -> list[Any]:
        return [where.job_id, where.attempt, number]

    @app.job
    async def without(ctx: int) -> int:
        return ctx

    async with app.open():
        job = await with_it.submit(3)
        assert await job.wait(5) == [job.id, 1, 3]
        assert await (await without.submit(ctx=7)).wait(5) == 7


async def test_use_before_opening_says_how_to_open(app: App) -> None:
    @app.job
    async def work() -> None: ...

    for way in ("jindu serve", r"app\.attach", r"app\.open\(\)"):
        with pytest.raises(NotOpen, match=way):
            await work.submit()
    async with app.open():
        await (await work.submit()).wait(5)
    with pytest.raises(NotOpen):
        await work.submit()


async def test_include_gathers_the_jobs_of_modules(app: App) -> None:
    module = App()

    @module.job(stages=[Stage("one", 2), Stage("two", 1)], retry=Retry(attempts=2))
    async def work(number: int) -> int:
        return number

    app.include(module)
    async with app.open():
        job = await work.submit(4)
        assert await job.wait(5) == 4
    with pytest.raises(ValueError, match="work"):
        app.include(module_with("work"))


def module_with(name: str) -> App:
    module = App()

    @module.job(name=name)
    async def other() -> None: ...

    return module


async def test_an_app_reads_its_settings_at_the_first_look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = App()

    @app.job
    async def work() -> int:
        return 1

    monkeypatch.setenv("JINDU_STORE", f"sqlite:///{tmp_path}/from_environment.db")
    async with app.open(grace=0):
        assert await (await work.submit()).wait(5) == 1
    assert (tmp_path / "from_environment.db").exists()
