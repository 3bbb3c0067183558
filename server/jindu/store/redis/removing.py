"""Removal of what was kept long enough, or is not wanted any more, and what is read for it. A tombstone stays in its place."""

from collections.abc import Collection, Sequence

from ...core.contexts import ContextQuery, ErrorContext
from ...core.ids import SHARDS, home_of
from ...core.states import STATUS, Status
from .. import webhooks
from ..contexts import KEPT_ROWS, KEPT_SECONDS
from . import claims, deliveries, lists, places, rows
from .forms import number
from .link import Link, together
from .server import Arg

TOMBSTONE_SECONDS = 30 * 86_400
PAGE = 500
Candidate = tuple[float, int, str]  # by when, shard, id


async def sweep(link: Link, now: float, limit: int) -> list[str]:
    """What was kept long enough, tombstones, error contexts and deliveries too. Raises `StoreError`."""
    removed = await _removed(link, await _over(link, now, limit), now)
    await _forget(link, now)
    return removed


async def remove(link: Link, job_ids: Collection[str], now: float) -> list[str]:
    """Those of these jobs that have ended, not the jobs of an open batch. Raises `StoreError`."""
    placed = await places.shards_of(link, list(dict.fromkeys(job_ids)))
    held_back = await _of_open_batches(link, placed)
    return await _removed(link, [one for one in placed if one[1] not in held_back], now)


async def finished(link: Link, before: float, status: Status | None, limit: int, owner: str | None) -> list[str]:
    """Ids of what had ended at `before`, as `Store.finished`."""
    found: list[str] = []
    start = 0
    while len(found) < limit:
        page, more = await _page(link, "ended", before, start)
        placed = [(shard, job_id) for _, shard, job_id in page]
        held_back = await _of_open_batches(link, placed)
        for job in await lists.by_id(link, placed):
            if job.id not in held_back and status in (None, STATUS[job.phase]) and owner in (None, job.spec.owner):
                found.append(job.id)
        if not more:
            break
        start += PAGE
    return found[:limit]


async def contexts(link: Link, query: ContextQuery) -> list[ErrorContext]:
    named = [f"{{j}}:context:{kind}:{value}" for kind, value in (("job", query.job), ("code", query.code)) if value is not None]
    (ids,) = await link.ask([("ZREVRANGE", (named or ["{j}:context:all"])[0], 0, -1 if len(named) > 1 else query.limit - 1)])
    bodies = await link.ask([("HMGET", "{j}:context:bodies", *ids)]) if ids else [[]]
    found = [rows.context(body) for body in bodies[0] if body is not None]
    return [one for one in found if query.job in (None, one.job) and query.code in (None, one.code)][: query.limit]


async def _over(link: Link, now: float, limit: int) -> list[tuple[int, str]]:
    """What was kept long enough, the oldest first; not the jobs of a batch that is open."""
    found: list[Candidate] = []
    start, more = 0, True
    while more and len(found) < limit:
        page, more = await _page(link, "over", now, start)
        held_back = await _of_open_batches(link, [(shard, job_id) for _, shard, job_id in page])
        found += [one for one in page if one[2] not in held_back]
        start += PAGE
    return [(shard, job_id) for _, shard, job_id in sorted(found)[:limit]]


async def _page(link: Link, name: str, until: float, start: int) -> tuple[list[Candidate], bool]:
    """From each shard the next few of a list, and whether any has more."""
    parts = await link.ask(
        [
            ("ZRANGEBYSCORE", f"{{j{shard}}}:{name}", "-inf", number(until), "WITHSCORES", "LIMIT", start, PAGE)
            for shard in range(SHARDS)
        ]
    )
    found = [
        (float(part[one + 1]), shard, part[one].decode()) for shard, part in enumerate(parts) for one in range(0, len(part), 2)
    ]
    return found, any(len(part) == 2 * PAGE for part in parts)


async def _of_open_batches(link: Link, placed: Sequence[tuple[int, str]]) -> set[str]:
    """Those whose batch is open: it is counted from them. An end is for ever, so what is not open now stays so."""
    if not placed:
        return set()
    jobs = await lists.by_id(link, placed)
    batches = sorted({job.spec.batch for job in jobs if job.spec.batch is not None})
    at = await places.shards_of(link, batches)
    phases = await link.ask([("HGET", f"{{j{shard}}}:job:{batch}", "h") for shard, batch in at])
    still = {b"pending", b"running", b"cancelling"}
    open_ = {batch for batch, phase in zip(batches, phases, strict=True) if phase in still}
    return {job.id for job in jobs if job.spec.batch in open_}


async def _removed(link: Link, placed: Sequence[tuple[int, str]], now: float) -> list[str]:
    if not placed:
        return []
    return [job_id.decode() for job_id in await link.spread("remove", [number(now)], placed)]


async def _forget(link: Link, now: float) -> None:
    found, _ = await _page(link, "tombs", now - TOMBSTONE_SECONDS, 0)
    if link.is_cluster:
        await claims.keep_the_rest(link)
        await claims.loosen(link, [(job_id, shard) for _, shard, job_id in found if home_of(job_id) != shard])
    parts: dict[str, tuple[list[Arg], list[Arg]]] = {}
    for _, shard, job_id in found:
        parts.setdefault(link.lines.slot(shard), ([], []))[0].extend((home_of(job_id), job_id, shard))
    for shard, one in await deliveries.too_many(link, now - webhooks.KEPT_SECONDS, webhooks.KEPT_ROWS):
        parts.setdefault(link.lines.slot(shard), ([], []))[1].extend((shard, one))
    await together(
        link.call("forget", len(tombs) // 3, *tombs, *settled, slot=slot) for slot, (tombs, settled) in parts.items()
    )
    await link.call("contexts", number(now - KEPT_SECONDS), KEPT_ROWS)
