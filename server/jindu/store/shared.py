"""What a store promises beyond the contract when several nodes use it at once: leases, places among limits, one leader.

The nodes need not know of each other: each asks the store, whose clock decides. A lease that is not renewed is over; what its
holder still writes meets the fence.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from ..core.batch import Tally
from ..core.job import Job


@dataclass(frozen=True, slots=True)
class NodeShown:
    """One node, as it said of itself at its last renewal. `boot` names its opening of the store."""

    boot: str
    about: Mapping[str, Any]


class Shared(Protocol):
    """All that is awaited raises `StoreError`."""

    def listen(self, lost: Callable[[str, bool], None], wished: Callable[[str], None]) -> None:
        """Who runs the jobs hears, on the event loop, of a lease that is over (True) or could not be renewed in time (False:
        the run has to end, and may hand back), and of a job whose end somebody wished for."""
        ...

    def on_epoch(self, listener: Callable[[], None]) -> None:
        """Call when another history has begun: what is held in memory of the old one is worth nothing."""
        ...

    def describe(self, about: Callable[[], dict[str, Any]]) -> None:
        """What this node says of itself. Called from a thread at each renewal."""
        ...

    async def turns(self) -> int:
        """A number that rises with each change of keys, signing secrets and webhooks."""
        ...

    @property
    def settled(self) -> bool:
        """Whether others have had the time to renew since the store could be reached again: before, no lease that is over tells
        that its holder is gone."""
        ...

    async def reserve(self, limits: Mapping[str, int], now: float, limit: int) -> Sequence[Job]:
        """At most `limit` of the jobs that `Store.ready` would give, kept for this node to claim at once; of each type only as
        many as keep the leases of all nodes within its limit, and none of a type that is paused."""
        ...

    async def put_back(self, jobs: Sequence[Job]) -> None:
        """What was reserved and will not be claimed."""
        ...

    def let_go(self, job_id: str) -> None:
        """This node runs it no more. If the store was not told so, its lease is not renewed, and it goes on elsewhere."""
        ...

    async def jobs(self, job_ids: Collection[str]) -> Sequence[Job]:
        """Those of these jobs that are there, in no order, without params."""
        ...

    async def seqs(self, job_ids: Collection[str]) -> dict[str, int]:
        """The seq of each of these jobs that is there."""
        ...

    async def members(self, batch_id: str) -> tuple[Tally, float]:
        """How the jobs of a batch stand, and the sum of their percents (100 for one that has ended)."""
        ...

    async def pause(self, type: str, *, paused: bool) -> None:
        """Nothing of this type is reserved on any node, or again."""
        ...

    async def paused(self) -> frozenset[str]:
        """The types that are paused."""
        ...

    async def running(self, type: str) -> int:
        """Leases of this type that live, on all nodes."""
        ...

    async def nodes(self) -> Sequence[NodeShown]:
        """Those that renewed within a lease."""
        ...

    async def spend(self, who: str, rate: float, burst: float) -> float | None:
        """Take one of `who`'s requests, which on all nodes together are `rate` a second, and `burst` at once. None if it may go
        on, else the seconds after which one would."""
        ...

    async def lead(self, task: str) -> bool:
        """Whether this node is the one that does this task now: by a lease that each call renews."""
        ...
