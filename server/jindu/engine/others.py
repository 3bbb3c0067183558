"""What a node does because there are others: what they changed is read, what they left is taken up.

Nothing here is needed for what runs: it is how keys, pauses and batches that another node has touched become known.
"""

from ..store.contract import Store
from ..store.keyring import Keyring
from .batches import Batches
from .registry import Registry

READ_EVERY = 1.0  # seconds
TAKE_UP_EVERY = 5.0


class Others:
    def __init__(self, store: Store, registry: Registry, keyring: Keyring, batches: Batches) -> None:
        self._store = store
        self._registry = registry
        self._keyring = keyring
        self._batches = batches
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
                self._turn = turn
                await self._keyring.load_again()
            self._registry.set_paused(await shared.paused())
        if now >= self._next_look:
            self._next_look = now + TAKE_UP_EVERY
            if await shared.lead("batches"):
                await self._batches.recover()
