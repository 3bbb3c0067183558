"""What errors of Redis mean for who asked."""

from redis import exceptions as redis

from ..contract import StorageFull, StoreBroken, StoreBusy, StoreError

FULL = ("OOM", "MISCONF")  # no memory; a disk that cannot be written
LATER = ("LOADING", "READONLY", "MASTERDOWN", "BUSY", "TRYAGAIN", "CLUSTERDOWN", "NOREPLICAS", "UNKILLABLE")


class Unreachable(StoreBusy):
    """No answer came: what was asked may have been done."""


class OtherEpoch(StoreBusy):
    """Redis holds another history than the one the caller knew; nothing was done."""


def meaning(error: redis.RedisError) -> StoreError:
    """The contract's error for one of the client library's."""
    if isinstance(error, redis.ConnectionError | redis.TimeoutError) and not isinstance(error, redis.BusyLoadingError):
        return Unreachable(f"Redis does not answer: {error}")
    text = str(error)
    if text.startswith(FULL) or isinstance(error, redis.OutOfMemoryError):
        return StorageFull(f"Redis keeps nothing at present: {text}")
    if text.startswith(LATER) or isinstance(error, redis.BusyLoadingError | redis.ReadOnlyError):
        return StoreBusy(f"Redis is not ready: {text}")
    return StoreBroken(f"Redis refused: {text}")
