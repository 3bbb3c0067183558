"""A group of changes in a cluster: one script for each slot, all sent at once, the answers put together in the order of the
group.

Changes of one slot are settled in their order, by one script. What one change builds on another in another slot is settled
behind it: an id that is submitted with types of two shards, and births of several slots that are kept as one (`across.py`).
Nothing else of a group depends on another slot: a move is made from the job that it moves, and a batch is moved by what is kept
of its jobs.
"""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any, TypeAlias

from ...core.ids import home_of, random_id, shard_of
from ..contract import Change, Moved, StepDone, StoreError, Together
from . import claims, places, rows
from .across import Across, Births, Call
from .forms import Words
from .leases import LEASE, Leases
from .lines import COMMON
from .link import Link, together

TRIES = 3  # in which others may be faster
Packed: TypeAlias = tuple[Change, Words]
Told: TypeAlias = bytes | StoreError
Claimed: TypeAlias = claims.Claim | StoreError
Outlast: TypeAlias = Callable[[Callable[[], Awaitable[Any]]], Awaitable[Any]]


class Spreading:
    """`call` is as `Link.call`, and asks until it is told, as `outlast` does with any question."""

    def __init__(self, link: Link, leases: Leases, across: Across, call: Call, outlast: Outlast) -> None:
        self._link = link
        self._leases = leases
        self._across = across
        self._call = call
        self._outlast = outlast

    async def settle(self, changes: Sequence[Packed]) -> list[Told]:
        """How each was settled, as `commit.lua` tells it, or why that is not known."""
        told: list[Told] = [b""] * len(changes)
        stage: list[int] = []
        where: dict[str, int] = {}
        for place, (change, args) in enumerate(changes):
            shards = {moved.job.id: shard_of(moved.job.spec.type) for moved in moves_of(change)}
            several = len(set(shards.values())) > 1
            if several or any(where.get(job_id, shard) != shard for job_id, shard in shards.items()):
                await self._stage(changes, stage, where, told)
                stage, where = [], {}
            if several:
                told[place] = await self._born_across(change, args)
            else:
                stage.append(place)
                where |= shards
        await self._stage(changes, stage, where, told)
        return told

    async def _stage(self, changes: Sequence[Packed], stage: Sequence[int], where: dict[str, int], told: list[Told]) -> None:
        """Those changes of which none needs another in another slot; `where` knows the shards of their jobs."""
        where |= await self._found([changes[place][0] for place in stage], where)
        claimed = await self._claimed([moved for place in stage for moved in moves_of(changes[place][0])])
        parts: dict[str, list[int]] = {}
        for place in stage:
            change, args = changes[place]
            refused = _directed(change, args, where, claimed)
            if refused:
                told[place] = refused
            else:
                parts.setdefault(self._slot(change, where), []).append(place)
        await together(self._sent(slot, changes, mine, told) for slot, mine in parts.items())
        for place in stage:
            for _ in range(TRIES):
                if not await self._moved(told[place], where, claimed):
                    break
                change, args = changes[place]
                told[place] = _directed(change, args, where, claimed)
                if not told[place]:
                    await self._sent(self._slot(change, where), changes, [place], told)
        await self._stay([moved for place in stage if not told[place] for moved in moves_of(changes[place][0])], claimed)

    async def _sent(self, slot: str, changes: Sequence[Packed], mine: Sequence[int], told: list[Told]) -> None:
        start = 0
        while start < len(mine):
            end = cut([changes[place][1] for place in mine], start)
            part = mine[start:end]
            args = [word for place in part for word in changes[place][1]]
            try:
                answers = await self._call("commit", random_id() + random_id(), LEASE, len(part), *args, slot=slot)
            except StoreError as error:  # of this slot: the others know what became of theirs
                for place in mine[start:]:
                    told[place] = error
                return
            for place, answer in zip(part, answers, strict=True):
                told[place] = answer
            start = end

    def _slot(self, change: Change, where: dict[str, int]) -> str:
        about = [change.job] if isinstance(change, StepDone) else [moved.job.id for moved in moves_of(change)]
        return self._link.lines.slot(where[about[0]]) if about else COMMON

    async def _found(self, changes: Sequence[Change], where: dict[str, int]) -> dict[str, int]:
        """The shards of the jobs of steps: most are of jobs that run here."""
        known: dict[str, int] = {}
        for change in changes:
            if isinstance(change, StepDone) and change.job not in where:
                type = self._leases.type_of(change.job)
                known[change.job] = -1 if type is None else shard_of(type)
        sought = [job_id for job_id, shard in known.items() if shard < 0]
        found = await self._outlast(lambda: places.shards_of(self._link, sought)) if sought else []
        return known | {job_id: shard for shard, job_id in found}

    # -- ids that do not say where they are --------------------------------------------------------------------

    async def _claimed(self, moves: Sequence[Moved]) -> dict[str, Claimed]:
        births = {moved.job.id: shard_of(moved.job.spec.type) for moved in moves if moved.before is None}
        foreign = {job_id: shard for job_id, shard in births.items() if home_of(job_id) != shard}
        made = await together(self._claim(job_id, shard) for job_id, shard in foreign.items())
        return dict(zip(foreign, made, strict=True))

    async def _claim(self, job_id: str, shard: int) -> Claimed:
        try:
            return await claims.claim(self._call, job_id, shard)
        except StoreError as error:
            return error

    async def _moved(self, told: Told, where: dict[str, int], claimed: dict[str, Claimed]) -> bool:
        """Whether a birth was refused because the directory names another shard for its id, which now is seen to."""
        if isinstance(told, StoreError) or told[:1] != b"M":
            return False
        job_id = told[1:].decode()
        claimed[job_id] = await self._claim(job_id, where[job_id])
        return True

    async def _stay(self, moves: Sequence[Moved], claimed: dict[str, Claimed]) -> None:
        born = {moved.job.id: shard_of(moved.job.spec.type) for moved in moves if moved.before is None}
        with suppress(StoreError):  # then a sweep does it
            await claims.keep(self._link, [(job_id, shard) for job_id, shard in born.items() if job_id in claimed])

    # -- births of several slots -------------------------------------------------------------------------------

    async def _born_across(self, change: Change, args: Words) -> Told:
        moves = moves_of(change)
        shards = {moved.job.id: shard_of(moved.job.spec.type) for moved in moves}
        claimed = await self._claimed(moves)
        for _ in range(TRIES):
            refused = _directed(change, args, shards, claimed) or await self._kept_across(_parted(moves, args, shards))
            if not await self._moved(refused, shards, claimed):
                break
        if not refused:
            await self._stay(moves, claimed)
        return refused

    async def _kept_across(self, births: dict[int, Births]) -> Told:
        try:
            return await self._across.keep(births)
        except StoreError as error:
            return error


def _parted(moves: Sequence[Moved], args: Words, shards: dict[str, int]) -> dict[int, Births]:
    parts: dict[int, tuple[list[Words], list[int]]] = {}
    for place, moved in enumerate(moves):
        mine = parts.setdefault(shards[moved.job.id], ([], []))
        mine[0].append(args[2 + place * rows.BIRTH : 2 + (place + 1) * rows.BIRTH])
        mine[1].append(place)
    return {shard: Births(*part) for shard, part in parts.items()}


def _directed(change: Change, args: Words, where: dict[str, int], claimed: dict[str, Claimed]) -> Told:
    """Write into the arguments where the script finds what they are about: all in one slot. Why it need not be sent, if a birth
    of it is refused already."""
    if isinstance(change, StepDone):
        args[1] = b"%d" % where[change.job]
    at = 2 if isinstance(change, Together) else 0
    for moved in moves_of(change):
        if moved.before is not None:
            at += rows.MOVE + rows.DELIVERY * len(moved.deliveries)
            continue
        number = claimed.get(moved.job.id)
        if number is not None and not isinstance(number, int):
            return number
        args[at + rows.HOME] = b"%d" % where[moved.job.id]
        args[at + rows.NUMBER] = b"" if number is None else b"%d" % number
        at += rows.BIRTH
    return b""


def moves_of(change: Change) -> Sequence[Moved]:
    if isinstance(change, Together):
        return change.moves
    return (change,) if isinstance(change, Moved) else ()


def cut(packed: Sequence[Words | StoreError], start: int) -> int:
    """Where the script that begins at `start` ends: before it would hold up others for too long."""
    size = 0
    for place in range(start, len(packed)):
        one = packed[place]
        size += sum(map(len, one)) if isinstance(one, list) else 0
        if size > GROUP_BYTES and place > start:
            return place
    return len(packed)


GROUP_BYTES = 4 * 1024 * 1024  # of arguments: what one script may hold up others for
