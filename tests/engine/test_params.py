"""Parameters are typed and checked before the job exists."""

import math
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from pydantic import BaseModel, Field

from jindu import App, Context, InvalidParams
from jindu.core.states import Status


class Note(BaseModel):
    title: str
    stars: int = Field(0, ge=0, le=5)
    tags: list[str] = []


def pointers(refused: pytest.ExceptionInfo[InvalidParams]) -> list[str]:
    return [error.pointer for error in refused.value.errors]


async def test_a_wrong_parameter_is_refused_with_a_pointer_and_no_job_exists(app: App) -> None:
    @app.job
    async def diagnose(brand: str, platforms: list[str], depth: int = 1) -> None: ...

    async with app.open() as node:
        with pytest.raises(InvalidParams) as refused:
            await diagnose.submit("x", ["a", 2], depth="deep")  # type: ignore[list-item, arg-type]
        assert pointers(refused) == ["/params/platforms/1", "/params/depth"]
        with pytest.raises(InvalidParams) as refused:
            await diagnose.options(priority=5).submit(brand=None, platforms=[])  # type: ignore[arg-type]
        assert pointers(refused) == ["/params/brand"]
        assert sum((await node.store.counts()).values()) == 0


async def test_a_call_that_does_not_fit_the_signature_raises_as_a_call_would(app: App) -> None:
    @app.job
    async def diagnose(brand: str) -> None: ...

    async with app.open() as node:
        for call in (diagnose.submit(), diagnose.submit("a", "b"), diagnose.submit("a", colour="red")):  # type: ignore[call-arg]
            with pytest.raises(TypeError):
                await call
        assert sum((await node.store.counts()).values()) == 0


def test_from_outside_unknown_and_missing_parameters_get_pointers(app: App) -> None:
    @app.job
    async def diagnose(brand: str, depth: int = 1) -> None: ...

    with pytest.raises(InvalidParams) as refused:
        diagnose.type.params.check({"colour": "red", "a/b~c": 1, "depth": 2})
    assert sorted(pointers(refused)) == ["/params/a~1b~0c", "/params/brand", "/params/colour"]
    assert diagnose.type.params.check({"brand": "x"}) == {"brand": "x", "depth": 1}


async def test_positional_and_keyword_arguments_are_the_same(app: App) -> None:
    @app.job
    async def join(left: str, right: str = "b", *, end: str = "") -> str:
        return left + right + end

    async with app.open():
        one = await join.submit("a", "c", end="!")
        two = await join.submit(end="!", right="c", left="a")
        three = await join.submit("a")
        assert [await job.wait(5) for job in (one, two, three)] == ["ac!", "ac!", "ab"]


async def test_names_that_pydantic_uses_itself_are_free(app: App) -> None:
    @app.job
    async def odd(json: int, copy: str, _x: bool, model_config: int, schema: int = 2, self: int = 3) -> list[Any]:
        return [json, copy, _x, model_config, schema, self]

    async with app.open():
        job = await odd.submit(json=1, copy="c", _x=True, model_config=4)  # type: ignore[call-arg]
        assert await job.wait(5) == [1, "c", True, 4, 2, 3]
        with pytest.raises(InvalidParams) as refused:
            await odd.submit(json="x", copy="c", _x=[], model_config=4)  # type: ignore[call-arg]
        assert pointers(refused) == ["/params/json", "/params/_x"]


async def test_types_arrive_as_they_were_declared(app: App) -> None:
    seen: list[Any] = []

    @app.job
    async def look(
        ctx: Context,
        at: datetime,
        day: date,
        note: Note,
        notes: list[Note],
        maybe: str | None = None,
        grid: list[list[int]] | None = None,
    ) -> None:
        seen.extend([at, day, note, notes, maybe, grid])

    at, day = datetime(2026, 2, 3, 4, 5, tzinfo=UTC), date(2026, 2, 3)
    async with app.open():
        job = await look.submit(at, day, Note(title="a", stars=5), [Note(title="b")], grid=[[1], [2, 3]])
        await job.wait(5)
        assert seen == [at, day, Note(title="a", stars=5), [Note(title="b")], None, [[1], [2, 3]]]
        with pytest.raises(InvalidParams) as refused:
            await look.submit("noon", day, {"title": "a", "stars": 9}, [{}])  # type: ignore[arg-type, list-item]
        assert pointers(refused) == ["/params/at", "/params/note/stars", "/params/notes/0/title"]


async def test_a_default_is_given_by_the_function_and_is_not_stored(app: App) -> None:
    @app.job
    async def work(number: int, factor: int = 10) -> int:
        return number * factor

    async with app.open() as node:
        job = await work.submit(2)
        assert await job.wait(5) == 20
        assert (await node.jobs.read(job.id)).job.spec.params == b'{"number":2}'


UNFIT: list[tuple[str, Callable[[], Any]]] = [
    ("nan", lambda: math.nan),
    ("infinity", lambda: -math.inf),
    ("hidden nan", lambda: {"a": [1.0, math.nan]}),
    ("an object", object),
    ("bytes", lambda: b"\xff"),
    ("a lone surrogate", lambda: "\ud800"),
    ("a large integer", lambda: 2**70),
    ("a deep list", lambda: deep(40)),
    ("more than 256 KiB", lambda: "x" * 300_000),
]


def deep(levels: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize("make", [make for _, make in UNFIT], ids=[name for name, _ in UNFIT])
async def test_what_is_not_json_is_refused_before_the_job_exists(app: App, make: Callable[[], Any]) -> None:
    @app.job
    async def work(value: Any) -> Any:
        return "ran"

    async with app.open() as node:
        with pytest.raises(InvalidParams) as refused:
            await work.submit(make())
        assert pointers(refused)[0].startswith("/params")
        assert sum((await node.store.counts()).values()) == 0
        assert await (await work.submit(1)).wait(5) == "ran"


async def test_a_float_parameter_refuses_nan(app: App) -> None:
    @app.job
    async def work(share: float) -> float:
        return share

    async with app.open():
        with pytest.raises(InvalidParams):
            await work.submit(math.nan)
        assert await (await work.submit(0.5)).wait(5) == 0.5


async def test_parameters_that_no_longer_fit_fail_kindly(app: App, store_url: str) -> None:
    @app.job(name="work")
    async def before(number: int) -> None: ...

    async with app.open():
        job = await before.options(delay="1h").submit(1)
    later = App(settings=app.settings)

    @later.job(name="work")
    async def after(text: str) -> None: ...

    async with later.open() as node:
        stored = (await node.jobs.read(job.id)).job
        assert stored.status is Status.PENDING
        with pytest.raises(InvalidParams):
            later.registry["work"].params.check({"number": 1})


async def test_a_validator_that_breaks_at_the_start_of_a_run_fails_that_job_only(app: App) -> None:
    checked: list[int] = []

    class Fragile(BaseModel):
        number: int

        def model_post_init(self, context: Any) -> None:
            checked.append(self.number)
            if len(checked) > 1:
                raise RuntimeError("validators may break")

    @app.job
    async def work(value: Fragile) -> None: ...

    @app.job
    async def other() -> int:
        return 1

    async with app.open() as node:
        job = await work.submit(Fragile.model_construct(number=1))
        end = [update async for update in job.updates()][-1]
        assert end.state["status"] == "failed"
        assert await (await other.submit()).wait(5) == 1
        assert node.ready is None
