"""The promises about what is submitted again, removed, and never made anew."""

import pytest

from contract.conftest import Backend
from contract.stories import ERROR, NOW, kept, move, moves, outcomes, running, submit
from jindu.core import events as ev
from jindu.core.job import Job, fold
from jindu.core.states import Kind, Status
from jindu.store.contract import Exists, Gone, Moved, StepDone, Store

CLAIM = ev.Claimed(NOW + 1, "boot-1")
MONTH = 30 * 86_400


async def failed(store: Store, **given: object) -> Job:
    """A job that failed with two steps committed."""
    new = submit(**given)
    claimed = move(new.job, CLAIM)
    steps = [StepDone(new.job.id, 1, name, name.encode()) for name in ("a", "b")]
    await kept(store, new, claimed, *steps)
    return await kept(store, move(claimed.job, ev.Failed(NOW + 2, ERROR)))


def retry(old: Job, *, inherits: bool = True) -> Moved:
    made = submit(retry_of=old.id)
    assert isinstance(made.event, ev.Submitted)
    event = ev.Submitted(NOW, made.event.spec, NOW, inherits=inherits)
    return Moved(None, fold([event]), event)


@pytest.mark.parametrize("inherits", [True, False])
async def test_a_retry_takes_over_the_steps_with_its_birth_or_not(store: Store, inherits: bool) -> None:
    old = await failed(store)
    new = retry(old, inherits=inherits)
    await kept(store, new, move(new.job, CLAIM))
    assert await store.steps(new.job.id) == ({"a": b"a", "b": b"b"} if inherits else {})
    assert await store.steps(old.id) == {"a": b"a", "b": b"b"}
    assert (await store.log(new.job.id))[0].event == new.event
    record = await store.read(new.job.id)
    assert record is not None
    assert record.job.spec == new.job.spec


async def test_a_job_is_retried_once(store: Store) -> None:
    old = await failed(store)
    first, second = retry(old), retry(old)
    assert await outcomes(store, [first, second]) == [None, Exists]
    with pytest.raises(Exists) as caught:
        await store.commit(retry(old))
    assert caught.value.id == first.job.id
    assert await store.steps(second.job.id) == {}
    assert await store.retries([old.id, first.job.id, "other"]) == {old.id: first.job.id}
    assert await store.retries([]) == {}


async def test_a_fingerprint_is_kept(backend: Backend) -> None:
    new = submit(key="k", fingerprint="f00")
    async with running(await backend()) as store:
        await kept(store, new)
    async with running(await backend()) as store:
        record = await store.read(new.job.id)
        assert record is not None
        assert record.job == new.job


async def test_remove_takes_the_ended_and_leaves_the_open(store: Store) -> None:
    old, open_ = await failed(store, tags=("t",)), submit()
    await kept(store, open_)
    assert await store.remove([old.id, open_.job.id, "other"], NOW) == [old.id]
    assert await store.remove([old.id, open_.job.id], NOW) == []
    assert await store.read(old.id) is None
    assert await store.tombstone(old.id) is True
    assert await store.read(open_.job.id) is not None


@pytest.mark.parametrize("owner", [None, "ann"])
async def test_what_was_removed_is_not_made_anew(store: Store, owner: str | None) -> None:
    old = await failed(store, owner=owner, key="k")
    await store.remove([old.id], NOW)
    with pytest.raises(Gone) as caught:
        await store.commit(submit(id=old.id))
    assert caught.value.id == old.id
    with pytest.raises(Gone) as caught:
        await store.commit(submit(owner=owner, key="k"))
    assert caught.value.id == old.id
    others = [submit(owner="bob", key="k"), submit(owner=owner, key="k", type="other"), submit(owner=owner, key="l")]
    assert await outcomes(store, [submit(), submit(id=old.id), *others]) == [None, Gone, None, None, None]
    assert await store.sweep(NOW + MONTH - 1) == []
    assert await outcomes(store, [submit(id=old.id)]) == [Gone]
    await store.sweep(NOW + MONTH)
    assert await store.tombstone(old.id) is False
    assert await outcomes(store, [submit(id=old.id, owner=owner, key="k")]) == [None]


async def test_finished_are_those_that_had_ended(store: Store) -> None:
    old = await failed(store)
    done = submit()
    last = await kept(store, done, *moves(done.job, CLAIM, ev.Returned(NOW + 50, b"1")))
    await kept(store, submit())
    assert await store.finished(NOW + 1) == []
    assert await store.finished(NOW + 2) == [old.id]
    assert set(await store.finished(NOW + 50)) == {old.id, last.id}
    assert await store.finished(NOW + 50, Status.COMPLETED) == [last.id]
    assert await store.finished(NOW + 50, Status.CANCELLED) == []
    assert len(await store.finished(NOW + 50, limit=1)) == 1


async def test_the_log_of_one_kind(store: Store) -> None:
    new = submit()
    events = [CLAIM, ev.Logged(NOW, "one"), ev.Progressed(NOW, 5), ev.Logged(NOW, "two"), ev.Logged(NOW, "three")]
    await kept(store, new, *moves(new.job, *events))
    assert [entry.seq for entry in await store.log(new.job.id, kind=Kind.LOG)] == [3, 5, 6]
    assert [entry.seq for entry in await store.log(new.job.id, 3, 1, Kind.LOG)] == [5]
    assert [entry.seq for entry in await store.log(new.job.id, kind=Kind.PROGRESS)] == [4]
    assert await store.log(new.job.id, kind=Kind.WISH) == []


async def test_ahead_counts_who_is_ready_before(store: Store) -> None:
    plain, tie, urgent = submit(at=NOW), submit(at=NOW), submit(at=NOW + 5, priority=10)
    later, foreign, taken = submit(at=NOW, due_at=NOW + 50, priority=99), submit("other"), submit(at=NOW - 9)
    await kept(store, plain, tie, urgent, later, foreign, taken, move(taken.job, CLAIM))
    ready = await store.ready(["diagnose"], NOW + 9, 10)
    assert [await store.ahead(job, NOW + 9) for job in ready] == [0, 1, 2]
    assert await store.ahead(plain.job, NOW + 50) == 2


async def test_a_tally_is_by_type_and_status(store: Store) -> None:
    new = submit("pdf")
    await kept(store, new, submit("pdf"), submit("ocr"), move(new.job, CLAIM))
    none = dict.fromkeys(Status, 0)
    expected = {"pdf": {**none, Status.PENDING: 1, Status.RUNNING: 1}, "ocr": {**none, Status.PENDING: 1}}
    assert await store.tally() == expected
