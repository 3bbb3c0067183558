"""What a store promises about batches: rows among the jobs, kept together, listed apart, swept after their jobs."""

from dataclasses import replace

from contract.conftest import Backend
from contract.stories import NOW, kept, move, moves, outcomes, running, submit
from contract.test_questions import listed
from jindu.core import events as ev
from jindu.core.batch import Tally
from jindu.core.job import Job, fold
from jindu.core.states import Status
from jindu.store.contract import Exists, Gone, Moved, Query, StepDone, Store, StoreError, Together

CLAIM = ev.Claimed(NOW + 1, "batch")


def batch(number: int, *, at: float = NOW, **given: object) -> tuple[Moved, list[Moved]]:
    """A batch of `number` jobs, and the jobs."""
    whole = submit("batch", members=number, params=b"{}", at=at, **given)
    return whole, [submit(batch=whole.job.id, at=at) for _ in range(number)]


async def test_what_belongs_together_is_kept_together(store: Store) -> None:
    whole, jobs = batch(3)
    assert await outcomes(store, [Together([whole, *jobs])]) == [None]
    assert await store.page(Query(batch=whole.job.id)) == listed(*(change.job for change in reversed(jobs)))
    assert (await store.read(whole.job.id)) is not None
    assert [job.spec.batch for job in await store.page(Query())] == [whole.job.id] * 3


async def test_or_not_at_all(store: Store) -> None:
    there = submit(key="k")
    await kept(store, there)
    whole, jobs = batch(2)
    twin = submit(key="k", batch=whole.job.id)
    other = submit()
    again = submit(id=there.job.id)
    assert await outcomes(store, [Together([whole, jobs[0], twin]), other, Together([again])]) == [Exists, None, Exists]
    assert await store.read(whole.job.id) is None
    assert await store.read(jobs[0].job.id) is None
    assert await store.read(other.job.id) is not None
    unstorable = replace(jobs[1], job=replace(jobs[1].job, message="\ud800"))
    assert await outcomes(store, [Together([whole, jobs[0], unstorable])]) == [StoreError]
    assert await outcomes(store, [Together([whole, *jobs])]) == [None]


async def test_a_batch_with_the_key_of_another_names_it(store: Store) -> None:
    first, jobs = batch(1, key="order")
    second, others = batch(1, key="order")
    assert await outcomes(store, [Together([first, *jobs])]) == [None]
    (error,) = await _errors(store, Together([second, *others]))
    assert isinstance(error, Exists)
    assert error.id == first.job.id


async def _errors(store: Store, change: Together) -> list[StoreError]:
    try:
        await store.commit(change)
    except StoreError as error:
        return [error]
    return []


async def test_batches_are_listed_and_counted_apart_from_jobs(store: Store) -> None:
    whole, jobs = batch(2, owner="ann", at=NOW + 1)
    older, rest = batch(1, at=NOW)
    await kept(store, whole, *jobs, older, *rest)
    assert await store.page(Query(batches=True)) == listed(whole.job, older.job)
    assert await store.page(Query(batches=True, limit=1, before=(NOW + 1, whole.job.id))) == listed(older.job)
    assert await store.page(Query(batches=True, owner="ann")) == listed(whole.job)
    assert await store.page(Query(batches=True, status=Status.RUNNING)) == []
    assert [job.id for job in await store.page(Query(type="batch"))] == []
    assert [job.id for job in await store.page(Query(q=whole.job.id))] == []
    assert (await store.counts())[Status.PENDING] == 3
    assert await store.tally() == {"diagnose": {**dict.fromkeys(Status, 0), Status.PENDING: 3}}


async def test_the_log_of_a_batch_folds_to_its_row(backend: Backend) -> None:
    whole, jobs = batch(2)
    story = moves(
        whole.job,
        CLAIM,
        ev.StageEntered(NOW + 1, 0),
        ev.Progressed(NOW + 2, 10, None, Tally(1, 1)),
        ev.Progressed(NOW + 3, 60, None, Tally(0, 1, 1)),
    )
    async with running(await backend()) as store:
        await kept(store, whole, *jobs, *story)
        record = await store.read(whole.job.id)
        assert record is not None
        assert record.job == story[-1].job
        assert record.job.tally == Tally(0, 1, 1)
        folded = fold(entry.event for entry in await store.log(whole.job.id))
        assert folded is not None
        assert replace(folded, seq=record.job.seq) == record.job
    async with running(await backend()) as store:
        assert await store.orphans() == []  # no process holds a batch


async def end(store: Store, job: Job, at: float) -> Job:
    return await kept(store, *moves(job, ev.Claimed(at, "boot"), ev.Returned(at, b"1")))


async def test_jobs_stay_while_their_batch_is_open(store: Store) -> None:
    whole, jobs = batch(1, keep_for=0)
    await kept(store, whole, *jobs)
    done = await end(store, jobs[0].job, NOW + 1)
    late = NOW + 10 * 86_400
    assert await store.sweep(late) == []
    assert await store.remove([done.id], late) == []
    assert await store.finished(late) == []
    ended = await end(store, whole.job, NOW + 2)
    assert await store.finished(late) == [done.id]  # batches are not removed with the jobs that are asked for
    assert sorted(await store.sweep(late)) == sorted([done.id, ended.id])
    assert await store.tombstone(ended.id)
    assert await outcomes(store, [Together([submit(id=ended.id)])]) == [Gone]


async def test_steps_of_the_same_group_are_not_hindered(store: Store) -> None:
    new = submit()
    claimed = move(new.job, ev.Claimed(NOW, "boot"))
    whole, jobs = batch(2)
    changes = [new, claimed, StepDone(new.job.id, 1, "s", b"1"), Together([whole, *jobs])]
    assert await outcomes(store, changes) == [None] * 4
    assert await store.steps(new.job.id) == {"s": b"1"}
