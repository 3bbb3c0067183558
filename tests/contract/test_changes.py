"""The promises of `Store.commit`."""

import asyncio
from dataclasses import replace

import pytest

from contract.conftest import Backend
from contract.stories import ERROR, NOW, kept, move, moves, outcomes, running, submit
from jindu.core import events as ev
from jindu.core.job import Job, fold
from jindu.core.states import Phase
from jindu.store.contract import Conflict, Exists, Kept, Moved, Record, StepDone, Store, StoreError

CLAIM = ev.Claimed(NOW + 1, "boot-1")


def a_whole_life(job: Job) -> list[Moved]:
    """Every kind of event but the other ends."""
    return moves(
        job,
        ev.Changed(NOW + 0.5, 7, ("b", "c")),
        CLAIM,
        ev.StageEntered(NOW + 2, 0),
        ev.Progressed(NOW + 3, 11.5, "一半"),
        ev.ResultKept(NOW + 4, "deepseek", b'{"score":1}'),
        ev.Logged(NOW + 5, "a line"),
        ev.RetryScheduled(NOW + 6, NOW + 60, ERROR, keep_floor=True),
        ev.Claimed(NOW + 61, "boot-1"),
        ev.HandedBack(NOW + 62),
        ev.Claimed(NOW + 63, "boot-1"),
        ev.LeaseLost(NOW + 64, ERROR),
        ev.Claimed(NOW + 65, "boot-2"),
        ev.StageEntered(NOW + 66, 2),
        ev.ResultKept(NOW + 67, 2, b"[2]"),
        ev.CancelWished(NOW + 68, "had enough"),
        ev.Returned(NOW + 69, b'{"all":"done"}'),
    )


async def test_read_gives_what_was_committed_at_every_step(store: Store) -> None:
    new = submit(
        owner="ann", key="k", tags=("a", "b"), priority=3, max_attempts=4, keep_for=5, expires_at=NOW + 9, due_at=NOW + 0.25
    )
    for change in [new, *a_whole_life(new.job)]:
        await store.commit(change)
        found = await store.read(change.job.id)
        assert found is not None
        assert found.job == change.job
    assert found == Record(change.job, b'{"all":"done"}')


@pytest.mark.parametrize("end", [ev.Failed(NOW, ERROR), ev.Cancelled(NOW, ERROR)])
async def test_other_ends_have_no_result(store: Store, end: ev.Event) -> None:
    new = submit()
    job = await kept(store, new, *moves(new.job, CLAIM, end))
    assert await store.read(job.id) == Record(job, None)
    assert [entry.event for entry in await store.log(job.id)] == [new.event, CLAIM, end]


async def test_a_whole_life_in_one_group(store: Store) -> None:
    new = submit(tags=("a",))
    job = await kept(store, new, *a_whole_life(new.job))
    assert await store.read(job.id) == Record(job, b'{"all":"done"}')
    entries = await store.log(job.id)
    assert [entry.seq for entry in entries] == list(range(1, job.seq + 1))
    assert fold(entry.event for entry in entries) == job


async def test_what_is_committed_is_there_after_reopening(backend: Backend) -> None:
    async with running(await backend()) as store:
        epoch, boot = store.epoch, store.boot
        new = submit()
        job = await kept(store, new, *a_whole_life(new.job))
        log = await store.log(job.id)
    async with running(await backend()) as store:
        assert await store.read(job.id) == Record(job, b'{"all":"done"}')
        assert await store.log(job.id) == log
        assert store.epoch == epoch
        assert store.boot != boot


async def test_a_move_from_another_seq_or_run_conflicts(store: Store) -> None:
    new = submit()
    claimed = move(new.job, CLAIM)
    await kept(store, new, claimed)
    with pytest.raises(Conflict):
        await store.commit(move(new.job, ev.Cancelled(NOW, ERROR)))
    with pytest.raises(Conflict):
        await store.commit(move(replace(claimed.job, run=7), ev.Logged(NOW, "")))
    with pytest.raises(Conflict):
        await store.commit(move(replace(claimed.job, spec=replace(new.job.spec, id="X" * 26)), ev.Logged(NOW, "")))
    assert await store.read(new.job.id) == Record(claimed.job)
    assert len(await store.log(new.job.id)) == 2


async def test_a_taken_id_exists(store: Store) -> None:
    first = submit(id="mine-0123456789abcdef")
    await kept(store, first)
    with pytest.raises(Exists) as caught:
        await store.commit(submit(id="mine-0123456789abcdef", type="other"))
    assert caught.value.id == "mine-0123456789abcdef"


@pytest.mark.parametrize("owner", [None, "ann", ""])
async def test_a_taken_key_exists(store: Store, owner: str | None) -> None:
    first = submit(owner=owner, key="k")
    await kept(store, first, submit(owner="bob", key="k"), submit(owner=owner, key="k", type="other"), submit(owner=owner))
    with pytest.raises(Exists) as caught:
        await store.commit(submit(owner=owner, key="k"))
    assert caught.value.id == first.job.id


async def test_a_key_stays_taken_after_the_end(store: Store) -> None:
    first = submit(key="k")
    await kept(store, first, *moves(first.job, ev.Cancelled(NOW, ERROR)))
    assert await outcomes(store, [submit(key="k")]) == [Exists]


async def test_only_the_guilty_of_a_group_fail(store: Store) -> None:
    old = submit(key="taken")
    await kept(store, old)
    good, twin = submit(), submit(id="twin-twin-twin-twin")
    group = [
        submit(key="taken"),
        good,
        twin,
        submit(id="twin-twin-twin-twin"),
        *moves(good.job, CLAIM, ev.Progressed(NOW, 5)),
        move(good.job, ev.Cancelled(NOW, ERROR)),
        StepDone(good.job.id, 1, "one", b"1"),
        StepDone(good.job.id, 2, "two", b"2"),
        move(old.job, ev.Claimed(NOW, "boot")),
        submit(key="fresh"),
        submit(key="fresh"),
    ]
    assert await outcomes(store, group) == [
        Exists, None, None, Exists, None, None, Conflict, None, Conflict, None, None, Exists,
    ]  # fmt: skip
    assert await store.steps(good.job.id) == {"one": b"1"}
    assert [entry.seq for entry in await store.log(good.job.id)] == [1, 2, 3]


async def test_what_stands_on_a_failed_change_fails_too(store: Store) -> None:
    await kept(store, submit(key="taken"))
    new = submit(key="taken")
    assert await outcomes(store, [new, *moves(new.job, CLAIM)]) == [Exists, Conflict]
    assert await store.read(new.job.id) is None
    assert not await store.log(new.job.id)


@pytest.mark.parametrize(
    "event",
    [
        ev.Logged(NOW, "half \ud800"),
        ev.Logged(float("nan"), ""),
        ev.ResultKept(NOW, 2**64, b"1"),
        ev.Failed(NOW, {"at": "\udfff"}),
    ],
)
async def test_a_value_without_a_stored_form_fails_alone(store: Store, event: ev.Event) -> None:
    new, other = submit(), submit()
    bad = moves(new.job, CLAIM, event)
    assert await outcomes(store, [new, *bad, other]) == [None, None, StoreError, None]
    assert await store.read(new.job.id) == Record(bad[0].job)


async def test_changes_are_settled_in_their_order(store: Store) -> None:
    settled: list[int] = []
    new = submit()
    changes = [new, *a_whole_life(new.job), submit(id=new.job.id), submit()]
    futures = [store.commit(change) for change in changes]
    for place, future in enumerate(futures):
        future.add_done_callback(lambda _, place=place: settled.append(place))
    await asyncio.wait(futures)
    assert settled == list(range(len(changes)))
    assert isinstance(futures[-2].exception(), Exists)


async def test_more_changes_than_a_group_holds(store: Store) -> None:
    new = submit()
    lines = moves(new.job, CLAIM, *[ev.Logged(NOW, str(line)) for line in range(2_500)])
    job = await kept(store, new, *lines)
    assert await store.read(job.id) == Record(job)
    assert [entry.seq for entry in await store.log(job.id, after=2_490, limit=9)] == list(range(2_491, 2_500))


async def test_the_writer_marks_what_it_took(store: Store) -> None:
    new = submit()
    future = store.commit(new)
    assert not new.taken
    await future
    assert new.taken


async def test_until_taken_a_newer_progress_may_stand_in(store: Store) -> None:
    new = submit()
    claimed = await kept(store, new, *moves(new.job, CLAIM))
    first = move(claimed, ev.Progressed(NOW + 1, 10, "first"))
    future = store.commit(first)
    newer = move(first.job, ev.Progressed(NOW + 2, 20, "newer"))
    first.job, first.event = replace(newer.job, seq=first.job.seq), newer.event
    await future
    assert await store.read(claimed.id) == Record(first.job)
    assert (await store.log(claimed.id))[-1].event == newer.event


async def test_only_the_newest_progress_is_kept_and_says_where_the_job_stood(store: Store) -> None:
    new = submit()
    job = await kept(
        store,
        new,
        *moves(
            new.job,
            CLAIM,
            ev.Progressed(NOW + 9, 30, "thirty"),
            ev.Progressed(NOW + 8, 50, None),
            ev.Logged(NOW, "between"),
            ev.Progressed(NOW + 7, 40, None),
        ),
    )
    entries = await store.log(job.id)
    assert [entry.seq for entry in entries] == [1, 2, 5, 6]
    assert entries[-1].event == ev.Progressed(NOW + 9, 50, "thirty")
    folded = fold(entry.event for entry in entries)
    assert folded is not None
    assert replace(folded, seq=job.seq) == job


async def test_steps_count_only_while_their_run_is_on(store: Store) -> None:
    new = submit()
    step = StepDone(new.job.id, 1, "fetch", b'{"a":1}')
    lost = moves(new.job, CLAIM, ev.LeaseLost(NOW, ERROR))
    again = move(lost[-1].job, ev.Claimed(NOW, "boot-2"))
    assert await outcomes(store, [step, new, StepDone(new.job.id, 0, "x", b"1")]) == [Conflict, None, Conflict]
    assert await outcomes(store, [lost[0], step, lost[1], StepDone(new.job.id, 1, "late", b"1")]) == [
        None,
        None,
        None,
        Conflict,
    ]
    second = StepDone(new.job.id, 2, "second", b"2")
    stale = StepDone(new.job.id, 1, "stale", b"1")
    wish = move(again.job, ev.CancelWished(NOW))
    third = StepDone(new.job.id, 2, "third", b"3")
    assert await outcomes(store, [again, second, stale, wish, third]) == [None, None, Conflict, None, None]
    assert await store.steps(new.job.id) == {"fetch": b'{"a":1}', "second": b"2", "third": b"3"}


async def test_a_step_then_the_end_in_one_group(store: Store) -> None:
    new = submit()
    claimed, ended = moves(new.job, CLAIM, ev.Returned(NOW, b"1"))
    assert await outcomes(store, [new, claimed, StepDone(new.job.id, 1, "s", b"1"), ended]) == [None] * 4
    assert await store.steps(new.job.id) == {"s": b"1"}


async def test_a_second_value_of_a_step_is_ignored(store: Store) -> None:
    new = submit()
    await kept(store, new, *moves(new.job, CLAIM))
    assert await outcomes(store, [StepDone(new.job.id, 1, "s", b"1"), StepDone(new.job.id, 1, "s", b"2")]) == [None, None]
    assert await outcomes(store, [StepDone(new.job.id, 1, "s", b"3")]) == [None]
    assert await store.steps(new.job.id) == {"s": b"1"}


async def test_a_new_step_forgives_crashes_and_nobody_brings_them_back(store: Store) -> None:
    new = submit()
    lost = moves(new.job, CLAIM, ev.LeaseLost(NOW, ERROR), ev.Claimed(NOW, "b"), ev.LeaseLost(NOW, ERROR), CLAIM)
    job = await kept(store, new, *lost)
    assert job.crashes == 2
    await store.commit(StepDone(job.id, job.run, "s", b"1"))
    unaware = move(job, ev.Logged(NOW, "the caller still believes in two crashes"))
    await kept(store, unaware, move(unaware.job, ev.HandedBack(NOW)))
    found = await store.read(job.id)
    assert found is not None
    assert found.job == replace(unaware.job, crashes=0, seq=job.seq + 2, phase=Phase.PENDING, holder=None)
    # A value that is there already is not progress: it forgives nothing.
    relost = moves(found.job, CLAIM, ev.LeaseLost(NOW, ERROR), CLAIM)
    job = await kept(store, *relost)
    await store.commit(StepDone(job.id, job.run, "s", b"again"))
    found = await store.read(job.id)
    assert found is not None
    assert found.job.crashes == 1


async def test_partial_results_in_order(store: Store) -> None:
    new = submit()
    events = [ev.ResultKept(NOW, key, b"%d" % place) for place, key in enumerate(["a", 1, "1", 2, "a"])]
    job = await kept(store, new, *moves(new.job, CLAIM, ev.Logged(NOW, "x"), *events))
    assert await store.results(job.id) == [Kept(4 + place, event.key, event.data) for place, event in enumerate(events)]
    assert await store.results(job.id, after=5, limit=2) == [Kept(6, "1", b"2"), Kept(7, 2, b"3")]
    assert [entry.seq for entry in await store.log(job.id, after=3, limit=3)] == [4, 5, 6]


async def test_a_cancelled_caller_disturbs_nobody(store: Store) -> None:
    new, other = submit(), submit()
    first, second = store.commit(new), store.commit(other)
    first.cancel()
    await second
    assert await store.read(other.job.id) == Record(other.job)
    assert await store.read(new.job.id) == Record(new.job)  # may happen, and here it does


async def test_close_writes_what_is_queued_also_without_a_writer_task(backend: Backend) -> None:
    store = await backend()
    changes = [submit() for _ in range(5)]
    futures = [store.commit(change) for change in changes]
    await asyncio.gather(store.close(), store.close())
    assert [future.exception() for future in futures] == [None] * 5
    await store.close()
    with pytest.raises(StoreError):
        await store.commit(submit())
    async with running(await backend()) as store:
        assert [await store.read(change.job.id) for change in changes] == [Record(change.job) for change in changes]


async def test_a_cancelled_writer_settles_what_it_has_in_hand(backend: Backend) -> None:
    store = await backend()
    writer = asyncio.create_task(store.run())
    new = submit()
    first = store.commit(new)
    async with asyncio.timeout(10):
        while not new.taken:
            await asyncio.sleep(0)
    writer.cancel()
    await asyncio.wait([writer])
    assert first.done()
    second = store.commit(submit())
    await store.close()
    assert first.exception() is None
    assert second.exception() is None
    assert writer.cancelled()
