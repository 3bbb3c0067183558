"""The promises of everything that reads, and of `sweep`."""

from dataclasses import replace

import pytest

from contract.conftest import Backend
from contract.stories import ERROR, NOW, kept, move, moves, outcomes, running, submit
from jindu.core import events as ev
from jindu.core.job import Job
from jindu.core.states import Status
from jindu.store.contract import Conflict, Gone, Query, Record, StepDone, Store

CLAIM = ev.Claimed(NOW + 1, "boot-1")
UNKNOWN = "UNKNOWN0000000000000000000"


def listed(*jobs: Job) -> list[Job]:
    return [replace(job, spec=replace(job.spec, params=b"")) for job in jobs]


async def test_an_unknown_job_is_nothing(store: Store) -> None:
    assert await store.read(UNKNOWN) is None
    assert not await store.log(UNKNOWN)
    assert not await store.results(UNKNOWN)
    assert await store.steps(UNKNOWN) == {}
    assert await store.tombstone(UNKNOWN) is False


async def test_pages_hold_the_newest_first_and_no_params(store: Store) -> None:
    new = [submit(at=NOW + place // 2) for place in range(7)]  # two of one moment: the id decides
    await kept(store, *new)
    expected = listed(*(change.job for change in sorted(new, key=lambda c: (c.job.spec.created_at, c.job.id), reverse=True)))
    assert await store.page(Query()) == expected
    assert await store.page(Query(limit=3)) == expected[:3]


async def test_pages_stay_put_while_jobs_arrive(store: Store) -> None:
    old = [submit(at=NOW + place // 3) for place in range(20)]
    await kept(store, *old)
    seen: list[str] = []
    query = Query(limit=3)
    while page := await store.page(query):
        seen += [job.id for job in page]
        query = replace(query, before=(page[-1].spec.created_at, page[-1].id))
        await kept(store, submit(at=NOW + 100 + len(seen)))
    assert seen == [change.job.id for change in reversed(old)]


async def test_pages_by_what_is_asked(store: Store) -> None:
    pending = submit("pdf", owner="ann", tags=("urgent", "x"), id="pdf-job-0000000000001", at=NOW)
    running_ = submit("pdf", owner="bob", tags=("x",), id="PDF-job-0000000000002", at=NOW + 1)
    wished = submit("ocr", owner="ann", id="ocr-job-0000000000003", at=NOW + 2)
    done = submit("ocr", tags=("pdf",), id="ocr-job-0000000000004", at=NOW + 3)
    await kept(store, pending, running_, wished, done)
    (claimed,) = moves(running_.job, CLAIM)
    cancelling = moves(wished.job, CLAIM, ev.CancelWished(NOW + 5))
    ended = moves(done.job, CLAIM, ev.Returned(NOW + 6, b"1"))
    await kept(store, claimed, *cancelling, *ended)
    a, b, c, d = listed(pending.job, claimed.job, cancelling[-1].job, ended[-1].job)
    for query, jobs in [
        (Query(status=Status.PENDING), [a]),
        (Query(status=Status.RUNNING), [c, b]),
        (Query(status=Status.COMPLETED), [d]),
        (Query(status=Status.FAILED), []),
        (Query(type="pdf"), [b, a]),
        (Query(owner="ann"), [c, a]),
        (Query(owner="ann", type="ocr", status=Status.RUNNING), [c]),
        (Query(tag="x"), [b, a]),
        (Query(tag="urgent", owner="bob"), []),
        (Query(created_after=NOW + 1), [d, c]),
        (Query(q="ocr-"), [d, c]),
        (Query(q="pdf"), [d, b, a]),  # a tag of one, the type of two, the beginning of an id of one of them
        (Query(q="pdf", limit=2), [d, b]),
        (Query(q="pdf", before=(NOW + 1, b.id)), [a]),
        (Query(q="pd", owner="bob"), []),
        (Query(q="%"), []),
        (Query(q="urgent"), [a]),
        (Query(q="urgen"), []),
    ]:
        assert await store.page(query) == jobs, query
    assert await store.counts() == {
        Status.PENDING: 1,
        Status.RUNNING: 2,
        Status.COMPLETED: 1,
        Status.FAILED: 0,
        Status.CANCELLED: 0,
    }


async def test_a_page_follows_changed_tags(store: Store) -> None:
    new = submit(tags=("a", "b"))
    changed = moves(new.job, ev.Changed(NOW, 0, ("b", "c")), ev.Changed(NOW, 0, ("c", "a")), ev.Changed(NOW, 0, ("d",)))
    await kept(store, new, changed[0], changed[1])
    assert [len(await store.page(Query(tag=tag))) for tag in "abcd"] == [1, 0, 1, 0]
    await kept(store, changed[2])
    assert [len(await store.page(Query(tag=tag))) for tag in "abcd"] == [0, 0, 0, 1]


async def test_ready_gives_the_lowest_rank_of_the_types_that_is_due(store: Store) -> None:
    plain = submit("a", at=NOW)
    urgent = submit("b", at=NOW + 5, priority=10)
    tie = submit("a", at=NOW + 1, due_at=NOW + 2, priority=2)
    later = submit("a", at=NOW, due_at=NOW + 50, priority=1000)
    foreign = submit("c", at=NOW - 100)
    taken = submit("a", at=NOW - 50)
    await kept(store, plain, urgent, tie, later, foreign, taken, move(taken.job, CLAIM))
    assert await store.ready(["a", "b", "a", "none"], NOW + 9, 10) == [urgent.job, plain.job, tie.job]
    assert await store.ready(["a", "b"], NOW + 9, 2) == [urgent.job, plain.job]
    assert await store.ready(["a"], NOW + 50, 1) == [later.job]
    assert await store.ready([], NOW + 50, 1) == []
    assert await store.next_due(["a", "b"], NOW + 9) == NOW + 50
    assert await store.next_due(["a", "c"], NOW - 200) == NOW - 100
    assert await store.next_due(["b"], NOW + 9) is None
    assert await store.next_due([], NOW) is None


async def test_a_retry_is_ready_when_it_is_due(store: Store) -> None:
    new = submit("a")
    job = await kept(store, new, *moves(new.job, CLAIM, ev.RetryScheduled(NOW + 2, NOW + 30, ERROR, keep_floor=False)))
    assert await store.ready(["a"], NOW + 29, 5) == []
    assert await store.ready(["a"], NOW + 30, 5) == [job]


async def test_orphans_are_the_running_of_other_boots(backend: Backend) -> None:
    async with running(await backend()) as store:
        held, wished, back, waiting = (submit() for _ in range(4))
        mine = ev.Claimed(NOW, store.boot)
        first = move(held.job, mine)
        second = moves(wished.job, mine, ev.CancelWished(NOW))
        third = moves(back.job, mine, ev.HandedBack(NOW))
        await kept(store, held, wished, back, waiting, first, *second, *third)
        assert await store.orphans() == []
    async with running(await backend()) as store:
        again = move(third[-1].job, ev.Claimed(NOW, store.boot))
        await kept(store, again)
        assert await store.orphans() == [first.job, second[-1].job]


async def test_expired_are_the_pending_that_waited_too_long(store: Store) -> None:
    late, later, never, started = submit(expires_at=NOW + 5), submit(expires_at=NOW + 9), submit(), submit(expires_at=NOW + 1)
    await kept(store, late, later, never, started, move(started.job, CLAIM))
    assert await store.expired(NOW + 4) == []
    assert await store.expired(NOW + 5) == [late.job]
    assert await store.expired(NOW + 99, limit=1) == [late.job]
    assert await store.expired(NOW + 99) == [late.job, later.job]


async def ended(store: Store, at: float, keep_for: float, **given: object) -> Job:
    new = submit(keep_for=keep_for, **given)
    claimed = move(new.job, CLAIM)
    results = moves(claimed.job, ev.ResultKept(NOW, "a", b"1"), ev.Progressed(NOW, 5))
    await kept(store, new, claimed, StepDone(new.job.id, 1, "s", b"1"), *results)
    return await kept(store, move(results[-1].job, ev.Returned(at, b"2")))


async def test_sweep_removes_the_ended_with_all_that_is_theirs(store: Store) -> None:
    gone = await ended(store, NOW + 10, 5, tags=("t",), key="k")
    stays = await ended(store, NOW + 10, 6)
    open_ = submit(keep_for=0)
    await kept(store, open_)
    assert await store.sweep(NOW + 14.9) == []
    assert await store.sweep(NOW + 15) == [gone.id]
    assert await store.read(gone.id) is None
    assert not await store.log(gone.id)
    assert not await store.results(gone.id)
    assert await store.steps(gone.id) == {}
    assert await store.page(Query(tag="t")) == []
    assert await store.tombstone(gone.id) is True
    assert await store.tombstone(stays.id) is False
    assert await store.read(stays.id) == Record(stays, b"2")
    assert await store.read(open_.job.id) == Record(open_.job)
    assert await outcomes(store, [move(replace(open_.job, spec=gone.spec), CLAIM), submit(key="k")]) == [Conflict, Gone]


@pytest.mark.parametrize("limit", [1, 2])
async def test_sweep_takes_the_oldest_first_up_to_its_limit(store: Store, limit: int) -> None:
    jobs = [await ended(store, NOW + 10 - place, 5) for place in range(3)]
    assert await store.sweep(NOW + 100, limit=limit) == [job.id for job in reversed(jobs)][:limit]


async def test_sweep_comes_in_the_order_of_the_changes(backend: Backend) -> None:
    store = await backend()
    async with running(store):
        job = await ended(store, NOW, 0)
        before = store.commit(submit())
        assert await store.sweep(NOW + 1) == [job.id]
        assert before.done()


async def test_a_job_may_have_as_many_tags_as_anybody_may_ask_for(store: Store) -> None:
    tags = tuple(f"tag-{number}" for number in range(20))
    new = submit(tags=tags)
    await kept(store, new)
    found = [[job.id for job in await store.page(Query(tag=tag))] for tag in tags]
    assert found == [[new.job.id]] * len(tags)
