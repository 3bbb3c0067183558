"""The journal: head and visible, merging, refusals, the fence. The store is scripted, what it settles is the test's choice."""

import asyncio
from collections.abc import Callable, Iterator
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.scripted_store import ScriptedStore, turns
from jindu.bus.contract import Notice
from jindu.bus.local import LocalBus
from jindu.core import events as ev
from jindu.core.catalogue import CATALOGUE
from jindu.core.job import Job
from jindu.core.plan import Plan
from jindu.core.states import Kind, Phase
from jindu.engine.journal import Journal, UnknownJob
from jindu.engine.line import Hold
from jindu.store.contract import Conflict, Exists, StepDone, StorageFull, StoreBusy, StoreError

NOW = 1_800_000_000.0
PLAN = Plan.of(["read", "think", "write"])
serial = count(1)


class Desk:
    """A journal over a scripted store, with everything it published."""

    def __init__(self) -> None:
        self.store = ScriptedStore()
        bus = LocalBus()
        self.journal = Journal(self.store, bus)
        self.told: list[Notice] = []
        self.lost = 0
        bus.listen(self.told.append)

    async def submitted(self) -> Job:
        spec = ev.Submission(f"JOB{next(serial):023}", "work", b"{}", PLAN, NOW)
        task = asyncio.create_task(self.journal.submit(ev.Submitted(NOW, spec, NOW)))
        await turns()
        await self.store.keep_all()
        return await task

    async def claimed(self) -> Hold:
        job = await self.submitted()
        hold, future = self.journal.claim(job, ev.Claimed(NOW, "boot"), self.on_lost)
        await self.store.keep_all()
        await future
        return hold

    def on_lost(self) -> None:
        self.lost += 1

    def write(self, hold: Hold, *events: ev.Event) -> None:
        for event in events:
            self.journal.write(hold, event)

    def results(self) -> list[ev.Key]:
        return [event.key for event in self.store.kept if isinstance(event, ev.ResultKept)]


def result(key: str) -> ev.ResultKept:
    return ev.ResultKept(NOW, key, b"1")


def moved(percent: float, message: str | None = None) -> ev.Progressed:
    return ev.Progressed(NOW, percent, message)


def returned() -> ev.Returned:
    return ev.Returned(NOW, b"null")


@pytest.fixture
def desk() -> Desk:
    return Desk()


async def test_readers_see_a_change_only_when_it_is_committed(desk: Desk) -> None:
    hold = await desk.claimed()
    desk.write(hold, ev.StageEntered(NOW, 1), moved(40))
    seen, ahead = desk.journal.visible(hold.id), desk.journal.head(hold.id)
    assert seen is not None
    assert ahead is not None
    assert (seen.seq, seen.stage) == (2, "init")
    assert (ahead.seq, ahead.stage, ahead.progress) == (4, "think", 40.0)
    desk.store.keep()
    await turns()
    assert desk.journal.visible(hold.id) == desk.store.rows[hold.id]
    assert desk.store.rows[hold.id].stage == "think"


async def test_a_submit_is_seen_only_when_it_is_committed(desk: Desk) -> None:
    spec = ev.Submission("JOB-SEEN-LATE-0001", "work", b"{}", PLAN, NOW)
    task = asyncio.create_task(desk.journal.submit(ev.Submitted(NOW, spec, NOW)))
    await turns()
    assert desk.journal.visible(spec.id) is None
    assert not task.done()
    assert not desk.told
    await desk.store.keep_all()
    assert (await task).seq == 1
    assert [notice.seq for notice in desk.told] == [1]


async def test_what_is_read_is_never_ahead_of_what_was_told(desk: Desk) -> None:
    hold = await desk.claimed()
    end = desk.journal.end(hold, returned())
    desk.store.keep()  # in the store; the loop has not yet turned to tell it
    record = await desk.journal.read(hold.id)
    assert record is not None
    assert (record.job.is_completed, record.job) == (False, desk.journal.visible(hold.id))
    await end
    record = await desk.journal.read(hold.id)
    assert record is not None
    assert record.job.is_completed
    assert await desk.journal.read("no such job") is None


async def test_publishing_follows_the_commit_in_order(desk: Desk) -> None:
    hold = await desk.claimed()
    told = len(desk.told)
    desk.write(hold, result("a"), ev.Logged(NOW, "line"), result("b"))
    assert len(desk.told) == told
    desk.store.keep()
    await turns()
    assert [notice.event for notice in desk.told[told:]] == [result("a")]
    await desk.store.keep_all()
    assert [notice.seq for notice in desk.told] == [1, 2, 3, 4, 5]
    assert all(notice.job is not None and notice.job.seq == notice.seq for notice in desk.told)


async def test_adjacent_progress_merges_before_the_writer_takes_it(desk: Desk) -> None:
    hold = await desk.claimed()
    desk.write(hold, moved(10, "one"), moved(30), moved(20, "three"))
    assert len(desk.store.queue) == 1
    await desk.store.keep_all()
    row = desk.store.rows[hold.id]
    assert (row.seq, row.progress, row.message) == (3, 30.0, "three")


async def test_a_message_outlives_the_progress_it_came_with(desk: Desk) -> None:
    hold = await desk.claimed()
    desk.write(hold, moved(10, "reading"), moved(30))
    await desk.store.keep_all()
    assert desk.store.rows[hold.id].message == "reading"


async def test_progress_that_the_writer_has_taken_is_left_alone(desk: Desk) -> None:
    hold = await desk.claimed()
    desk.write(hold, moved(10))
    desk.store.take()
    desk.write(hold, moved(20), moved(30))
    await desk.store.keep_all()
    assert [event.percent for event in desk.store.kept if isinstance(event, ev.Progressed)] == [10, 30]
    assert desk.store.rows[hold.id].seq == 4


@pytest.mark.parametrize("between", [result("a"), ev.StageEntered(NOW, 2), ev.Logged(NOW, "line"), ev.CancelWished(NOW)])
async def test_progress_never_merges_across_another_event(desk: Desk, between: ev.Event) -> None:
    hold = await desk.claimed()
    desk.write(hold, moved(10), between, moved(90))
    await desk.store.keep_all()
    assert [event.kind for event in desk.store.kept[2:]] == [Kind.PROGRESS, between.kind, Kind.PROGRESS]


async def test_nothing_of_a_run_follows_its_end(desk: Desk) -> None:
    hold = await desk.claimed()
    desk.write(hold, moved(10))
    end = desk.journal.end(hold, returned())
    desk.write(hold, moved(90), result("late"))
    await desk.store.keep_all()
    assert (await end).phase is Phase.COMPLETED
    assert desk.store.kept[-1].kind is Kind.RETURN
    with pytest.raises(Conflict):
        desk.journal.end(hold, returned())


async def test_a_refused_change_returns_head_to_what_is_committed(desk: Desk) -> None:
    hold = await desk.claimed()
    desk.write(hold, moved(40))
    desk.store.refuse(StoreError("no stored form"))
    await turns()
    assert desk.journal.head(hold.id) == desk.journal.visible(hold.id) == desk.store.rows[hold.id]
    desk.write(hold, moved(50))
    await desk.store.keep_all()
    assert desk.store.rows[hold.id].progress == 50.0
    assert desk.store.rows[hold.id].seq == 3


@pytest.mark.parametrize("error", [StorageFull("full"), StoreError("no stored form"), StoreBusy("locked")])
async def test_what_lay_behind_a_refused_progress_is_not_lost(desk: Desk, error: StoreError) -> None:
    hold = await desk.claimed()
    desk.write(hold, moved(10))
    desk.store.take()
    desk.write(hold, result("a"), result("b"))
    end = desk.journal.end(hold, returned())
    desk.store.refuse(error)
    await turns()
    await desk.store.keep_all()
    desk.journal.tick(0)
    await desk.store.keep_all()
    assert desk.results() == ["a", "b"]
    assert (await asyncio.wait_for(end, 1)).phase is Phase.COMPLETED


@pytest.mark.parametrize("error", [StorageFull("full"), StoreError("no stored form"), StoreBusy("locked")])
async def test_a_refused_report_does_not_cost_the_run_its_job(desk: Desk, error: StoreError) -> None:
    hold = await desk.claimed()
    desk.write(hold, moved(10))
    desk.store.take()
    desk.write(hold, moved(20))
    desk.store.refuse(error)
    await turns()
    await desk.store.keep_all()
    assert desk.lost == 0


@pytest.mark.parametrize("error", [StorageFull, StoreBusy])
async def test_ends_and_results_wait_for_space_and_are_tried_again_in_order(desk: Desk, error: type[StoreError]) -> None:
    hold = await desk.claimed()
    desk.write(hold, result("a"), result("b"))
    end = desk.journal.end(hold, returned())
    for _ in range(3):
        desk.store.refuse(error())
        await turns()
    assert not end.done()
    assert desk.journal.visible(hold.id) == desk.store.rows[hold.id]
    desk.journal.tick(0)
    while desk.store.queue:  # still no space
        desk.store.refuse(error())
        await turns()
    desk.journal.release(hold)
    assert not end.done()
    desk.journal.tick(0)
    await desk.store.keep_all()
    assert desk.results() == ["a", "b"]
    assert (await end).phase is Phase.COMPLETED
    assert desk.journal.visible(hold.id) is None


@pytest.mark.parametrize("error", [StorageFull, StoreBusy])
async def test_handing_back_waits_for_the_store_and_is_no_failure(desk: Desk, error: type[StoreError]) -> None:
    hold = await desk.claimed()
    end = desk.journal.end(hold, ev.HandedBack(2.0))
    desk.store.refuse(error())
    await turns()
    assert not end.done()
    desk.journal.tick(0)
    await desk.store.keep_all()
    assert (await end).phase is Phase.PENDING


async def test_what_comes_while_space_lacks_keeps_its_place(desk: Desk) -> None:
    hold = await desk.claimed()
    desk.write(hold, result("a"), result("b"))
    desk.store.refuse(StorageFull())
    await turns()
    desk.write(hold, result("c"))
    end = desk.journal.end(hold, returned())
    await turns()
    for _ in range(3):
        await desk.store.keep_all()
        desk.journal.tick(0)
    await desk.store.keep_all()
    assert desk.results() == ["a", "b", "c"]
    assert (await asyncio.wait_for(end, 1)).phase is Phase.COMPLETED


async def test_progress_is_given_up_while_space_lacks(desk: Desk) -> None:
    hold = await desk.claimed()
    desk.write(hold, result("a"))
    desk.store.refuse(StorageFull())
    await turns()
    asked = desk.store.asked
    desk.write(hold, moved(10), moved(20))
    assert desk.store.asked == asked
    desk.journal.tick(0)
    await desk.store.keep_all()
    assert desk.results() == ["a"]


async def test_a_submit_refused_for_space_fails_and_leaves_nothing(desk: Desk) -> None:
    spec = ev.Submission("JOB-NO-SPACE-0001", "work", b"{}", PLAN, NOW)
    task = asyncio.create_task(desk.journal.submit(ev.Submitted(NOW, spec, NOW)))
    await turns()
    desk.store.refuse(StorageFull())
    with pytest.raises(StorageFull):
        await task
    assert desk.journal.head(spec.id) is None
    desk.journal.tick(0)
    assert not desk.store.queue


async def test_a_change_that_meets_another_is_decided_anew(desk: Desk) -> None:
    job = await desk.submitted()
    seen: list[int] = []

    def decide(job: Job) -> ev.Event:
        seen.append(job.seq)
        return ev.Changed(NOW, 7, ())

    task = asyncio.create_task(desk.journal.change(job.id, decide))
    await turns()
    desk.store.refuse(Conflict(job.id))
    await turns()
    await desk.store.keep_all()
    assert (await task).priority == 7
    assert seen == [1, 1]


async def test_a_change_that_always_meets_another_gives_up(desk: Desk) -> None:
    job = await desk.submitted()
    task = asyncio.create_task(desk.journal.change(job.id, lambda job: ev.Changed(NOW, 7, ())))
    refused = 0
    while not task.done():
        await turns()
        if desk.store.queue:
            desk.store.refuse(Conflict(job.id))
            refused += 1
    with pytest.raises(Conflict):
        await task
    assert 1 < refused < 20


async def test_a_change_may_leave_the_job_alone_or_refuse(desk: Desk) -> None:
    job = await desk.submitted()

    def refuse(job: Job) -> ev.Event:
        raise LookupError("no")

    assert await desk.journal.change(job.id, lambda job: None) == job
    with pytest.raises(LookupError, match="no"):
        await desk.journal.change(job.id, refuse)
    with pytest.raises(UnknownJob):
        await desk.journal.change("JOB-THAT-IS-NOT", lambda job: None)
    assert desk.journal.head(job.id) is None


async def test_changes_at_the_same_moment_build_on_each_other(desk: Desk) -> None:
    job = await desk.submitted()
    tasks = [asyncio.create_task(desk.journal.change(job.id, lambda job: ev.Changed(NOW, job.priority + 1, ()))) for _ in "abc"]
    await turns()
    await desk.store.keep_all()
    await asyncio.gather(*tasks)
    assert desk.store.rows[job.id].priority == 3
    assert desk.store.rows[job.id].seq == 4


async def test_a_caller_that_is_cancelled_does_not_cancel_the_commit(desk: Desk) -> None:
    job = await desk.submitted()
    task = asyncio.create_task(desk.journal.change(job.id, lambda job: ev.Changed(NOW, 7, ())))
    await turns()
    task.cancel()
    await turns()
    await desk.store.keep_all()
    assert task.cancelled()
    assert desk.store.rows[job.id].priority == 7
    assert desk.journal.head(job.id) is None


async def test_a_second_submit_of_an_id_in_motion_is_refused(desk: Desk) -> None:
    spec = ev.Submission("JOB-TWICE-00000001", "work", b"{}", PLAN, NOW)
    task = asyncio.create_task(desk.journal.submit(ev.Submitted(NOW, spec, NOW)))
    await turns()
    with pytest.raises(Exists):
        await desk.journal.submit(ev.Submitted(NOW, spec, NOW))
    await desk.store.keep_all()
    await task


async def test_writes_of_an_old_run_are_dropped(desk: Desk) -> None:
    old = await desk.claimed()
    body = CATALOGUE["JOB_INTERRUPTED"].body()
    change = asyncio.create_task(desk.journal.change(old.id, lambda job: ev.LeaseLost(NOW, body)))
    await turns()
    await desk.store.keep_all()
    desk.write(old, result("between"))
    new, future = desk.journal.claim(await change, ev.Claimed(NOW, "boot"), desk.on_lost)
    desk.write(old, result("old"), moved(50))
    desk.write(new, result("new"))
    await desk.store.keep_all()
    assert (await future).run == 2
    assert desk.results() == ["new"]
    with pytest.raises(Conflict):
        desk.journal.end(old, returned())
    with pytest.raises(Conflict):
        await desk.journal.step(old, "step", b"1")
    desk.journal.release(old)
    desk.write(new, result("more"))
    await desk.store.keep_all()
    assert desk.results() == ["new", "more"]


async def test_a_run_whose_write_meets_another_hears_that_it_is_lost(desk: Desk) -> None:
    hold = await desk.claimed()
    desk.write(hold, moved(10))
    desk.store.refuse(Conflict(hold.id))
    await turns()
    assert desk.lost == 1


async def test_a_step_moves_no_seq_and_sets_crashes_to_zero(desk: Desk) -> None:
    hold = await desk.claimed()
    task = asyncio.create_task(desk.journal.step(hold, "fetch", b"[1]"))
    await turns()
    change = desk.store.queue[0][0]
    assert isinstance(change, StepDone)
    assert (change.job, change.run, change.name, change.value) == (hold.id, 1, "fetch", b"[1]")
    assert not task.done()
    await desk.store.keep_all()
    await task
    desk.write(hold, moved(10))
    await desk.store.keep_all()
    assert desk.store.rows[hold.id].seq == 3
    assert desk.store.rows[hold.id].crashes == 0


async def test_memory_is_let_go_when_nothing_moves(desk: Desk) -> None:
    hold = await desk.claimed()
    assert desk.journal.visible(hold.id) is not None
    end = desk.journal.end(hold, returned())
    await desk.store.keep_all()
    await end
    desk.journal.release(hold)
    assert desk.journal.visible(hold.id) is None
    assert desk.journal.head(hold.id) is None
    assert desk.journal._lines == {}


async def test_a_released_job_stays_until_its_last_write_is_settled(desk: Desk) -> None:
    hold = await desk.claimed()
    desk.write(hold, moved(10))
    desk.journal.release(hold)
    assert desk.journal.visible(hold.id) is not None
    await desk.store.keep_all()
    assert desk.journal._lines == {}
    assert desk.store.rows[hold.id].progress == 10.0


ACTIONS = st.lists(
    st.sampled_from(["progress", "result", "log", "stage", "keep", "keep", "take", "full", "odd", "tick"]), max_size=40
)


@given(ACTIONS)
@settings(max_examples=150, deadline=None)
def test_whatever_is_refused_each_result_is_kept_once_in_order_and_the_end_last(actions: list[str]) -> None:
    asyncio.run(_play(actions))


async def _play(actions: list[str]) -> None:
    desk = Desk()
    hold = await desk.claimed()
    keys, stages, written = count(1), iter(range(3)), []
    act: dict[str, Callable[[], None]] = {
        "progress": lambda: desk.write(hold, moved(5)),
        "log": lambda: desk.write(hold, ev.Logged(NOW, "line")),
        "stage": lambda: _stage(desk, hold, stages),
        "take": desk.store.take,
        "tick": lambda: desk.journal.tick(0),
    }
    for action in actions:
        if action == "result":
            written.append(f"k{next(keys)}")
            desk.write(hold, result(written[-1]))
        elif action in act:
            act[action]()
        elif desk.store.queue:
            _settle(desk, action)
            await turns(2)
        assert desk.journal.visible(hold.id) == desk.store.rows[hold.id]
    end = desk.journal.end(hold, returned())
    for _ in range(3):
        await desk.store.keep_all()
        desk.journal.tick(0)
    await desk.store.keep_all()
    assert (await asyncio.wait_for(end, 1)).phase is Phase.COMPLETED
    assert desk.results() == written
    assert desk.store.kept[-1].kind is Kind.RETURN
    assert [notice.seq for notice in desk.told] == list(range(1, len(desk.told) + 1))
    assert [notice.event for notice in desk.told] == desk.store.kept
    assert desk.lost == 0
    desk.journal.release(hold)
    assert desk.journal._lines == {}


def _settle(desk: Desk, action: str) -> None:
    """What is queued was kept, or the disk was full, or (never for results) the change had no stored form."""
    change = desk.store.queue[0][0]
    kind = None if isinstance(change, StepDone) else change.event.kind
    if action == "keep" or (action == "odd" and kind is Kind.RESULT):
        desk.store.keep()
    else:
        desk.store.refuse(StorageFull() if action == "full" else StoreError("no stored form"))


def _stage(desk: Desk, hold: Hold, stages: Iterator[int]) -> None:
    head = desk.journal.head(hold.id)
    position = next(stages, None)
    if head is not None and position is not None and position > head.position:
        desk.write(hold, ev.StageEntered(NOW, position))
