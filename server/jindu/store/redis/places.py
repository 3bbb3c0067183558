"""Where a job is: in the shard that its id names, or in one that the directory there knows."""

from collections.abc import Collection, Mapping, Sequence

from ...core.ids import home_of
from .link import Link
from .server import Arg


def homed(job_id: str, kind: str) -> str:
    """A key of this kind in the home of an id."""
    return f"{{j{home_of(job_id)}}}:{kind}:{job_id}"


def entered(entry: bytes) -> int:
    """The shard that an entry of the directory names: alone, or with the number that it has in a cluster (`claim.lua`)."""
    return int(entry.partition(b" ")[0])


async def locate(link: Link, job_ids: Collection[str]) -> Mapping[str, int]:
    """The shard of each of these jobs that is, or was, in another than its home says."""
    asked = [job_id for job_id in job_ids if job_id]
    found = await link.ask([("GET", homed(job_id, "dir")) for job_id in asked])
    return {job_id: entered(entry) for job_id, entry in zip(asked, found, strict=True) if entry is not None}


async def shards_of(link: Link, job_ids: Collection[str]) -> list[tuple[int, str]]:
    """Each id with the shard that its job is in, if it is anywhere."""
    elsewhere = await locate(link, job_ids)
    return [(elsewhere.get(job_id, home_of(job_id)), job_id) for job_id in job_ids]


async def ask_of(link: Link, job_id: str, commands: Sequence[Sequence[Arg]]) -> tuple[int, list[object]]:
    """The answers of commands whose first word behind the name is a kind of key (`job`, `log`); where the job was found."""
    home = home_of(job_id)
    directory, *answers = await link.ask([("GET", homed(job_id, "dir")), *_addressed(home, job_id, commands)])
    shard = home if directory is None else entered(directory)
    if shard == home:
        return home, answers
    return shard, await link.ask(_addressed(shard, job_id, commands))


def _addressed(shard: int, job_id: str, commands: Sequence[Sequence[Arg]]) -> list[list[Arg]]:
    return [[name, f"{{j{shard}}}:{kind!s}:{job_id}", *rest] for name, kind, *rest in commands]
