"""What errors of Redis mean for who asked."""

from redis import exceptions as redis

from ..contract import StorageFull, StoreBroken, StoreBusy, StoreError

FULL = ("OOM", "MISCONF")  # no memory; a disk that cannot be written
LATER = ("LOADING", "READONLY", "MASTERDOWN", "BUSY", "TRYAGAIN", "CLUSTERDOWN", "NOREPLICAS", "UNKILLABLE")


class Unreachable(StoreBusy):
    """No answer came: what was asked may have been done."""


class OtherEpoch(StoreBusy):
    """Redis holds another history than the one the caller knew; nothing was done."""


class NotNow(StoreBusy):
    """A slot of a cluster is on its way to another server, or nobody serves it at present; nothing was done."""


ELSEWHERE = (redis.AskError, redis.TryAgainError, redis.ClusterDownError)  # MOVED is an AskError to the client library
IN_A_SCRIPT = ("access a non local key", "cluster is down")


def meaning(error: redis.RedisError) -> StoreError:
    """The contract's error for one of the client library's."""
    if isinstance(error, redis.ConnectionError | redis.TimeoutError) and not isinstance(error, redis.BusyLoadingError):
        return Unreachable(f"Redis does not answer: {error}")
    text = str(error)
    if isinstance(error, ELSEWHERE) or any(part in text for part in IN_A_SCRIPT):
        return NotNow(f"the Redis Cluster does not serve a slot at present: {text or type(error).__name__}")
    if "SELECT is not allowed in cluster mode" in text:
        return StoreBroken("a Redis Cluster has only database 0: leave out the number behind its address")
    if text.startswith(FULL) or isinstance(error, redis.OutOfMemoryError):
        return StorageFull(f"Redis keeps nothing at present: {text}")
    if text.startswith(LATER) or isinstance(error, redis.BusyLoadingError | redis.ReadOnlyError):
        return StoreBusy(f"Redis is not ready: {text}")
    return StoreBroken(f"Redis refused: {text}")
