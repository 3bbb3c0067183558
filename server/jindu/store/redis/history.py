"""Which history Redis holds: agreed on by all nodes, kept in each slot beside what it guards.

The epoch of the common slot leads; those of the others follow it. Worked through, three servers, one of which was killed and
has lost its last second: a node sees another run there than the slots remember. It writes a new epoch into the common slot,
then into each of the others, and dies halfway. The next one finds: slots that still do not know their server, so there is one
more new epoch; or all know theirs and some lag behind, so these are brought up. Whoever believes in an epoch that a slot has
left is told so by its scripts; whoever believes in one that a lagging slot still has does no harm there: that slot has lost
nothing.
"""

import asyncio
from collections.abc import Mapping

from ...core.ids import random_id
from .lines import COMMON, Lines
from .safety import Facts
from .scripts import DIGESTS
from .server import Arg

ROUNDS = 20  # in which others may be faster
WAIT = 0.1  # seconds that a new history takes to reach all slots


class Disagreed(Exception):
    """Others were faster each time."""


async def agreed(lines: Lines, facts: Mapping[str, Facts]) -> str:
    """The epoch, from the facts of the server of each slot. Raises what Redis answers, and `Disagreed`."""
    for _ in range(ROUNDS):
        seen = await _looked(lines, facts)
        epoch, _ = seen[COMMON]
        broken = {slot for slot, (_, known) in seen.items() if not known}
        if broken:
            # First of all here: who comes upon what we leave undone finds slots that do not know their server, and begins
            # again.
            before, epoch = epoch, random_id()
            if not await _turned(lines, facts, {COMMON: before}, epoch):
                await asyncio.sleep(WAIT)  # another has begun one: it is let finish
                continue
        behind = {slot: was for slot, (was, _) in seen.items() if slot != COMMON and (slot in broken or was != epoch)}
        if await _turned(lines, facts, behind, epoch):
            return epoch
    raise Disagreed("the nodes do not agree on an epoch")


async def _looked(lines: Lines, facts: Mapping[str, Facts]) -> dict[str, tuple[str, bool]]:
    told = await _asked(lines, {slot: ("look", *_given(known)) for slot, known in facts.items()})
    return {slot: (epoch.decode(), bool(known)) for slot, (epoch, known) in told.items()}


async def _turned(lines: Lines, facts: Mapping[str, Facts], before: Mapping[str, str], epoch: str) -> bool:
    """Whether each slot that was at the epoch `before` now is at `epoch`."""
    told = await _asked(lines, {slot: ("turn", *_given(facts[slot]), was, epoch) for slot, was in before.items()})
    return all(done for (done,) in told.values())


async def _asked(lines: Lines, args: Mapping[str, tuple[Arg, ...]]) -> dict[str, list[bytes]]:
    if not args:
        return {}
    answers = await lines.send(
        [
            (slot, ("EVALSHA", DIGESTS["epoch"], 2, f"{{{slot}}}:epoch", f"{{{slot}}}:facts", *given))
            for slot, given in args.items()
        ],
        looking=True,
    )
    for answer in answers:
        if isinstance(answer, Exception):
            raise answer
    return dict(zip(args, answers, strict=True))


def _given(facts: Facts) -> tuple[Arg, ...]:
    return facts.run, facts.replication, int(facts.synced), int(facts.replicas)
