"""What a store promises about error contexts."""

from dataclasses import replace

import pytest

from contract.conftest import Backend
from contract.stories import ERROR, NOW, kept, moves, outcomes, running, submit
from jindu.core import events as ev
from jindu.core.contexts import ContextQuery, ErrorContext, Raised
from jindu.store import contexts
from jindu.store.contract import Exists, Noted, Store, StoreError

MONTH = contexts.KEPT_SECONDS


def made(id: str, **given: object) -> ErrorContext:
    context = ErrorContext(id, "JOB1", "diagnose", "ai_fetching", 2, 3, "NETWORK_ERROR", NOW)
    return replace(context, **given)  # type: ignore[arg-type]


async def note(store: Store, *noted: ErrorContext) -> None:
    assert await outcomes(store, [Noted(context) for context in noted]) == [None] * len(noted)


async def test_what_was_noted_is_read_after_reopening(backend: Backend) -> None:
    whole = made("JOB1-3", raised=Raised("builtins.ValueError", "品 牌", "Traceback …\n"))
    async with running(await backend()) as store:
        await note(store, whole)
        assert await store.context("JOB1-3") == whole
        assert await store.context("JOB1-4") is None
    async with running(await backend()) as store:
        assert await store.context("JOB1-3") == whole


async def test_a_second_one_takes_the_place_of_the_first(store: Store) -> None:
    await note(store, made("a"), made("b"), made("a", code="INTERNAL_ERROR"))
    assert [(found.id, found.code) for found in await store.contexts(ContextQuery())] == [
        ("a", "INTERNAL_ERROR"),
        ("b", "NETWORK_ERROR"),
    ]


async def test_lists_are_newest_first_and_filtered(store: Store) -> None:
    await note(store, made("1"), made("2", job="JOB2"), made("3", code="X"), made("4", job="JOB2", code="X", at=NOW - 9))

    async def ids(**query: object) -> str:
        return "".join(found.id for found in await store.contexts(ContextQuery(**query)))  # type: ignore[arg-type]

    assert await ids() == "4321"
    assert await ids(limit=2) == "43"
    assert await ids(job="JOB2") == "42"
    assert await ids(code="X") == "43"
    assert await ids(job="JOB2", code="X") == "4"
    assert await ids(job="nobody") == ""


async def test_it_shares_a_group_with_the_event_and_fails_nobody(store: Store) -> None:
    new, twin = submit(), submit()
    lost = moves(new.job, ev.Claimed(NOW, "boot"), ev.Failed(NOW, ERROR))
    unstorable = Noted(made("bad", stage="\ud800"))
    group = [new, lost[0], unstorable, Noted(made("good")), lost[1], submit(id=new.job.id), twin]
    assert await outcomes(store, group) == [None, None, StoreError, None, None, Exists, None]
    assert [found.id for found in await store.contexts(ContextQuery())] == ["good"]
    found = await store.read(new.job.id)
    assert found is not None
    assert found.job == lost[1].job


async def test_it_stays_when_its_job_is_removed(store: Store) -> None:
    new = submit()
    await kept(store, new, *moves(new.job, ev.Cancelled(NOW, ERROR)))
    await note(store, made("x", job=new.job.id))
    assert await store.remove([new.job.id], NOW) == [new.job.id]
    assert await store.context("x") is not None


async def test_a_sweep_bounds_them_by_age(store: Store) -> None:
    await note(store, made("old", at=NOW), made("young", at=NOW + 1))
    await store.sweep(NOW + MONTH - 1)
    assert await store.context("old") is not None
    await store.sweep(NOW + MONTH)
    assert await store.context("old") is None
    assert await store.context("young") is not None


async def test_a_sweep_bounds_them_by_rows(store: Store) -> None:
    await note(store, *(made(str(number)) for number in range(contexts.KEPT_ROWS + 3)))
    await store.sweep(NOW)
    assert [await store.context(str(number)) is None for number in (0, 1, 2, 3)] == [True, True, True, False]
    assert len(await store.contexts(ContextQuery(limit=20_000))) == contexts.KEPT_ROWS == 10_000


@pytest.mark.parametrize("id", ["", "' OR 1=1", "\x00", "x" * 5_000])
async def test_any_text_may_be_asked_for(store: Store, id: str) -> None:
    assert await store.context(id) is None
    assert await store.contexts(ContextQuery(job=id, code=id)) == []
