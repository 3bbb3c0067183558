"""What a store that keeps how runs went promises."""

import math

import pytest

from contract.conftest import Backend
from contract.stories import NOW, running
from jindu.core.eta.kept import PastRun
from jindu.core.eta.marks import Run
from jindu.store import runs
from jindu.store.contract import Store, StoreError
from jindu.store.runs import RunStore


def past(type: str, total: float, version: str = "v1") -> PastRun:
    return PastRun(type, version, Run((0.0, 0.25, *[math.nan] * 8), total, 12.0))


def totals(found: object) -> list[float]:
    return [one.run.total for one in found]  # type: ignore[attr-defined]


async def test_what_was_kept_is_read_in_its_order_after_reopening(backend: Backend) -> None:
    async with running(await backend()) as store:
        assert isinstance(store, RunStore)
        await store.keep_runs([past("bake", 3.0), past("wash", 1.5)])
        await store.keep_runs([past("bake", 2.0, "v2")])
    async with running(await backend()) as store:
        assert isinstance(store, RunStore)
        found = list(await store.past_runs())
    assert [(one.type, one.version, one.run.total, one.run.size) for one in found] == [
        ("bake", "v1", 3.0, 12.0), ("wash", "v1", 1.5, 12.0), ("bake", "v2", 2.0, 12.0),
    ]  # fmt: skip
    assert found[0].run.marks[:2] == (0.0, 0.25)
    assert all(map(math.isnan, found[0].run.marks[2:]))


async def test_the_newest_of_each_type_and_version_stay(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "KEPT_RUNS", 5)
    monkeypatch.setattr(runs, "KEPT_OF_TYPE", 8)
    assert isinstance(store, RunStore)
    await store.keep_runs([past("other", 9.0)])
    for number in range(1, 8):
        await store.keep_runs([past("bake", float(number))])
    assert totals(await store.past_runs()) == [9.0, 3.0, 4.0, 5.0, 6.0, 7.0]
    await store.keep_runs([past("bake", float(number), "v2") for number in range(11, 17)])
    assert totals(await store.past_runs()) == [9.0, 5.0, 6.0, 7.0, 12.0, 13.0, 14.0, 15.0, 16.0]


async def test_what_cannot_be_stored_is_refused_whole(store: Store) -> None:
    assert isinstance(store, RunStore)
    with pytest.raises(StoreError):
        await store.keep_runs([past("bake", 1.0), past("\ud800", 1.0)])
    assert not list(await store.past_runs())


async def test_it_outlives_the_jobs(store: Store) -> None:
    assert isinstance(store, RunStore)
    await store.keep_runs([past("bake", 1.0)])
    await store.sweep(NOW + 10**9)
    assert totals(await store.past_runs()) == [1.0]
