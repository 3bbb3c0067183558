"""What the nodes share beside jobs: see `store.shared`."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import orjson

from ...core.batch import Tally
from ...core.clock import Clock
from ...core.ids import SHARDS, shard_of
from ...core.job import Job
from ..shared import NodeShown
from . import lists, places, rows
from .forms import number
from .leases import LEASE, Leases
from .link import Link, together

SETTLED_AFTER = 4.0  # seconds since Redis answers again: each node has tried to renew by then
LEAD_MS = 10_000


class Nodes:
    def __init__(self, link: Link, leases: Leases, boot: str, clock: Clock) -> None:
        self._link = link
        self._leases = leases
        self._boot = boot
        self._clock = clock

    def listen(self, lost: Callable[[str, bool], None], wished: Callable[[str], None]) -> None:
        self._leases.listen(lost, wished)

    def on_epoch(self, listener: Callable[[], None]) -> None:
        self._link.on_epoch(listener)

    def describe(self, about: Callable[[], dict[str, Any]]) -> None:
        self._leases.describe = about

    @property
    def settled(self) -> bool:
        if self._link.down_since is not None:
            return False
        back = self._link.back_since
        return back is None or self._clock.monotonic() - back >= SETTLED_AFTER

    async def reserve(self, limits: Mapping[str, int], now: float, limit: int) -> Sequence[Job]:
        if not limits or limit < 1:
            return []
        asked: dict[str, list[tuple[int, str, int]]] = {}
        for type, most in limits.items():
            asked.setdefault(self._link.lines.slot(shard_of(type)), []).append((shard_of(type), type, most))
        many = dict.fromkeys(asked, limit)
        if len(asked) > 1:
            # No script reaches them all: a look first, then of each slot as many as are among the lowest ranks of all. Another
            # node may be faster with some; then the next ones of that slot are taken, never more.
            best = sorted(await self._reserved("look", asked, many, now))[:limit]
            many = Counter(self._link.lines.slot(shard) for _, _, shard in best)
        told = sorted(await self._reserved("", asked, many, now))
        names = [(shard, name) for _, name, shard in told]
        self._leases.keep([rows.id_of(name) for _, name in names])
        return await lists.read(self._link, names, params=True)

    async def _reserved(
        self, how: str, asked: Mapping[str, list[tuple[int, str, int]]], many: Mapping[str, int], now: float
    ) -> list[tuple[float, str, int]]:
        """Rank, member and shard of at most so `many` of each slot."""
        parts = await together(
            self._link.call("reserve", how, number(now), most, LEASE, *(part for one in asked[slot] for part in one), slot=slot)
            for slot, most in many.items()
        )
        return [
            (float(rank), name.decode(), int(shard))
            for told in parts
            for rank, name, shard in zip(told[::3], told[1::3], told[2::3], strict=True)
        ]

    async def put_back(self, jobs: Sequence[Job]) -> None:
        if jobs:
            self._leases.keep_not([job.id for job in jobs])
            await self._link.spread("put_back", [], [(shard_of(job.spec.type), job.id) for job in jobs])

    def let_go(self, job_id: str) -> None:
        self._leases.let_go(job_id)

    async def jobs(self, job_ids: Collection[str]) -> Sequence[Job]:
        return await lists.by_id(self._link, await places.shards_of(self._link, job_ids))

    async def turns(self) -> int:
        (turn,) = await self._link.ask([("GET", "{j}:turn")])
        return int(turn or 0)

    async def seqs(self, job_ids: Collection[str]) -> dict[str, int]:
        placed = await places.shards_of(self._link, job_ids)
        found = await self._link.ask([("HGET", f"{{j{shard}}}:job:{job_id}", "n") for shard, job_id in placed])
        return {job_id: int(seq) for (_, job_id), seq in zip(placed, found, strict=True) if seq is not None}

    async def members(self, batch_id: str) -> tuple[Tally, float]:
        told = await self._link.spread("members", [batch_id], [(shard,) for shard in range(SHARDS)])
        counts = [sum(map(int, told[place::6])) for place in range(5)]
        return Tally(*counts), sum(map(float, told[5::6]))

    async def pause(self, type: str, *, paused: bool) -> None:
        await self._link.ask([("SADD" if paused else "SREM", f"{{j{shard_of(type)}}}:paused", type)])

    async def paused(self) -> frozenset[str]:
        parts = await self._link.ask([("SMEMBERS", f"{{j{shard}}}:paused") for shard in range(SHARDS)])
        return frozenset(type.decode() for types in parts for type in types)

    async def running(self, type: str) -> int:
        ((seconds, _),) = await self._link.ask([("TIME",)], at=self._link.lines.slot(shard_of(type)))
        (live,) = await self._link.ask([("ZCOUNT", f"{{j{shard_of(type)}}}:leased:{type}", int(seconds), "+inf")])
        return int(live)

    async def nodes(self) -> Sequence[NodeShown]:
        ((seconds, _),) = await self._link.ask([("TIME",)])
        (boots,) = await self._link.ask([("ZRANGEBYSCORE", "{j}:nodes", int(seconds), "+inf")])
        if not boots:
            return []
        (about,) = await self._link.ask([("HMGET", "{j}:node", *boots)])
        return [
            NodeShown(boot.decode(), orjson.loads(text)) for boot, text in zip(boots, about, strict=True) if text is not None
        ]

    async def spend(self, who: str, rate: float, burst: float) -> float | None:
        (wait,) = await self._link.call("spend", who, rate, burst)
        return float(wait) if wait else None

    async def lead(self, task: str) -> bool:
        (mine,) = await self._link.call("lead", task, self._boot, LEAD_MS)
        return bool(mine)
