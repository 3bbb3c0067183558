"""How keys are laid out: a number in the store, so that what an earlier version left is brought up, and a later one is refused.

1   deliveries and paused types in the common slot
2   both in the shards: of their job, of their type
"""

from typing import TYPE_CHECKING

from ...core.ids import shard_of
from ..contract import StoreRefused

if TYPE_CHECKING:
    from .link import Link

LAYOUT = 2
KEY = "{j}:layout"
AT_ONCE = 500


async def adopt(link: "Link") -> None:
    """Raises `StoreRefused` for a later layout. An earlier one is brought up; what that did, done again does nothing."""
    (found,) = await link.ask([("GET", KEY)])
    number = int(found) if found is not None else 1
    if number > LAYOUT:
        raise StoreRefused(f"{link.where} was written by a later version of Jindu (layout {number}). Upgrade this one.")
    if number < LAYOUT:
        if not link.is_cluster:  # there is none of layout 1
            await _into_shards(link)
        await link.ask([("SET", KEY, LAYOUT)])


async def _into_shards(link: "Link") -> None:
    (paused,) = await link.ask([("SMEMBERS", "{j}:paused")])
    for type in paused:
        await link.ask([("SADD", f"{{j{shard_of(type.decode())}}}:paused", type), ("SREM", "{j}:paused", type)])
    cursor = b"0"
    while True:
        ((cursor, keys),) = await link.ask([("SCAN", cursor, "MATCH", "{j}:delivery:*", "COUNT", AT_ONCE)])
        # Whichever shard: a delivery is looked for in all of them.
        await link.ask([("RENAME", key, key.replace(b"{j}", b"{j0}", 1)) for key in keys])
        if cursor == b"0":
            return
