"""An optional power of a store: to keep the history of alerts over restarts. No events of jobs.

`keep_alert` bounds it by age and rows, each time that it is called.
"""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from ..core.alerts import Alert

KEPT_SECONDS = 30 * 86_400
KEPT_ROWS = 1_000


@runtime_checkable
class AlertStore(Protocol):
    """Both raise `StoreError`. What is kept is durable when the method returns."""

    async def keep_alert(self, alert: Alert, now: float) -> None:
        """Keep an alert as it is now, in the place of what was kept of it before; forget those that resolved more than
        `KEPT_SECONDS` before `now`, and all resolved ones but the newest `KEPT_ROWS`."""
        ...

    async def alerts(self, limit: int) -> Sequence[Alert]:
        """Those that are active, then the others, the newest first in each."""
        ...
