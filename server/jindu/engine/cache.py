"""A cache with a bound, a time to live and figures: for reports, configuration, answers of outside services.

Least recently used goes first (cachetools); what is older than its time to live is not shown. May be used from any thread.
"""

import threading
from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

from cachetools import TTLCache

from ..core.clock import Clock, SystemClock

K = TypeVar("K")
V = TypeVar("V")
D = TypeVar("D")

_ABSENT: Any = object()


class LRUCache(Generic[K, V]):
    """`max_size` entries (with `weigh`, their weight together), each for `ttl` seconds after it was set."""

    def __init__(
        self, max_size: int = 1000, ttl: float = 300, *, weigh: Callable[[V], int] | None = None, clock: Clock | None = None
    ) -> None:
        if max_size < 1 or not ttl > 0:
            raise ValueError("a cache needs a max_size of at least 1 and a ttl above 0")
        self.max_size = max_size
        self.ttl = ttl
        self._weigh = weigh
        self._kept: TTLCache[K, V] = TTLCache(max_size, ttl, timer=(clock or SystemClock()).monotonic, getsizeof=weigh)
        self._lock = threading.Lock()
        self._hits = 0
        self._misses = 0

    @overload
    def get(self, key: K) -> V | None: ...
    @overload
    def get(self, key: K, default: D) -> V | D: ...

    def get(self, key: K, default: Any = None) -> Any:
        """The value, or `default` when it is not there any more; counts as a hit or a miss."""
        with self._lock:
            found = self._kept.get(key, _ABSENT)
            if found is _ABSENT:
                self._misses += 1
                return default
            self._hits += 1
            return found

    def set(self, key: K, value: V) -> None:
        """Keep a value from now on for `ttl` seconds. One that alone is heavier than the whole cache is not kept."""
        with self._lock:
            if self._weigh is not None and self._weigh(value) > self.max_size:
                self._kept.pop(key, None)
            else:
                self._kept[key] = value

    def delete(self, key: K) -> bool:
        """Forget a value; whether it was there."""
        with self._lock:
            return self._kept.pop(key, _ABSENT) is not _ABSENT

    def clear(self) -> None:
        """Forget all values; the figures stay."""
        with self._lock:
            self._kept.clear()

    def __len__(self) -> int:
        with self._lock:
            self._kept.expire()
            return len(self._kept)

    def __contains__(self, key: object) -> bool:
        """Whether a value is there; counts as nothing."""
        with self._lock:
            return key in self._kept

    def get_stats(self) -> dict[str, Any]:
        """`size` entries of `max_size`, `hits`, `misses`, and `hit_rate` from 0 to 1 (0 before the first look)."""
        size = len(self)
        looks = self._hits + self._misses
        return {
            "size": size,
            "max_size": self.max_size,
            "ttl": self.ttl,
            "hits": self._hits,
            "misses": self._misses,
            "hit_rate": self._hits / looks if looks else 0.0,
        }


def cache_totals() -> tuple[int, int]:
    """Of the caches that `get_cache` gave: looks that found something, and all looks."""
    with _making:
        stats = [cache.get_stats() for cache in _caches.values()]
    hits = sum(one["hits"] for one in stats)
    return hits, hits + sum(one["misses"] for one in stats)


_caches: dict[float, LRUCache[Any, Any]] = {}
_making = threading.Lock()


def get_cache(ttl: float = 300) -> LRUCache[Any, Any]:
    """The cache of this process for values that live `ttl` seconds: every caller with the same `ttl` gets the same one."""
    with _making:
        cache = _caches.get(ttl)
        if cache is None:
            cache = _caches[ttl] = LRUCache(ttl=ttl)
        return cache
