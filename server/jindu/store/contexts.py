"""What a store promises about error contexts: a part of the contract. They are no events of jobs, and outlive them.

Writing one is a change like any other (`contract.Noted`). `sweep` removes those older than `KEPT_SECONDS`, and all but the
newest `KEPT_ROWS`.
"""

from collections.abc import Sequence
from typing import Protocol

from ..core.contexts import ContextQuery, ErrorContext

KEPT_SECONDS = 30 * 86_400
KEPT_ROWS = 10_000


class ContextStore(Protocol):
    """All raise `StoreError`."""

    async def context(self, error_id: str) -> ErrorContext | None:
        """The context of this error id."""
        ...

    async def contexts(self, query: ContextQuery) -> Sequence[ErrorContext]:
        """Those that fit, the newest first."""
        ...
