"""An optional power of a store: to keep how runs went, from which the end of later ones is told. No events of jobs.

It has nothing to do with how long jobs are kept: what was learned outlives them. `keep_runs` bounds it.
"""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from ..core.eta.kept import PastRun

KEPT_RUNS = 200  # of one type and version
KEPT_OF_TYPE = 600  # of one type: while two versions of an application take turns, neither forgets


@runtime_checkable
class RunStore(Protocol):
    """Both raise `StoreError`. What is kept is durable when the method returns."""

    async def keep_runs(self, runs: Sequence[PastRun]) -> None:
        """Add these, all or none; of their types and versions the newest `KEPT_RUNS` stay, of each type `KEPT_OF_TYPE`."""
        ...

    async def past_runs(self) -> Sequence[PastRun]:
        """All that are kept, in the order in which they were."""
        ...
