"""Lists that are sorted by name and lie in parts in all shards: which one is short, and the way down it."""

from collections.abc import Sequence
from dataclasses import dataclass

from ...core.ids import SHARDS
from .link import Link
from .server import Words


@dataclass(frozen=True, slots=True)
class Walk:
    """A list, and the names in it between which to look, the newest first."""

    name: str
    above: str
    below: str


async def downwards(link: Link, walk: Walk, chunk: int) -> tuple[list[tuple[int, str]], str | None]:
    """The next names (shard and name) by falling order, and below which to go on; None: there is no more."""
    commands: list[Words] = [
        ("ZREVRANGEBYLEX", f"{{j{shard}}}:{walk.name}", walk.below, walk.above, "LIMIT", 0, chunk) for shard in range(SHARDS)
    ]
    parts = [[name.decode() for name in part] for part in await link.ask(commands)]
    # A shard that gave all it was asked for may hold more below its last: nothing under that is shown yet.
    horizon = max((part[-1] for part in parts if len(part) == chunk), default="")
    names = [(shard, name) for shard, part in enumerate(parts) for name in part if name >= horizon]
    names.sort(key=lambda one: one[1], reverse=True)
    return names, f"({horizon}" if horizon else None


async def shortest(link: Link, names: Sequence[str], otherwise: str) -> str:
    """Of lists that each hold all that is looked for; `otherwise` where there are none."""
    if len(names) < 2:
        return names[0] if names else otherwise
    asked: list[Words] = [("ZCARD", f"{{j{shard}}}:{name}") for name in names for shard in range(SHARDS)]
    sizes = await link.ask(asked)
    totals = [sum(sizes[place * SHARDS : (place + 1) * SHARDS]) for place in range(len(names))]
    return names[totals.index(min(totals))]
