"""Chooses the bus by the address of the store: Redis where several nodes may share the work."""

from .contract import Bus
from .local import LocalBus

_REDIS = ("redis:", "rediss:", "valkey:", "valkeys:")


def open_bus(store_url: str = "") -> Bus:
    """The store of this address must be open: then what it needs to be reached is there."""
    if not store_url.startswith(_REDIS):
        return LocalBus()
    from .redis import RedisBus

    return RedisBus(store_url)
