"""The real store and the real engine against a plain model, in any order of things: submits, claims, reports, ends, cancels,
retries, deaths, expiry, cleanup, batches; closed and opened again, or left as a crash leaves them.

CHAOS_EXAMPLES (40) is how many lives are tried, CHAOS_STEPS (40) how long one is.
"""

import asyncio
import os
import random
import tempfile
from collections.abc import Callable, Coroutine, Iterator
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from engine.life import STAGES, House, HouseOnCluster, HouseOnRedis
from engine.life_model import Group, Held, Model
from jindu.core import events as ev
from jindu.core import ids
from jindu.core.job import Job, fold
from jindu.core.states import STATUS, Kind, Status
from jindu.engine import tallying
from jindu.engine.batches import Manifest, Order, Wanted
from jindu.engine.jobs import AlreadyEnded, KeyReused, NotEnded, NotRetryable, Options, RemovedJob, UnknownJob
from jindu.store.contract import Conflict
from support.redis import RedisCluster, RedisProcess

T = TypeVar("T")
EXAMPLES, STEPS = int(os.environ.get("CHAOS_EXAMPLES", "40")), int(os.environ.get("CHAOS_STEPS", "40"))
TYPES = st.sampled_from(["plain", "stubborn"])
FINAL = (Kind.RETURN, Kind.FAIL, Kind.CANCEL)
NOBODY = "NOBODY-NOBODY-NOBODY"
MEMORY = Path("/dev/shm")  # no crash here is one of the machine: where syncing costs nothing
RETRY_AFTER = 5.0  # seconds
pytestmark = [pytest.mark.promise("once"), pytest.mark.timeout(60 + EXAMPLES * 10)]


def chance() -> Callable[[], int]:
    """In the place of `ids._chance`, so that one life has the same ids each time it is lived."""
    return partial(random.Random(1).getrandbits, 128)


class Lives(RuleBasedStateMachine):
    house_on: type[House] = House

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None)
        self.runner = asyncio.Runner()
        ids._chance = chance()
        self.house, self.model = self.house_on(Path(self.folder.name)), Model()
        self.touched: set[str] = set()
        self.next_sweep = 0.0
        self.do(self.house.open())

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        """Run to the end, and until all that follows from it is kept."""

        async def settled() -> T:
            result = await work
            await self.house.settled()
            return result

        return self.runner.run(settled())

    def teardown(self) -> None:
        try:
            self.touched = set(self.model.jobs)
            self.everything_agrees()
        finally:
            self.runner.run(self.house.close())
            self.runner.close()
            self.folder.cleanup()

    # -- choosing ----------------------------------------------------------------------------------------------

    def pick(self, data: st.DataObject, jobs: list[Held]) -> Held:
        job = self.model.jobs[data.draw(st.sampled_from([job.id for job in jobs]))]
        self.touched.add(job.id)
        return job

    @property
    def all(self) -> list[Held]:
        return list(self.model.jobs.values())

    @property
    def running(self) -> list[Held]:
        return [job for job in self.all if job.id in self.house.holds]

    @property
    def wall(self) -> float:
        return self.house.clock.wall()

    @property
    def due(self) -> list[Held]:
        return sorted((j for j in self.all if j.phase == "pending" and j.due_at <= self.wall), key=lambda j: j.place)

    # -- making ------------------------------------------------------------------------------------------------

    @rule(
        type=TYPES,
        key=st.sampled_from([None, None, "k1", "k2"]),
        n=st.integers(0, 1),
        priority=st.sampled_from([0, 0, 60, -60]),
        delay=st.sampled_from([0.0, 0.0, 50.0]),
        expires_in=st.sampled_from([None, None, 90.0]),
    )
    def submit(self, type: str, key: str | None, n: int, priority: int, delay: float, expires_in: float | None) -> None:
        asked = (n, priority, delay, expires_in)
        options = Options(key=key, priority=priority, delay=delay, expires_in=expires_in)
        work = self.house.jobs.offer(self.house.jobs.type(type), b'{"n":%d}' % n, options)
        there = None if key is None else self.model.of_key(type, key)
        if key is not None and there is None and (type, key) in self.model.buried_keys:
            with pytest.raises(RemovedJob):
                self.do(work)
        elif there is not None and there.asked != asked:
            with pytest.raises(KeyReused):
                self.do(work)
        else:
            job, new = self.do(work)
            assert new == (there is None)
            if there is None:
                self.born(job, asked)
            else:
                assert job.id == there.id

    def born(self, job: Job, asked: object, **given: Any) -> None:
        spec = job.spec
        self.model.born(
            Held(
                job.id, spec.type, asked, spec.created_at, job.due_at, job.priority, spec.expires_at, spec.key, **given
            )
        )  # fmt: skip
        self.touched.add(job.id)

    @rule(types=st.lists(TYPES, min_size=1, max_size=3))
    def submit_a_batch(self, types: list[str]) -> None:
        wanted = [Wanted(self.house.jobs.type(type), b"{}", Options()) for type in types]
        batch, new = self.do(self.house.batches.offer(Order(wanted, ",".join(types).encode())))
        assert new
        members = [job_id for job_id in Manifest.of(batch).jobs if job_id]
        for job_id in members:
            self.born(self.do(self.house.jobs.read(job_id)).job, None, batch=batch.id)
        assert batch.id not in self.model.ever
        self.model.ever.add(batch.id)
        self.model.batches[batch.id] = Group(batch.id, members)

    # -- running -----------------------------------------------------------------------------------------------

    @precondition(lambda self: self.due)
    @rule()
    def claim(self) -> None:
        first = self.due[0]
        assert [job.id for job in self.do(self.house.ready())] == [job.id for job in self.due]
        self.do(self.house.claim(first.id))
        first.moved("running")
        first.run += 1
        self.touched.add(first.id)

    @precondition(lambda self: self.running)
    @rule(data=st.data(), what=st.sampled_from(["result", "result", "log", "stage", "progress"]))
    def report(self, data: st.DataObject, what: str) -> None:
        job = self.pick(data, self.running)
        event: ev.Event = ev.Logged(self.wall, "a line")
        if what == "result":
            event = ev.ResultKept(self.wall, f"key{len(job.results)}", b"1")
            job.results.append(event.key)
        elif what == "stage" and job.position + 1 < STAGES:
            job.position += 1
            event = ev.StageEntered(self.wall, job.position)
        elif what == "progress":
            event = ev.Progressed(self.wall, data.draw(st.floats(-10, 120)), data.draw(st.none() | st.just("near")))
        job.moved()
        self.do(self.written(job.id, event))

    async def written(self, job_id: str, *events: ev.Event) -> None:
        for event in events:
            self.house.journal.write(self.house.holds[job_id], event)

    @precondition(lambda self: self.running)
    @rule(data=st.data(), number=st.integers(2, 12))
    def report_fast(self, data: st.DataObject, number: int) -> None:
        """Progress that the writer has not taken yet becomes one change; the last figure stands."""
        job = self.pick(data, self.running)
        self.do(self.written(job.id, *[ev.Progressed(self.wall, job.shown + place / 100, None) for place in range(number)]))
        seq = self.do(self.house.jobs.read(job.id)).job.seq
        assert job.seq < seq <= job.seq + number
        job.seq = seq

    @precondition(lambda self: self.running)
    @rule(data=st.data())
    def keep_a_step(self, data: st.DataObject) -> None:
        job = self.pick(data, self.running)
        name = f"step{len(job.steps)}"
        self.do(self.house.journal.step(self.house.holds[job.id], name, b"1"))
        job.steps.add(name)
        job.crashes = 0

    @precondition(lambda self: self.running)
    @rule(data=st.data(), how=st.sampled_from(["return", "fail", "retry", "cancel", "hand back"]))
    def end(self, data: st.DataObject, how: str) -> None:
        job = self.pick(data, self.running)
        error = self.house.app.errors.body("NETWORK_ERROR", id="e")
        at = self.wall
        wished = job.phase == "cancelling"
        again = how == "retry" and job.attempt < job.max_attempts
        events: dict[str, tuple[ev.Event, str]] = {
            "return": (ev.Returned(at, b'"done"'), "completed"),
            "cancel": (ev.Cancelled(at, self.house.app.errors.body("JOB_CANCELLED", id="e")), "cancelled"),
            "hand back": (ev.HandedBack(at), "cancelled" if wished else "pending"),
        }
        event, phase = events.get(how, (ev.Failed(at, error), "cancelled" if wished else "failed"))
        if again:
            event = ev.RetryScheduled(at, at + RETRY_AFTER, error, keep_floor=bool(job.steps))
            if not wished:
                phase, job.attempt, job.due_at = "pending", job.attempt + 1, at + RETRY_AFTER
                if not job.steps:
                    job.position, job.shown = -1, 0.0
        job.moved(phase)
        self.do(self.ended(job.id, event))
        self.house.release(job.id)

    async def ended(self, job_id: str, event: ev.Event) -> None:
        hold = self.house.holds[job_id]
        await self.house.journal.end(hold, event)
        with pytest.raises(Conflict):  # a second end finds no job of its own
            await self.house.journal.end(hold, event)

    # -- wishes of people --------------------------------------------------------------------------------------

    @precondition(lambda self: self.model.jobs)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        job = self.pick(data, self.all)
        if job.phase in ("completed", "failed"):
            with pytest.raises(AlreadyEnded):
                self.do(self.house.jobs.cancel(job.id))
            return
        self.do(self.house.jobs.cancel(job.id))
        self.wished(job)

    def wished(self, job: Held) -> None:
        if job.phase in ("pending", "running"):
            job.moved({"pending": "cancelled", "running": "cancelling"}[job.phase])
            self.touched.add(job.id)

    @precondition(lambda self: self.model.batches)
    @rule(data=st.data())
    def cancel_a_batch(self, data: st.DataObject) -> None:
        batch = self.model.batches[data.draw(st.sampled_from([*self.model.batches]))]
        if batch.over:
            with pytest.raises((AlreadyEnded, UnknownJob)) if self.how_ended(batch) != "cancelled" else _nothing():
                self.do(self.house.batches.cancel(batch.id))
            return
        self.do(self.house.batches.cancel(batch.id))
        batch.wished = True
        for member in batch.members:
            self.wished(self.model.jobs[member])

    def how_ended(self, batch: Group) -> str | None:
        record = self.do(self.house.store.read(batch.id))
        return None if record is None else record.job.phase.value

    @precondition(lambda self: self.model.jobs)
    @rule(data=st.data(), from_start=st.booleans())
    def retry_by_hand(self, data: st.DataObject, from_start: bool) -> None:
        old = self.pick(data, self.all)
        work = self.house.jobs.retry(old.id, from_start=from_start)
        if old.phase not in ("failed", "cancelled"):
            with pytest.raises(NotRetryable):
                self.do(work)
            return
        job, new = self.do(work)
        assert new == (old.retried_by not in self.model.jobs)
        if new:
            self.born(job, None, steps=set() if from_start else set(old.steps))
            old.retried_by = job.id
        else:
            assert job.id == old.retried_by

    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        job_id = data.draw(st.sampled_from([*self.model.jobs, *self.model.removed, NOBODY]))
        work = self.house.jobs.remove(job_id)
        if job_id in self.model.jobs:
            if self.model.removable(self.model.jobs[job_id]):
                self.do(work)
                self.model.bury(job_id)
            else:
                with pytest.raises(NotEnded):
                    self.do(work)
        else:
            with pytest.raises(RemovedJob if job_id in self.model.removed else UnknownJob):
                self.do(work)

    # -- time, deaths ------------------------------------------------------------------------------------------

    @rule(seconds=st.sampled_from([1.0, 10.0, 60.0, 200.0]))
    def time_passes(self, seconds: float) -> None:
        self.house.clock.advance(seconds)

    @rule(hours=st.sampled_from([2, -2]))
    def the_clock_is_set(self, hours: int) -> None:
        self.house.clock.jump(hours * 3600.0)

    @rule()
    def look_after(self) -> None:
        now = self.house.clock.monotonic()
        self.do(self.house.upkeep.tick(now))
        for job in self.all:
            if job.phase == "pending" and job.expires_at is not None and job.expires_at <= self.wall:
                job.moved("failed")
                self.touched.add(job.id)
        self.check_touched()  # what has just ended has its time of end from here on
        if now >= self.next_sweep:
            self.next_sweep = now + 30
            kept_for = {job.id: (job.finished_at or 0) + job.keep_for for job in self.all if self.model.removable(job)}
            for job_id, until in kept_for.items():
                if until <= self.wall:
                    self.model.bury(job_id)

    @precondition(lambda self: self.running)
    @rule(data=st.data())
    def lose_a_lease(self, data: st.DataObject) -> None:
        """The job is taken back while its run still thinks that it has it."""
        job = self.pick(data, self.running)
        self.do(self.house.journal.change(job.id, self.house.upkeep._taken_back))
        job.lost()
        self.house.release(job.id)

    @precondition(lambda self: self.house.stale)
    @rule(data=st.data())
    def a_run_that_lost_its_job_writes(self, data: st.DataObject) -> None:
        hold = data.draw(st.sampled_from(self.house.stale))
        self.touched |= {hold.id} & set(self.model.jobs)
        self.do(self.refused(hold))

    async def refused(self, hold: Any) -> None:
        self.house.journal.write(hold, ev.ResultKept(self.wall, "stale", b"1"))
        with pytest.raises(Conflict):
            await self.house.journal.step(hold, "stale", b"1")
        with pytest.raises(Conflict):
            await self.house.journal.end(hold, ev.Returned(self.wall, b"1"))

    @rule()
    def close_and_open(self) -> None:
        self.do(self.house.close())
        self.opened_anew()

    @rule()
    def crash(self) -> None:
        self.do(self.house.crash())
        self.opened_anew()

    @precondition(lambda self: self.running)
    @rule(data=st.data(), number=st.integers(1, 5))
    def crash_while_writing(self, data: st.DataObject, number: int) -> None:
        """What nobody was told of may be there or not; never the later without the earlier."""
        job = self.pick(data, self.running)
        keys = [f"key{len(job.results) + place}" for place in range(number)]

        async def dies() -> None:
            await self.written(job.id, *[ev.ResultKept(self.wall, key, b"1") for key in keys])
            for _ in range(data.draw(st.integers(0, 3))):
                await asyncio.sleep(0)
            await self.house.crash()

        self.do(dies())
        self.opened_anew(in_flight=(job, keys))

    def opened_anew(self, in_flight: tuple[Held, list[str]] | None = None) -> None:
        held = [job for job in self.all if job.phase in ("running", "cancelling")]
        self.do(self.house.open())
        self.next_sweep = 0.0
        if in_flight is not None:
            job, keys = in_flight
            kept = [one.key for one in self.do(self.house.jobs.results(job.id))][len(job.results) :]
            assert kept == keys[: len(kept)]
            job.results += kept
            job.seq += len(kept)
        for job in held:
            job.lost()
        assert len(self.house.epochs) == 1, "clients need not forget"
        assert len(self.house.boots) == self.house.opened
        self.touched = set(self.model.jobs)

    # -- what always holds -------------------------------------------------------------------------------------

    @invariant()
    def everything_agrees(self) -> None:
        self.check_touched()
        self.do(self.batches_agree())
        counts = self.do(self.house.store.counts())
        assert counts == {s: sum(job.status == s.value for job in self.all) for s in Status}

    def check_touched(self) -> None:
        for job_id in self.touched & set(self.model.jobs):
            self.do(self.agrees(self.model.jobs[job_id]))
        self.touched = set()
        for job_id in self.model.removed:
            assert job_id not in self.model.jobs
        if self.model.removed:
            self.do(self.gone(self.model.removed[-1]))

    async def gone(self, job_id: str) -> None:
        assert await self.house.store.read(job_id) is None
        assert await self.house.store.tombstone(job_id)

    async def agrees(self, held: Held) -> None:
        record = await self.house.jobs.read(held.id)
        job = record.job
        shown = (job.phase.value, job.seq, job.run, job.attempt, job.crashes, job.position)
        assert shown == (held.phase, held.seq, held.run, held.attempt, held.crashes, held.position), held.id
        await self._status_agrees(held, job, record.result)
        assert [one.key for one in await self.house.jobs.results(held.id)] == held.results
        assert len(set(held.results)) == len(held.results) == job.results
        assert set(await self.house.store.steps(held.id)) == held.steps
        await self._log_agrees(held, job)

    async def _status_agrees(self, held: Held, job: Job, result: bytes | None) -> None:
        """Status, stage, progress and is_completed say the same (B2), and nothing falls within an attempt."""
        assert job.status is STATUS[job.phase]
        assert job.status.value == held.status
        assert job.is_completed == held.over == (job.finished_at is not None)
        assert (result is not None) == (held.phase == "completed")
        if held.over:
            assert (job.stage, job.progress) == (held.phase, 100.0 if held.phase == "completed" else 0.0)
            assert (job.error is None) == (held.phase == "completed")
            assert job.holder is None
        else:
            assert 0 <= held.shown <= job.progress < 100
            held.shown = job.progress
            assert (job.holder == self.house.store.boot) == (job.phase.value in ("running", "cancelling"))
        assert job.updated_at >= held.updated_at
        assert held.finished_at in (None, job.finished_at), "an end is for ever"
        held.updated_at, held.finished_at = job.updated_at, job.finished_at

    async def _log_agrees(self, held: Held, job: Job) -> None:
        entries = await self.house.jobs.log(held.id, 0, 1000)
        seqs = [entry.seq for entry in entries]
        assert seqs == sorted(set(seqs))
        assert seqs[-1] == job.seq
        assert sum(entry.event.kind in FINAL for entry in entries) <= 1
        folded = fold(entry.event for entry in entries)
        assert folded is not None
        facts = ("phase", "run", "attempt", "position", "floor", "message", "results", "lines", "finished_at", "updated_at")
        assert [getattr(folded, name) for name in facts] == [getattr(job, name) for name in facts]
        told = [notice for notice in self.house.told[held.id] if notice.job is not None]
        assert told, "nobody heard of it"
        assert told[-1].seq <= job.seq, "told before it was kept"
        assert sum(notice.job is not None and notice.job.is_completed for notice in told) <= 1

    async def batches_agree(self) -> None:
        for batch in self.model.batches.values():
            if batch.over:
                continue
            await self.house.settled()
            job = (await self.house.batches.read(batch.id)).job
            assert job.tally is not None
            assert job.tally._asdict() == self.model.tally(batch)
            end = self.model.end_of(batch)
            assert job.is_completed == (end is not None)
            if end is not None:
                assert job.phase.value == end
                batch.over = True


class _nothing:
    """A context in which nothing need be raised."""

    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None: ...


@pytest.fixture(autouse=True)
def _no_pauses_no_chance(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tallying, "INTERVAL", 0.0)
    monkeypatch.setattr(ids, "_chance", chance())


class LivesOnRedis(Lives):
    house_on = HouseOnRedis


class LivesOnCluster(Lives):
    house_on = HouseOnCluster


@pytest.fixture(autouse=True, scope="module")
def _redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with (
        RedisProcess(tmp_path_factory.mktemp("redis")) as HouseOnRedis.process,
        RedisCluster(tmp_path_factory.mktemp("cluster")) as HouseOnCluster.process,
    ):
        yield


LIFE = {"stateful_step_count": STEPS, "deadline": None, "suppress_health_check": list(HealthCheck)}
TestLives = Lives.TestCase
TestLives.settings = settings(max_examples=EXAMPLES, **LIFE)
TestLivesOnRedis = LivesOnRedis.TestCase
TestLivesOnRedis.settings = settings(max_examples=(EXAMPLES + 1) // 2, **LIFE)
TestLivesOnCluster = LivesOnCluster.TestCase
TestLivesOnCluster.settings = settings(max_examples=(EXAMPLES + 3) // 4, **LIFE)
