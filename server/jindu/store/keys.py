"""What a store promises about keys and signing secrets: a part of the contract. These are no events of jobs."""

from collections.abc import Sequence
from typing import Protocol

from ..core.access import ApiKey, SigningSecret, Subject


class KeyStore(Protocol):
    """What is written is durable when the method returns. All raise `StoreError`."""

    async def keys(self) -> Sequence[ApiKey]:
        """All keys that were ever made, revoked ones too, in the order of their making."""
        ...

    async def add_key(self, key: ApiKey) -> None:
        """Keep a new key. Raises `Exists` if its id is taken."""
        ...

    async def revoke_key(self, key_id: str, at: float) -> bool:
        """Mark a key as revoked at this wall-clock second, unless it is already; whether there is such a key."""
        ...

    async def signing(self) -> Sequence[SigningSecret]:
        """The secrets that are good, the newest first: two at most."""
        ...

    async def sign_with(self, secret: SigningSecret) -> None:
        """Keep a new secret and the one before it; older ones are forgotten."""
        ...

    async def owned(self, id: str) -> Subject | None:
        """Whose a job or batch is and the channels that lead to it, also when it was removed and its tombstone stays; None if
        there never was one. Of what was removed it is not known which of the two it was: channels of both lead to it."""
        ...
