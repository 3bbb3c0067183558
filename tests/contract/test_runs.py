"""What a store that keeps how runs went promises."""

import math
from collections.abc import Iterable

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


def totals(found: Iterable[PastRun]) -> dict[tuple[str, str], list[float]]:
    listed: dict[tuple[str, str], list[float]] = {}
    for one in found:
        listed.setdefault((one.type, one.version), []).append(one.run.total)
    return listed


async def test_what_was_kept_is_read_in_its_order_after_reopening(backend: Backend) -> None:
    async with running(await backend()) as store:
        assert isinstance(store, RunStore)
        assert not list(await store.past_runs())
        await store.keep_runs([past("bake", 3.0), past("wäsche", 1.5), past("bake", 4.0)])
        await store.keep_runs([past("bake", 2.0, "v2"), past("bake", 1.0)])
    async with running(await backend()) as store:
        assert isinstance(store, RunStore)
        found = list(await store.past_runs())
    assert totals(found) == {("bake", "v1"): [3.0, 4.0, 1.0], ("wäsche", "v1"): [1.5], ("bake", "v2"): [2.0]}
    assert found[0].run.size == 12.0
    assert found[0].run.marks[:2] == (0.0, 0.25)
    assert all(map(math.isnan, found[0].run.marks[2:]))


async def test_the_newest_of_each_type_and_version_stay(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "KEPT_RUNS", 5)
    monkeypatch.setattr(runs, "KEPT_VERSIONS", 2)
    assert isinstance(store, RunStore)
    await store.keep_runs([past("other", 9.0)])
    for number in range(1, 8):
        await store.keep_runs([past("bake", float(number))])
    kept = {("other", "v1"): [9.0], ("bake", "v1"): [3.0, 4.0, 5.0, 6.0, 7.0]}
    assert totals(await store.past_runs()) == kept
    await store.keep_runs([past("bake", float(number), "v2") for number in range(11, 18)])
    assert totals(await store.past_runs()) == {**kept, ("bake", "v2"): [13.0, 14.0, 15.0, 16.0, 17.0]}
    await store.keep_runs([past("bake", 8.0)])
    await store.keep_runs([past("bake", 21.0, "v3")])
    assert totals(await store.past_runs()) == {
        ("other", "v1"): [9.0], ("bake", "v1"): [4.0, 5.0, 6.0, 7.0, 8.0], ("bake", "v3"): [21.0],
    }  # fmt: skip


async def test_what_cannot_be_stored_is_refused_whole(store: Store) -> None:
    assert isinstance(store, RunStore)
    with pytest.raises(StoreError):
        await store.keep_runs([past("bake", 1.0), past("\ud800", 1.0)])
    assert not list(await store.past_runs())


async def test_it_outlives_the_jobs(store: Store) -> None:
    assert isinstance(store, RunStore)
    await store.keep_runs([past("bake", 1.0)])
    await store.sweep(NOW + 10**9)
    assert totals(await store.past_runs()) == {("bake", "v1"): [1.0]}
