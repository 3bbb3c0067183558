"""What befalls a cluster: a slot moves, an answer is lost, one of its servers is started anew or goes for good."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from redis import exceptions

from contract.stories import NOW, kept, moves, outcomes, running, submit
from jindu.core import events as ev
from jindu.core.clock import ManualClock, SystemClock
from jindu.core.ids import IdMaker
from jindu.store.contract import Exists, Moved, Query, Record, StorageFull, StoreBusy, StoreRefused, Together
from jindu.store.opener import open_store
from jindu.store.redis.lines import ALL
from jindu.store.redis.link import Link
from jindu.store.redis.store import RedisStore
from store.clusters import TYPES
from support.redis import SAFE, RedisCluster, RedisProcess

SHARDS = (2, 4, 7)  # of three servers
MOVING = 7
WITHIN = 60.0  # seconds
ALWAYS = (*SAFE, "--appendfsync", "always")


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisCluster]:
    """For tests that leave all servers as they are."""
    with RedisCluster(tmp_path_factory.mktemp("cluster")) as cluster:
        assert len({cluster.master_of(f"j{shard}").port for shard in SHARDS}) == 3
        yield cluster


@pytest.fixture
async def store(shared: RedisCluster) -> AsyncIterator[RedisStore]:
    shared.client.flushall()
    async with running(await RedisStore.open(shared.url, SystemClock())) as store:
        yield store


async def until(condition: Any) -> None:
    async with asyncio.timeout(WITHIN):
        while not await condition():
            await asyncio.sleep(0.02)


async def test_an_answer_that_is_lost_makes_no_change_twice(store: RedisStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """The slots of a group are apart: what one was told is known, only the other is asked again, and does it once."""
    send, lost = store.link.lines.send, 2
    commits: list[tuple[str, Any]] = []

    async def losing(asked: Any, *, looking: bool = False) -> list[Any]:
        nonlocal lost
        answers = await send(asked, looking=looking)
        slot, words = asked[0]
        if words[0] == "EVALSHA" and len(words) > 8 and words[7] in (1, 4):  # a commit, and how many changes it has
            commits.append((slot, words[5]))
            if slot == "j4" and lost:
                lost -= 1
                return [exceptions.ConnectionError("the line broke")]
        return answers

    monkeypatch.setattr(store.link.lines, "send", losing)
    groups = []
    for shard in SHARDS:
        new = submit(TYPES[shard])
        groups.append([new, *moves(new.job, ev.Claimed(NOW, "boot"), ev.Logged(NOW, "a"), ev.Logged(NOW, "b"))])
    assert await outcomes(store, [one for group in groups for one in group]) == [None] * 12
    for group in groups:
        assert [entry.event for entry in await store.log(group[0].job.id)] == [one.event for one in group]
    assert sorted(slot for slot, _ in commits) == ["j2", "j4", "j4", "j4", "j7"]
    assert len({op for slot, op in commits if slot == "j4"}) == 1


async def test_a_slot_that_moves_is_followed_and_nothing_ends_halfway(
    store: RedisStore, shared: RedisCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While half of its keys are gone nobody can tell a job that moved from one that is not there."""
    first, second = submit(TYPES[MOVING]), submit(TYPES[MOVING], key="k")
    claimed = moves(first.job, ev.Claimed(NOW, "boot"))
    await kept(store, first, *claimed)
    slot, to = f"j{MOVING}", shared.master_of("j2")
    tried = _refusals(store, monkeypatch)
    for key in shared.client.keys("*op:*"):
        shared.client.delete(key)
    at = shared.begin_to_move(slot, to)
    shared.move_keys(at, to, [f"{{{slot}}}:job:{first.job.id}".encode()])
    waiting = [store.commit(second), *(store.commit(one) for one in moves(claimed[-1].job, ev.Logged(NOW, "on its way")))]
    other = submit(TYPES[2])
    with pytest.raises(StoreBusy):
        await store.read(first.job.id)
    await until(lambda: tried(2))
    assert not any(future.done() for future in waiting)
    assert not at.client.keys(f"*job:{second.job.id}") + at.client.keys("*key:*") + at.client.keys("*op:*")
    shared.end_move(slot, at, to)
    async with asyncio.timeout(WITHIN):
        await asyncio.gather(*waiting, store.commit(other))
    assert [entry.seq for entry in await store.log(first.job.id)] == [1, 2, 3]
    assert await store.read(second.job.id) == Record(second.job)
    assert shared.master_of(slot) is to
    await until(lambda: _one_epoch(store, shared))


async def test_a_script_does_not_begin_where_it_could_not_end(store: RedisStore, shared: RedisCluster) -> None:
    """A removal that is stopped behind the lists would leave a job that no list has."""
    slot, ended = f"j{MOVING}", submit(TYPES[MOVING])
    await kept(store, ended, *moves(ended.job, ev.Cancelled(NOW, {})))
    to = next(node for node in shared.masters if node is not shared.master_of(slot))
    at = shared.begin_to_move(slot, to)
    shared.move_keys(at, to, [f"{{{slot}}}:log:{ended.job.id}".encode()])
    with pytest.raises(StoreBusy):
        await store.remove([ended.job.id], NOW)
    shared.end_move(slot, at, to)
    await until(lambda: _one_epoch(store, shared))
    assert [job.id for job in await store.page(Query())] == [ended.job.id]
    assert await store.remove([ended.job.id], NOW) == [ended.job.id]


def _refusals(store: RedisStore, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], Awaitable[bool]]:
    """Whether so many scripts were refused by who has their slot."""
    send, refused = store.link.lines.send, []

    async def noticing(asked: Any, *, looking: bool = False) -> list[Any]:
        answers = await send(asked, looking=looking)
        refused.extend(answer for answer in answers if isinstance(answer, exceptions.ResponseError) and not looking)
        return answers

    async def so_many(number: int) -> bool:
        return len(refused) >= number

    monkeypatch.setattr(store.link.lines, "send", noticing)
    return so_many


async def _one_epoch(store: RedisStore, cluster: RedisCluster) -> bool:
    """All slots are in the history that the store believes in."""
    return {cluster.client.get(f"{{{slot}}}:epoch") for slot in ALL} == {store.epoch.encode()}


@pytest.mark.parametrize(("settings", "anew"), [(SAFE, True), (ALWAYS, False)])
async def test_one_server_started_anew_begins_a_new_history_unless_each_write_was_synced(
    tmp_path: Path, settings: tuple[str, ...], anew: bool
) -> None:
    with RedisCluster(tmp_path, settings) as cluster:
        async with running(await RedisStore.open(cluster.url, SystemClock())) as one:
            async with running(await RedisStore.open(cluster.url, SystemClock())) as other:
                before, told = one.epoch, []
                other.shared.on_epoch(lambda: told.append(other.epoch))
                jobs = [submit(TYPES[shard]) for shard in range(16)]
                await kept(one, *jobs)
                killed = cluster.master_of("j4")
                killed.kill()

                async def noticed() -> bool:
                    return one.broken is not None and other.broken is not None

                await until(noticed)
                killed.start()

                async def well() -> bool:
                    return one.broken is other.broken is None and one.epoch == other.epoch

                await until(well)
                assert (one.epoch != before) == anew
                assert (told == [other.epoch]) == anew
                assert await _one_epoch(one, cluster)
                for job in jobs:
                    assert await other.read(job.job.id) == Record(job.job)
                assert await outcomes(other, [submit(TYPES[shard]) for shard in range(16)]) == [None] * 16


async def test_a_history_that_was_agreed_on_only_in_part_is_brought_to_an_end(shared: RedisCluster) -> None:
    """Whoever begins a new one may die at any step: the next one finds slots that lag, or that do not know their server."""
    shared.client.flushall()
    link = Link(shared.url, ManualClock())
    await link.open()

    async def found() -> str:
        assert await link.heal()
        assert {shared.client.get(f"{{{slot}}}:epoch") for slot in ALL} == {link.epoch.encode()}
        return link.epoch

    try:
        shared.client.set("{j}:epoch", "begun")
        assert await found() == "begun"
        shared.client.hset("{j9}:facts", "run", "another")
        shared.client.set("{j}:epoch", "begun again")
        assert await found() not in ("begun", "begun again")
        assert await found() == link.epoch
    finally:
        await link.close()


async def test_the_same_history_for_all_who_agree_at_once(shared: RedisCluster) -> None:
    shared.client.flushall()
    stores = await asyncio.gather(*(RedisStore.open(shared.url, ManualClock()) for _ in range(5)))
    for one in stores:
        await one.link.heal()
    assert len({one.epoch for one in stores}) == 1
    assert {shared.client.get(f"{{{slot}}}:epoch") for slot in ALL} == {stores[0].epoch.encode()}
    for one in stores:
        await one.close()


async def test_a_replica_that_takes_over_goes_on_in_a_new_history(tmp_path: Path) -> None:
    with RedisCluster(tmp_path, replicas=3) as cluster:
        async with running(await RedisStore.open(cluster.url, SystemClock())) as store:
            before, job = store.epoch, submit(TYPES[4])
            await kept(store, job)
            dead = cluster.master_of("j4")

            async def replicated() -> bool:
                return bool(dead.client.execute_command("WAIT", 1, 100))

            await until(replicated)
            dead.kill()

            async def taken_over() -> bool:
                return store.epoch != before and store.broken is None

            await until(taken_over)
            assert cluster.master_of("j4") is not dead
            assert await store.read(job.job.id) == Record(job.job)
            claimed = moves(job.job, ev.Claimed(NOW, store.boot))
            assert await outcomes(store, [*claimed, submit(TYPES[2])]) == [None, None]


async def test_one_server_whose_settings_lose_jobs_is_enough_to_refuse(shared: RedisCluster) -> None:
    loses = shared.master_of("j5")
    loses.client.config_set("maxmemory-policy", "allkeys-lru")
    try:
        with pytest.raises(StoreRefused, match=f"127.0.0.1:{loses.port} would lose jobs"):
            await open_store(shared.url, ManualClock())
    finally:
        loses.client.config_set("maxmemory-policy", "noeviction")


async def test_a_cluster_has_one_database(shared: RedisCluster) -> None:
    with pytest.raises(StoreRefused, match="only database 0"):
        await open_store(shared.url.removesuffix("/0") + "/3", ManualClock())


async def test_a_cluster_that_serves_only_some_slots_is_not_used(tmp_path: Path) -> None:
    with RedisProcess(tmp_path, (*SAFE, "--cluster-enabled", "yes")) as alone:
        with pytest.raises(StoreRefused, match="not every slot is served"):
            await open_store(alone.url, ManualClock())


async def test_leases_go_on_where_nothing_moves_and_no_job_is_lost_that_is_on_its_way(
    store: RedisStore, shared: RedisCluster
) -> None:
    """Half of the keys of a slot are with its next server, which would find no job of ours."""
    slot, still = f"j{MOVING}", "j4"
    moving, staying = submit(TYPES[MOVING]), submit(TYPES[4])
    await kept(store, *[one for new in (moving, staying) for one in (new, *moves(new.job, ev.Claimed(NOW, store.boot)))])
    lost: list[tuple[str, bool]] = []
    store.shared.listen(lambda job_id, over: lost.append((job_id, over)), lambda _: None)
    to = next(node for node in shared.masters if node is not shared.master_of(slot))
    at = shared.begin_to_move(slot, to)
    first = [key for key in at.client.keys(f"{{{slot}}}:*") if not key.endswith(moving.job.id.encode())]
    shared.move_keys(at, to, first)  # the epoch among them

    def until_when(slot: str, of: Any) -> float:
        return float(shared.client.zscore(f"{{{slot}}}:leased:{of.job.spec.type}", of.job.id))

    before = until_when(still, staying)

    async def renewed() -> bool:
        return until_when(still, staying) > before

    await until(renewed)
    assert lost in ([], [(moving.job.id, False)]), "in doubt it may be, when this machine is slow; over it is not"
    shared.end_move(slot, at, to)
    before = until_when(slot, moving)

    async def renewed_there() -> bool:
        return until_when(slot, moving) > before

    await until(renewed_there)
    assert not [one for one in lost if one[1]]


async def test_a_server_without_memory_refuses_its_own_and_nothing_else(store: RedisStore, shared: RedisCluster) -> None:
    ids = IdMaker()

    def new(type: str, **given: Any) -> Moved:
        return submit(type, id=ids.new(NOW, type), **given)  # no directory, which may be on the server that is full

    full = shared.master_of("j2")
    job = await kept(store, new(TYPES[2]))
    changes = [new(TYPES[4]), new(TYPES[2]), new(TYPES[4]), *moves(job, ev.Claimed(NOW, store.boot))]
    across_slots = Together([new("batch", members=2), new(TYPES[2]), new(TYPES[10])])
    full.client.config_set("maxmemory", "1")
    try:
        assert await outcomes(store, changes) == [None, StorageFull, None, StorageFull]
        assert await outcomes(store, [new(TYPES[4]), across_slots]) == [None, StorageFull]
    finally:
        full.client.config_set("maxmemory", "0")
    assert await outcomes(store, changes) == [Exists, None, Exists, None]
