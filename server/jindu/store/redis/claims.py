"""The directory of a cluster, which knows in which shard a job is whose id does not say so.

The entry and the job lie in different slots, and no script reaches both. So the entry is written first. Worked through: a
client names the id, the entry says shard 3, number 1, for a month; its node dies. An entry without a job harms nobody: the id
is free. Whoever submits it next with a type of shard 3 goes by the same entry. Whoever needs shard 5 has shard 3 bar number 1,
and then writes "5 2"; if the first node was not dead but asleep, its birth comes upon the bar and is refused. When the job is
born the entry is made to stay; the shard remembers until then that this is left to do (`claimed`), and any node does it at its
next sweep.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeAlias

from ...core.ids import SHARDS, home_of
from .link import Link, together
from .server import Arg

SECONDS = 30 * 86_400  # that an entry is kept for a job that never came
TRIES = 10  # in which others may be faster
Call: TypeAlias = Callable[..., Awaitable[list[Any]]]
Claim: TypeAlias = int | bytes  # the number of an entry, or why there is none: as `commit.lua` tells it


async def claim(call: Call, job_id: str, shard: int) -> Claim:
    """Have the directory name this shard for the id. `call` is as `Link.call`. Raises `StoreError`."""
    for _ in range(TRIES):
        told = await _call(call, "ask", home_of(job_id), job_id, shard, SECONDS)
        if len(told) == 1:
            return _why(told[0], job_id)
        at, number = int(told[0]), int(told[1])
        if at == shard:
            return number
        if at != home_of(job_id):  # there the next script sees itself whether the id is taken
            (taken,) = await _call(call, "bar", at, job_id, number, SECONDS)
            if taken:
                return _why(taken, job_id)
        told = await _call(call, "turn", home_of(job_id), job_id, shard, SECONDS, f"{at} {number}")
        if len(told) == 1:
            return _why(told[0], job_id)
        if told:
            return int(told[1])
    return _why(b"B", job_id)


async def keep(link: Link, job_ids: Sequence[tuple[str, int]]) -> None:
    """The jobs of these ids are born in these shards: their entries stay. Raises `StoreError`; then a sweep does it."""
    await together(_call(link.call, "keep", home_of(job_id), job_id, shard) for job_id, shard in job_ids)
    await link.ask([("SREM", f"{{j{shard}}}:claimed", job_id) for job_id, shard in job_ids])


async def keep_the_rest(link: Link) -> None:
    """What was left to do by who died in between. Raises `StoreError`."""
    parts = await link.ask([("SMEMBERS", f"{{j{shard}}}:claimed") for shard in range(SHARDS)])
    await keep(link, [(job_id.decode(), shard) for shard, part in enumerate(parts) for job_id in part])


async def loosen(link: Link, job_ids: Sequence[tuple[str, int]]) -> None:
    """The tombstones of these ids, in these shards, are about to go: so are their entries, after a while. Raises
    `StoreError`."""
    entries = await link.ask([("GET", f"{{j{home_of(job_id)}}}:dir:{job_id}") for job_id, _ in job_ids])
    await together(
        _call(link.call, "loosen", home_of(job_id), job_id, SECONDS, entry)
        for (job_id, shard), entry in zip(job_ids, entries, strict=True)
        if entry is not None and entry.partition(b" ")[0] == b"%d" % shard
    )


async def _call(call: Call, what: str, shard: int, *args: Arg) -> list[bytes]:
    return await call("claim", what, shard, *args, slot=f"j{shard}")


def _why(told: bytes, job_id: str) -> bytes:
    return told + job_id.encode()
