"""What an earlier version left in Redis is read on; what a later one left is refused."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from contract.stories import NOW, kept, running, submit
from contract.test_webhooks import delivery, ended
from jindu.core.clock import ManualClock
from jindu.core.webhooks import DeliveryQuery, State
from jindu.store.contract import StoreRefused
from jindu.store.redis.layout import KEY, LAYOUT
from jindu.store.redis.store import RedisStore
from support.redis import RedisProcess


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisProcess]:
    with RedisProcess(tmp_path) as process:
        yield process


async def as_the_first_layout(redis: RedisProcess) -> tuple[str, str]:
    """A job whose end is told, a paused type; where both were kept before there were shards of them. Ids of the deliveries."""
    waits, dead = delivery(), delivery(webhook="w1", state=State.DEAD)
    async with running(await RedisStore.open(redis.url, ManualClock())) as store:
        new = submit()
        await kept(store, new, *ended(new.job, waits, dead))
        await store.shared.pause("diagnose", paused=True)
    for key in (*redis.client.keys("*delivery:*"), *redis.client.keys("*paused")):
        assert not key.startswith(b"{j}")
        redis.client.rename(key, b"{j}" + key[key.index(b"}") + 1 :])
    redis.client.delete(KEY)
    return waits.id, dead.id


async def test_what_the_first_layout_kept_in_one_place_is_found_in_its_shards(redis: RedisProcess) -> None:
    waits, dead = await as_the_first_layout(redis)
    for _ in range(2):
        async with running(await RedisStore.open(redis.url, ManualClock())) as store:
            assert [one.id for one in await store.deliveries(DeliveryQuery())] == [dead, waits]
            assert await store.next_delivery() == NOW
            assert await store.shared.paused() == {"diagnose"}
            assert await store.shared.reserve({"diagnose": 5}, NOW, 5) == []
        assert redis.client.get(KEY) == b"%d" % LAYOUT
        assert not redis.client.keys("{j}:delivery*") + redis.client.keys("{j}:paused")
    async with running(await RedisStore.open(redis.url, ManualClock())) as store:
        assert [one.id for one in await store.take_deliveries(NOW, NOW + 30, 10)] == [waits]
        assert await store.redeliver(dead, NOW)


async def test_what_a_later_version_wrote_is_refused_and_left_alone(redis: RedisProcess) -> None:
    redis.client.set(KEY, LAYOUT + 1)
    with pytest.raises(StoreRefused, match="Upgrade this one"):
        await RedisStore.open(redis.url, ManualClock())
    assert redis.client.get(KEY) == b"%d" % (LAYOUT + 1)
