"""The store against a plain model: legal histories with random conflicting changes, in random groups, reopened at random."""

import asyncio
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contract.conftest import STORES
from contract.stories import ERROR, NOW, outcomes, running, submit
from jindu.core import events as ev
from jindu.core.clock import ManualClock
from jindu.core.job import Job, evolve, fold
from jindu.core.states import HELD, TABLE, Kind
from jindu.store.contract import Change, Conflict, Exists, Moved, Record, StepDone, Store, StoreError
from jindu.store.opener import open_store
from support.redis import RedisCluster, RedisProcess

EVENTS: dict[Kind, Callable[[Job, float, Any], ev.Event]] = {
    Kind.CLAIM: lambda job, at, pick: ev.Claimed(at, "boot"),
    Kind.STAGE: lambda job, at, pick: ev.StageEntered(at, job.position + 1),
    Kind.PROGRESS: lambda job, at, pick: ev.Progressed(at, pick(st.floats(0, 120)), pick(st.none() | st.text(max_size=3))),
    Kind.RESULT: lambda job, at, pick: ev.ResultKept(at, pick(st.integers(0, 2) | st.sampled_from(["a", "1"])), b"[1]"),
    Kind.LOG: lambda job, at, pick: ev.Logged(at, pick(st.sampled_from(["", "line", "行"]))),
    Kind.CHANGE: lambda job, at, pick: ev.Changed(at, pick(st.integers(-5, 5)), tuple(pick(st.sets(st.sampled_from("abc"))))),
    Kind.RETRY: lambda job, at, pick: ev.RetryScheduled(at, at + 9, ERROR, pick(st.booleans())),
    Kind.HAND_BACK: lambda job, at, pick: ev.HandedBack(at),
    Kind.LOST: lambda job, at, pick: ev.LeaseLost(at, ERROR),
    Kind.WISH: lambda job, at, pick: ev.CancelWished(at, pick(st.sampled_from([None, "why"]))),
    Kind.RETURN: lambda job, at, pick: ev.Returned(at, b'{"r":1}'),
    Kind.FAIL: lambda job, at, pick: ev.Failed(at, ERROR),
    Kind.CANCEL: lambda job, at, pick: ev.Cancelled(at, ERROR),
}


@dataclass
class Model:
    """What a store must hold, in dicts."""

    jobs: dict[str, Job] = field(default_factory=dict)
    past: dict[str, list[Job]] = field(default_factory=dict)
    seqs: dict[str, list[tuple[int, Kind]]] = field(default_factory=dict)
    steps: dict[str, dict[str, bytes]] = field(default_factory=dict)

    def settle(self, change: Change) -> type[StoreError] | None:
        if isinstance(change, StepDone):
            return self._step(change)
        spec, before = change.job.spec, change.before
        there = self.jobs.get(spec.id)
        if before is None:
            if there or any(spec.key and job.spec.key == spec.key for job in self.jobs.values()):
                return Exists
            self.past[spec.id], self.seqs[spec.id], self.steps[spec.id] = [], [], {}
        elif there is None or (there.seq, there.run) != (before.seq, before.run):
            return Conflict
        crashes = change.job.crashes - (before.crashes if before else 0) + (there.crashes if there else 0)
        self.jobs[spec.id] = replace(change.job, crashes=crashes)
        self.past[spec.id].append(self.jobs[spec.id])
        log = self.seqs[spec.id]
        if change.event.kind is Kind.PROGRESS:
            log[:] = [one for one in log if one[1] is not Kind.PROGRESS]
        log.append((change.job.seq, change.event.kind))
        return None

    def _step(self, step: StepDone) -> type[StoreError] | None:
        job = self.jobs.get(step.job)
        if job is None or job.run != step.run or job.phase not in HELD:
            return Conflict
        if step.name not in self.steps[step.job]:
            self.steps[step.job][step.name] = step.value
            self.jobs[step.job] = replace(job, crashes=0)
        return None


def legal(job: Job, pick: Any) -> Moved | None:
    """A change that may follow; None if the job is over."""
    kinds = sorted(kind for phase, kind in TABLE if phase is job.phase)
    if job.position + 1 >= len(job.spec.plan.stages):
        kinds = [kind for kind in kinds if kind is not Kind.STAGE]
    if not kinds:
        return None
    event = EVENTS[pick(st.sampled_from(kinds))](job, NOW + pick(st.integers(0, 50)), pick)
    return Moved(job, evolve(job, event), event)


def draw_change(model: Model, pick: Any) -> Change | None:
    """Mostly a legal next change; now and then a new job, a step, a taken key or id, a change from a past state."""
    what = pick(st.sampled_from(["move"] * 8 + ["new", "step", "step", "twin", "stale"]))
    if what == "new" or not model.jobs:
        return submit(key=pick(st.sampled_from([None, None, "k1", "k2"])), tags=tuple(pick(st.sets(st.sampled_from("ab")))))
    job = model.jobs[pick(st.sampled_from(sorted(model.jobs)))]
    if what == "twin":
        return submit(id=job.id)
    if what == "step":
        return StepDone(job.id, job.run - pick(st.sampled_from([0, 0, 1])), pick(st.sampled_from("xyz")), b"1")
    return legal(pick(st.sampled_from(model.past[job.id])) if what == "stale" else job, pick)


async def hold_against(store: Store, model: Model) -> None:
    for job_id, job in model.jobs.items():
        record = await store.read(job_id)
        assert record == Record(job, b'{"r":1}' if job.result_size else None)
        entries = await store.log(job_id)
        assert [(entry.seq, entry.event.kind) for entry in entries] == model.seqs[job_id]
        folded = fold(entry.event for entry in entries)
        assert folded is not None
        assert replace(folded, seq=job.seq, crashes=job.crashes) == job
        assert await store.steps(job_id) == model.steps[job_id]
    seen = await store.examine(0, 1_000)
    assert {one.id: one.row for one in seen} == model.jobs
    assert not [one for one in seen if one.wrong or one.problem]


async def play(open_again: Callable[[], Any], pick: Any) -> None:
    model = Model()
    for _ in range(pick(st.integers(1, 3))):
        async with running(await open_again()) as store:
            for _ in range(pick(st.integers(1, 4))):
                group, expected = [], []
                for _ in range(pick(st.integers(1, 14))):
                    change = draw_change(model, pick)
                    if change is not None:
                        group.append(change)
                        expected.append(model.settle(change))
                assert await outcomes(store, group) == expected
            await hold_against(store, model)


@pytest.mark.parametrize("backend_name", STORES)
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_the_store_is_the_model(backend_name: str, request: pytest.FixtureRequest, data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder)}/jindu.db"
        if STORES[backend_name]:
            process: RedisProcess | RedisCluster = request.getfixturevalue(STORES[backend_name])
            process.client.flushall()
            url = process.url
        asyncio.run(play(lambda: open_store(url, ManualClock()), data.draw))
