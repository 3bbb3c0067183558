"""What a node does because there are others: what they changed is read, what they left is taken up.

Nothing here is needed for what runs: it is how keys, webhooks, pauses and batches that another node has touched become known.
"""

from collections.abc import Awaitable, Callable, Sequence

from ..store.contract import Store
from .batches import Batches
from .registry import Registry

READ_EVERY = 1.0  # seconds
TAKE_UP_EVERY = 5.0


class Others:
    """`again`: what is called when others have changed keys or webhooks."""

    def __init__(
        self, store: Store, registry: Registry, batches: Batches, again: Sequence[Callable[[], Awaitable[None]]]
    ) -> None:
        self._store = store
        self._registry = registry
        self._batches = batches
        self._again = again
        self._turn = -1
        self._next_read = 0.0
        self._next_look = 0.0

    async def tick(self, now: float) -> None:
        """`now` is monotonic seconds. Raises `StoreError`."""
        shared = self._store.shared
        if shared is None:
            return
        if now >= self._next_read:
            self._next_read = now + READ_EVERY
            turn = await shared.turns()
            if turn != self._turn:
                for load in self._again:
                    await load()
                self._turn = turn
            self._registry.set_paused(await shared.paused())
        if now >= self._next_look:
            self._next_look = now + TAKE_UP_EVERY
            if await shared.lead("batches"):
                await self._batches.recover()
