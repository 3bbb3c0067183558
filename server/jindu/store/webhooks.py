"""What a store promises about webhooks and their deliveries: a part of the contract. They are no events of jobs.

A delivery is born with the end of its job (`contract.Moved.deliveries`), in one transaction, so that no end is forgotten. The
rest is here. `sweep` removes settled deliveries older than `KEPT_SECONDS`, and all settled ones but the newest `KEPT_ROWS`.
"""

from collections.abc import Sequence
from typing import Protocol

from ..core.webhooks import Delivery, DeliveryQuery, Webhook

KEPT_SECONDS = 30 * 86_400
KEPT_ROWS = 10_000


class WebhookStore(Protocol):
    """What is written is durable when the method returns. All raise `StoreError`."""

    async def webhooks(self) -> Sequence[Webhook]:
        """All there are, in the order of their making."""
        ...

    async def put_webhook(self, webhook: Webhook) -> None:
        """Keep a new one, or all fields of one that is there."""
        ...

    async def drop_webhook(self, webhook_id: str, at: float) -> bool:
        """Remove one; its deliveries that wait are dead from this wall-clock second on. Whether there was such a one."""
        ...

    async def take_deliveries(self, now: float, until: float, limit: int) -> Sequence[Delivery]:
        """Take those that are due, the longest due first: each is due again at `until`, with `attempts` and `run` one higher,
        as returned. So what a dead process had taken is taken again."""
        ...

    async def next_delivery(self) -> float | None:
        """Wall-clock second at which the next one falls due, or fell; None if none waits."""
        ...

    async def settle_delivery(self, delivery: Delivery) -> bool:
        """Keep what became of one that was taken: `state`, `due_at`, `tried_at`, `status`, `error`. Only while it waits and
        has this `run`; whether it was."""
        ...

    async def redeliver(self, delivery_id: str, at: float) -> bool:
        """Let one wait again, due at this wall-clock second, with no attempts behind it, whatever became of it; whether there
        is such a one."""
        ...

    async def delivery(self, delivery_id: str) -> Delivery | None: ...

    async def deliveries(self, query: DeliveryQuery) -> Sequence[Delivery]:
        """By falling id, which is the order of their making. Lists carry neither `payload` nor `secret`."""
        ...
