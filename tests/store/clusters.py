"""What the tests of a store on a Redis Cluster share."""

from collections.abc import Awaitable, Callable
from typing import Any

from jindu.core.ids import SHARDS, home_of, shard_of
from jindu.store.contract import StoreBroken
from jindu.store.redis.store import RedisStore

_NAMES = {shard_of(name): name for name in (f"type{number}" for number in range(200))}
TYPES = [_NAMES[shard] for shard in range(SHARDS)]  # one of each shard


def an_id(home: int, number: int = 0) -> str:
    """An id as a client may name it, which is looked for in this shard first."""
    return [name for name in (f"order-number-{one:04}" for one in range(1_000)) if home_of(name) == home][number]


def dies(store: RedisStore, when: Callable[[str, tuple[Any, ...]], bool]) -> list[Callable[[], Awaitable[list[Any]]]]:
    """From the first script on of which `when` (name and arguments) is true nothing of this node reaches Redis. The calls that
    it would have made: a sleeper makes them later."""
    kept: list[Callable[[], Awaitable[list[Any]]]] = []
    real = store.link.call

    async def call(name: str, *args: Any, slot: str = "j") -> list[Any]:
        if kept or when(name, args):
            kept.append(lambda: real(name, *args, slot=slot))
            raise StoreBroken("this process is dead")
        return await real(name, *args, slot=slot)

    store.link.call = call  # type: ignore[method-assign]
    return kept
