"""Lists of jobs: keyset pages, merged over the shards, from the shortest list that holds all that is asked for."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from ...core.job import Job
from ...core.states import STATUS
from ..contract import Query
from . import rows
from .forms import owner_name
from .link import Link
from .walk import Walk, downwards, shortest

LEAST_READ = 64  # members of one shard at a time
MOST_READ = 2_000


async def page(link: Link, query: Query) -> list[Job]:
    if query.q is None:
        return await _walked(link, query, None)
    # Each way to match has a list of its own; the newest of each are merged and cut again.
    found = {job.id: job for job in await _walked(link, replace(query, q=None), query.q)}
    for way in (replace(query, q=None, type=query.q), replace(query, q=None, tag=query.q)):
        if _compatible(query, way):
            found |= {job.id: job for job in await _walked(link, way, None)}
    newest = sorted(found.values(), key=lambda job: (job.spec.created_at, job.id), reverse=True)
    return newest[: query.limit]


def _compatible(query: Query, way: Query) -> bool:
    return query.type in (None, way.type) and query.tag in (None, way.tag)


async def _walked(link: Link, query: Query, prefix: str | None) -> list[Job]:
    """Down the list from where the last page ended; of ids with this `prefix` only."""
    walk = await _chosen(link, query)
    fits = _filter(query)
    found: list[Job] = []
    below: str | None = walk.below
    chunk = min(max(query.limit, LEAST_READ), MOST_READ)
    while below is not None and len(found) < query.limit:
        names, below = await downwards(link, replace(walk, below=below), chunk)
        if prefix is not None:
            names = [name for name in names if rows.id_of(name[1]).startswith(prefix)]
        found += [job for job in await read(link, names) if fits(job)]
        chunk = min(chunk * 2, MOST_READ)
    return found[: query.limit]


async def _chosen(link: Link, query: Query) -> Walk:
    by = "by:b:" if query.batches else "by:j:"
    lists = [
        f"{by}{kind}:{value}"
        for kind, value in (
            ("batch", query.batch),
            ("tag", query.tag),
            ("owner", None if query.owner is None else owner_name(query.owner)),
            ("type", query.type),
            ("status", query.status),
        )
        if value is not None
    ]
    name = await shortest(link, lists, f"{by}all")
    below = "+" if query.before is None else f"({rows.member(*query.before)}"
    above = "-" if query.created_after is None else f"({rows.member(query.created_after, '~')}"
    return Walk(name, above, below)


def _filter(query: Query) -> Callable[[Job], bool]:
    def fits(job: Job) -> bool:
        spec = job.spec
        return (
            (query.status is None or STATUS[job.phase] is query.status)
            and query.type in (None, spec.type)
            and query.owner in (None, spec.owner)
            and (query.tag is None or query.tag in job.tags)
            and query.batch in (None, spec.batch)
        )

    return fits


async def read(link: Link, names: Sequence[tuple[int, str]], *, params: bool = False) -> list[Job]:
    """The jobs of these names (shard and member) that are still there, in their order."""
    return await by_id(link, [(shard, rows.id_of(name)) for shard, name in names], params=params)


async def by_id(link: Link, ids: Sequence[tuple[int, str]], *, params: bool = False) -> list[Job]:
    """The jobs of these ids, with their shards, that are still there, in their order."""
    fields = rows.ROW[: rows.PARAMS + params]
    found = await link.ask([("HMGET", f"{{j{shard}}}:job:{job_id}", *fields) for shard, job_id in ids])
    return [job for row in found if (job := rows.job(row)) is not None]
