"""Schedules: kept, found when due, moved by one of several, there again after the next opening."""

import asyncio
from dataclasses import replace

import pytest

from contract.conftest import Backend
from contract.stories import NOW, running
from jindu.core.schedule import Missed, Overlap, Schedule
from jindu.store.contract import Exists, Store, StoreError

TIDY = Schedule("tidy", "tidy", b"{}", NOW, cron="*/10 * * * *", next_at=NOW + 60)
WHOLE = Schedule(
    "报告", "report", b'{"n":1}', NOW, None, 600.5, "Asia/Shanghai", Overlap.QUEUE, Missed.SKIP, "ann", 5, ("a", "b"), True,
    True, 7,
    NOW + 1, NOW - 1, NOW - 2, "JOB1", 3, 4,
)  # fmt: skip


async def test_they_are_kept_as_they_were_given(backend: Backend) -> None:
    async with running(await backend()) as store:
        assert await store.schedules() == []
        await store.add_schedule(TIDY)
        await store.add_schedule(WHOLE)
        with pytest.raises(Exists):
            await store.add_schedule(replace(TIDY, type="other"))
    async with running(await backend()) as store:
        assert await store.schedules() == [TIDY, WHOLE]
        assert [await store.schedule(id) for id in ("tidy", "报告", "nobody")] == [TIDY, WHOLE, None]
        assert await store.drop_schedule("tidy")
        assert not await store.drop_schedule("tidy")
        assert await store.schedules() == [WHOLE]


async def test_one_of_two_moves_the_cursor(store: Store) -> None:
    await store.add_schedule(TIDY)
    moved = replace(TIDY, version=2, next_at=NOW + 660, last_at=NOW + 60, last_job="JOB1", runs=1)
    assert sorted(await asyncio.gather(*(store.change_schedule(moved) for _ in range(2)))) == [False, True]
    assert await store.schedule("tidy") == moved
    assert not await store.change_schedule(replace(moved, version=2, runs=9))
    assert not await store.change_schedule(replace(WHOLE, version=2)), "there is none"
    assert await store.schedules() == [moved]


async def test_what_is_due_comes_longest_due_first(store: Store) -> None:
    due, later = replace(TIDY, id="due", next_at=NOW - 5), replace(TIDY, id="later", next_at=NOW + 1)
    held, never = replace(TIDY, id="held", next_at=NOW + 99, held_at=NOW - 9), replace(TIDY, id="never", next_at=None)
    paused = replace(TIDY, id="paused", next_at=NOW - 99, held_at=NOW - 99, paused=True)
    both = replace(TIDY, id="both", next_at=NOW, held_at=NOW - 1)
    for one in (due, later, held, never, paused, both):
        await store.add_schedule(one)
    assert [one.id for one in await store.due_schedules(NOW)] == ["held", "due", "both"]
    assert [one.id for one in await store.due_schedules(NOW, 2)] == ["held", "due"]
    assert [one.id for one in await store.due_schedules(NOW + 1)] == ["held", "due", "both", "later"]


async def test_what_cannot_be_stored_is_refused_and_harms_nobody(store: Store) -> None:
    with pytest.raises(StoreError):
        await store.add_schedule(replace(TIDY, type="\ud800"))
    await store.add_schedule(TIDY)
    assert await store.schedules() == [TIDY]
