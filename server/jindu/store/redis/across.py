"""Births of several slots that are kept or refused as one: a batch and its jobs, in a cluster.

No script reaches them all. Worked through: a batch and jobs of two types, in three slots. Each of the two slots of the jobs
prepares its rows: ids and keys are taken from then on, and no list, queue or count has them. Then the slot of the batch
decides: in one script the batch is born and "yes" is written down, or it is refused. Then the others admit their rows into
lists and queues, or undo them. Who dies before the decision leaves rows that nobody sees; who dies behind it leaves a batch
whose jobs are admitted a little later: any node that finds rows undecided for `PATIENCE` asks the slot that decides. No
decision there becomes "no" for ever, so that who was only asleep is refused when it wakes.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from ...core.clock import Clock
from ...core.ids import SHARDS, random_id
from .forms import Words
from .link import Link, together
from .server import Arg

Call: TypeAlias = Callable[..., Awaitable[list[Any]]]
PATIENCE = 10.0  # seconds


@dataclass(frozen=True, slots=True)
class Births:
    """Of one slot: packed arguments, and the place of each among all."""

    args: Sequence[Words]
    places: Sequence[int]

    @property
    def words(self) -> Words:
        return [b"%d" % len(self.args), *(word for one in self.args for word in one)]


class Across:
    """`call` is as `Link.call`, and asks until it is told."""

    def __init__(self, link: Link, clock: Clock, call: Call) -> None:
        self._link = link
        self._clock = clock
        self._call = call
        self._seen: dict[bytes, float] = {}  # what is undecided: since when we know (monotonic seconds)

    async def keep(self, births: Mapping[int, Births]) -> bytes:
        """Births by shard. Why they are refused, as `commit.lua` tells it: for the first that does not fit; empty when all are
        kept. Raises `StoreError`: then they may be kept or not."""
        lead = min(births, key=lambda shard: births[shard].places[0])
        others = [shard for shard in births if shard != lead]
        token = random_id() + random_id()

        async def asked(what: str, shards: Sequence[int]) -> bytes:
            return _first(births, await self._all(what, token, lead, {shard: births[shard].words for shard in shards}))

        # What the lead would refuse is found before anything is prepared: mostly it is the batch that was there before.
        if refused := await asked("possible", [lead, *others]):
            return refused
        refused = await asked("prepare", others) or await asked("decide", [lead])
        await self._all("undo" if refused else "admit", token, lead, dict.fromkeys(others, ()))
        return refused

    async def recover(self) -> None:
        """Bring to an end what somebody left undecided. Raises `StoreError`."""
        parts = await self._link.ask([("SMEMBERS", f"{{j{shard}}}:undecided") for shard in range(SHARDS)])
        now = self._clock.monotonic()
        shards: dict[bytes, list[int]] = {}
        for shard, entries in enumerate(parts):
            for entry in entries:
                shards.setdefault(entry, []).append(shard)
        self._seen = {entry: self._seen.get(entry, now) for entry in shards}
        for entry, since in self._seen.items():
            if now - since >= PATIENCE:
                lead, token = entry.decode().split(" ")
                slot = self._link.lines.slot(int(lead))
                (verdict,) = await self._link.call("across", "verdict", token, slot=slot)
                what = "admit" if verdict == b"yes" else "undo"
                await together(
                    self._link.call("across", what, token, lead, slot=self._link.lines.slot(shard)) for shard in shards[entry]
                )

    async def _all(self, what: str, token: str, lead: int, words: Mapping[int, Sequence[Arg]]) -> dict[int, list[bytes]]:
        told = await together(
            self._call("across", what, token, lead, *more, slot=self._link.lines.slot(shard)) for shard, more in words.items()
        )
        return dict(zip(words, told, strict=True))


def _first(births: Mapping[int, Births], told: Mapping[int, Sequence[bytes]]) -> bytes:
    """Why the first that was refused was."""
    refused = [(births[shard].places[int(place) - 1], why) for shard, (why, *rest) in told.items() if why for place in rest]
    return min(refused, default=(0, b""))[1]
