"""What only a store that several nodes share can get wrong."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from redis import exceptions

from contract.stories import ERROR, NOW, kept, move, running, submit
from jindu.core import events as ev
from jindu.core.clock import ManualClock
from jindu.core.job import Job
from jindu.core.states import Phase
from jindu.store.redis import lists
from jindu.store.redis.apart import Apart
from jindu.store.redis.failures import Unreachable
from jindu.store.redis.link import Link
from jindu.store.redis.store import RedisStore
from support.redis import RedisProcess, quiet_port


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisProcess]:
    with RedisProcess(tmp_path) as process:
        yield process


async def test_what_another_node_has_taken_back_meanwhile_is_no_orphan(
    redis: RedisProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between finding the lease of run 1 over and reading the job: who took it for lost then would take run 2 from its node."""
    async with running(await RedisStore.open(redis.url, ManualClock())) as here:
        async with running(await RedisStore.open(redis.url, ManualClock())) as there:
            new = submit()
            first = move(new.job, ev.Claimed(NOW, "a node that died"))
            await kept(here, new, first)
            assert await here.orphans() == []
            for leases in redis.client.keys("*leased:*"):  # as time would
                redis.client.zadd(leases, {new.job.id: 1.0})
            read, faster = lists.by_id, [first.job]

            async def later(link: Any, ids: Sequence[tuple[int, str]], *, params: bool = False) -> list[Job]:
                if faster:
                    back = move(faster.pop(), ev.LeaseLost(NOW, ERROR))
                    await kept(there, back, move(back.job, ev.Claimed(NOW, there.boot)))
                return await read(link, ids, params=params)

            monkeypatch.setattr(lists, "by_id", later)
            assert await here.orphans() == []
            found = await here.read(new.job.id)
            assert found is not None
            assert (found.job.run, found.job.phase, found.job.holder) == (2, Phase.RUNNING, there.boot)
            assert await here.orphans() == [], "the new lease lives"


async def test_a_lease_that_was_let_go_is_not_renewed(redis: RedisProcess) -> None:
    async with running(await RedisStore.open(redis.url, ManualClock())) as store:
        new = submit()
        await kept(store, new, move(new.job, ev.Claimed(NOW, store.boot)))
        assert new.job.id in str(store.leases.renewals(1, b"{}"))
        store.shared.let_go(new.job.id)
        assert new.job.id not in str(store.leases.renewals(1, b"{}"))


async def test_nothing_is_asked_of_a_redis_that_started_anew_until_the_history_is_agreed_on(redis: RedisProcess) -> None:
    """Its epoch is the old one, and what it has lost nobody knows yet."""
    link = Link(redis.url, ManualClock())
    await link.open()
    before = link.epoch
    redis.kill()
    redis.start()
    assert redis.client.get("{j}:epoch") == before.encode()
    for _ in range(3):
        with pytest.raises(Unreachable):
            await link.call("lead", "task", "here", 1_000)
    assert await link.heal()
    assert link.epoch != before
    assert await link.call("lead", "task", "here", 1_000) == [b"1"]
    await link.close()


def test_a_server_that_does_not_answer_is_waited_for_once_in_a_round() -> None:
    """Not once for each of its slots, while the leases of others run out."""
    apart = Apart(Link(f"redis://127.0.0.1:{quiet_port()}", ManualClock()))
    for _ in range(2):
        with pytest.raises(exceptions.ConnectionError, match="refused"):
            apart.call("renew", "j", ["", 1, "boot", "-"])
        with pytest.raises(exceptions.ConnectionError, match="a moment ago"):
            apart.call("renew", "j", ["", 1, "boot", "-"])
        apart.silent.clear()
    apart.close()
