"""What only a store over several servers can get wrong: things of two slots of which only one was done."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from contract.stories import ERROR, NOW, kept, move, moves, outcomes, running, submit
from jindu.core import events as ev
from jindu.core.clock import ManualClock
from jindu.core.states import Status
from jindu.store.contract import Exists, Gone, Moved, Query, Record, StepDone, StoreBroken, StoreBusy, Together
from jindu.store.redis import across, claims
from jindu.store.redis.removing import TOMBSTONE_SECONDS
from jindu.store.redis.store import RedisStore
from store.clusters import TYPES, an_id, dies
from support.redis import RedisCluster

BATCH = 4  # the shard of batches
HERE, THERE = 7, 5  # shards on two other servers


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisCluster]:
    with RedisCluster(tmp_path_factory.mktemp("cluster")) as cluster:
        assert len({cluster.master_of(f"j{shard}").port for shard in (BATCH, HERE, THERE)}) == 3
        yield cluster


@pytest.fixture
async def store(cluster: RedisCluster) -> AsyncIterator[RedisStore]:
    cluster.client.flushall()
    async with running(await RedisStore.open(cluster.url, ManualClock())) as store:
        yield store


@pytest.fixture
async def other(store: RedisStore, cluster: RedisCluster, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[RedisStore]:
    """Another node, which waits for nobody before it clears up."""
    monkeypatch.setattr(across, "PATIENCE", 0.0)
    async with running(await RedisStore.open(cluster.url, ManualClock())) as other:
        yield other


def a_batch(**given: object) -> tuple[Moved, list[Moved]]:
    """A batch of four jobs in two slots, it being in a third."""
    whole = submit("batch", members=4, **given)
    return whole, [submit(TYPES[shard], batch=whole.job.id, key=f"k{shard}") for shard in (HERE, THERE)] + [
        submit(TYPES[shard], batch=whole.job.id) for shard in (HERE, THERE)
    ]


async def shown(store: RedisStore, batch: Moved) -> tuple[int, int]:
    """How many of its jobs are in lists and counts, and how many wait to be run."""
    ready = await store.ready(TYPES, NOW, 100)
    tally, _ = await store.shared.members(batch.job.id)
    assert tally.pending == len(await store.page(Query(batch=batch.job.id))) == (await store.counts())[Status.PENDING]
    return tally.pending, len(ready)


# -- births of several slots ---------------------------------------------------------------------------------------


async def test_births_of_several_slots_are_kept_as_one(store: RedisStore) -> None:
    whole, jobs = a_batch(key="order")
    assert await outcomes(store, [Together([whole, *jobs])]) == [None]
    assert await shown(store, whole) == (4, 4)
    for one in (whole, *jobs):
        assert await store.read(one.job.id) == Record(one.job)
    assert (await store.read(jobs[0].job.id)) is not None
    job = await kept(store, *moves(jobs[1].job, ev.Claimed(NOW, store.boot), ev.Returned(NOW, b"1")))
    assert await store.read(job.id) == Record(job, b"1")


async def test_or_refused_for_the_first_that_does_not_fit(store: RedisStore, cluster: RedisCluster) -> None:
    whole, jobs = a_batch(key="order")
    assert await outcomes(store, [Together([whole, *jobs])]) == [None]
    before = sorted(cluster.client.keys("*job:*"))
    again, others = a_batch(key="order")
    with pytest.raises(Exists) as first:
        await store.commit(Together([again, *others]))
    assert first.value.id == whole.job.id, "not that of a job of it, whose key is taken too"
    fresh, others = a_batch()
    with pytest.raises(Exists) as second:
        await store.commit(Together([fresh, others[3], others[2], others[1]]))
    assert second.value.id == jobs[1].job.id
    assert sorted(cluster.client.keys("*job:*")) == before
    assert await outcomes(store, [others[3]]) == [None]


@pytest.mark.parametrize("last", ["prepare", "decide"])
async def test_who_dies_before_the_decision_leaves_nothing(
    store: RedisStore, other: RedisStore, cluster: RedisCluster, last: str
) -> None:
    whole, jobs = a_batch()
    sleeping = dies(store, lambda name, args: name == "across" and args[0] == last and args[3:] != ())
    with pytest.raises(StoreBroken):
        await store.commit(Together([whole, *jobs]))
    assert await shown(other, whole) == (0, 0)
    if last == "decide":
        assert await outcomes(other, [submit(TYPES[HERE], key=f"k{HERE}")]) == [StoreBusy], "nobody can say whether it is taken"
        assert await other.orphans() == []
        assert await outcomes(other, [submit(TYPES[HERE], key=f"k{HERE}")]) == [None]
        (refused, *_) = await sleeping[0]()
        assert refused, "it was only asleep"
        await other.orphans()
    assert await other.read(whole.job.id) is None
    assert cluster.client.keys("*undecided*") == []
    assert await outcomes(other, [submit(TYPES[THERE], key=f"k{THERE}", id=jobs[1].job.id)]) == [None]


async def test_who_dies_behind_the_decision_leaves_a_batch_that_comes_to_be(
    store: RedisStore, other: RedisStore, cluster: RedisCluster
) -> None:
    whole, jobs = a_batch()
    sleeping = dies(store, lambda name, args: name == "across" and args[0] == "admit")
    with pytest.raises(StoreBroken):
        await store.commit(Together([whole, *jobs]))
    assert await other.read(whole.job.id) == Record(whole.job)
    assert await shown(other, whole) == (0, 0)
    await other.orphans()
    assert await shown(other, whole) == (4, 4)
    for late in sleeping:
        await late()
    assert await shown(other, whole) == (4, 4), "what is done again does nothing"
    assert cluster.client.keys("*undecided*") == []


async def test_who_has_patience_does_not_disturb_who_is_at_work(store: RedisStore, cluster: RedisCluster) -> None:
    whole, jobs = a_batch()
    dies(store, lambda name, args: name == "across" and args[0] == "admit")
    with pytest.raises(StoreBroken):
        await store.commit(Together([whole, *jobs]))
    clock = ManualClock()
    async with running(await RedisStore.open(cluster.url, clock)) as other:
        await other.orphans()
        clock.advance(across.PATIENCE - 0.5)
        await other.orphans()
        assert await shown(other, whole) == (0, 0)
        clock.advance(1.0)
        await other.orphans()
        assert await shown(other, whole) == (4, 4)


# -- ids that do not say where their job is ------------------------------------------------------------------------


async def test_a_job_is_found_by_an_id_that_does_not_say_where_it_is(store: RedisStore, cluster: RedisCluster) -> None:
    new = submit(TYPES[THERE], id=an_id(HERE))
    claimed = move(new.job, ev.Claimed(NOW, "another node"))
    assert await outcomes(store, [new, claimed, StepDone(new.job.id, 1, "one", b"1")]) == [None] * 3
    assert await outcomes(store, [StepDone(new.job.id, 1, "two", b"2")]) == [None]
    assert await store.steps(new.job.id) == {"one": b"1", "two": b"2"}
    assert await store.read(new.job.id) == Record(claimed.job)
    assert cluster.client.ttl(f"{{j{HERE}}}:dir:{new.job.id}") == -1, "as long as the job"


@pytest.mark.parametrize("shard", [HERE, BATCH])
async def test_an_id_is_taken_whichever_slot_it_is_asked_for_in(store: RedisStore, shard: int) -> None:
    """Also where its home is (HERE), which no directory is asked about before the birth is sent."""
    name, second = an_id(HERE), an_id(HERE, 1)
    assert await outcomes(store, [submit(TYPES[THERE], id=name), submit(TYPES[shard], id=name)]) == [None, Exists]
    assert await outcomes(store, [submit(TYPES[shard], id=name)]) == [Exists]
    assert await outcomes(store, [submit(TYPES[shard], id=second), submit(TYPES[THERE], id=second)]) == [None, Exists]
    job = await kept(store, *moves(submit(TYPES[THERE], id=name).job, ev.Cancelled(NOW, ERROR)))
    assert await store.remove([job.id], NOW) == [job.id]
    assert await outcomes(store, [submit(TYPES[shard], id=name)]) == [Gone]
    assert await store.tombstone(name)


@pytest.mark.parametrize("shard", [HERE, THERE, BATCH])
async def test_an_entry_that_led_to_no_job_harms_nobody(
    store: RedisStore, other: RedisStore, cluster: RedisCluster, shard: int
) -> None:
    """Its node died, or slept: then it must not bear the same id beside another."""
    name = an_id(HERE)
    sleeping = dies(store, lambda name, args: name == "commit")
    first = submit(TYPES[THERE], id=name)
    with pytest.raises(StoreBroken):
        await store.commit(first)
    assert cluster.client.ttl(f"{{j{HERE}}}:dir:{name}") > 0
    assert await other.read(name) is None
    second = submit(TYPES[shard], id=name)
    assert await outcomes(other, [second]) == [None]
    (told,) = await sleeping[0]()
    assert told[:1] == (b"X" if shard == THERE else b"M")
    assert await other.read(name) == Record(second.job)
    assert len(await other.page(Query())) == 1


async def test_an_entry_stays_with_its_job_and_goes_after_its_tombstone(
    store: RedisStore, cluster: RedisCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, key = an_id(HERE), f"{{j{HERE}}}:dir:{an_id(HERE)}"
    new = submit(TYPES[THERE], id=name)
    with monkeypatch.context() as patched:
        patched.setattr(claims, "keep", _fails)
        assert await outcomes(store, [new]) == [None]
    assert cluster.client.ttl(key) > 0
    await store.sweep(NOW)
    assert cluster.client.ttl(key) == -1
    ended = await kept(store, *moves(new.job, ev.Cancelled(NOW, ERROR)))
    await store.remove([ended.id], NOW)
    await store.sweep(NOW + TOMBSTONE_SECONDS + 1)
    assert not await store.tombstone(name)
    assert cluster.client.ttl(key) > 0
    born_again = submit(TYPES[THERE], id=name)
    assert await outcomes(store, [born_again]) == [None]
    assert cluster.client.ttl(key) == -1
    await store.link.call("claim", "loosen", HERE, name, 60, f"{THERE} 1", slot=f"j{HERE}")
    assert cluster.client.ttl(key) == -1, "a sweep that saw the first entry, and was asleep since, does not loosen this one"


async def _fails(*_: object) -> None:
    raise StoreBusy("Redis does not answer")


async def test_what_is_reserved_over_slots_is_the_lowest_rank_of_all(store: RedisStore) -> None:
    shards = [0, 1, 2, 3, HERE, THERE]
    jobs = [submit(TYPES[shard], priority=-place) for place, shard in enumerate(shards)]
    await kept(store, *jobs)
    limits = {TYPES[shard]: 5 for shard in shards}
    wanted = [job.job.id for job in sorted(jobs, key=lambda job: job.job.rank)]
    assert [job.id for job in await store.shared.reserve(limits, NOW, 4)] == wanted[:4]
    assert [job.id for job in await store.shared.reserve(limits, NOW, 4)] == wanted[4:]


async def test_two_nodes_at_once_never_reserve_more_than_the_limits(store: RedisStore, other: RedisStore) -> None:
    await kept(store, *[submit(TYPES[shard]) for shard in (HERE, THERE, BATCH) for _ in range(10)])
    limits = {TYPES[shard]: 4 for shard in (HERE, THERE, BATCH)}
    parts = await asyncio.gather(*(node.shared.reserve(limits, NOW, 7) for node in (store, other, store, other)))
    got = [job for part in parts for job in part]
    assert all(len(part) <= 7 for part in parts)
    assert len({job.id for job in got}) == len(got) <= 12
    assert max(sum(job.spec.type == type for job in got) for type in limits) <= 4
