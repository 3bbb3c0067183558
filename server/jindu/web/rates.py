"""How often one caller may ask (RELIABILITY, Limits): a token bucket for each, one for submits and one for everything else.

A bucket holds `rate_burst` requests and fills at the rate: a client that was quiet may catch up at once, one that never rests
is held to the rate. Who has a key, token or ticket is counted by it; who has none that is good, by address. Without keys only
this machine comes in, and it has no limit unless one was set.
"""

import ipaddress
import logging
import re
from dataclasses import dataclass
from functools import lru_cache

from ..core.clock import Clock, SystemClock
from ..settings import Settings
from ..store.contract import StoreError
from ..store.shared import Shared

log = logging.getLogger("jindu.web")

SUBMITS_PER_SECOND = 10.0
READS_PER_SECOND = 50.0
COUNTED = "/v1/"
BUCKETS = 20_000  # callers remembered before those are forgotten whose buckets are full again

_SUBMITS = re.compile(r"/v1/(jobs|batches)(/[^/]+(/retry)?)?")


@dataclass(slots=True)
class _Bucket:
    left: float
    at: float  # monotonic seconds


class Rates:
    """Counts requests. `refusal` is asked once for each, before any route."""

    def __init__(self, settings: Settings, clock: Clock | None = None) -> None:
        self._submits = settings.submits_per_second
        self._reads = settings.reads_per_second
        self._burst = float(settings.rate_burst)
        self._clock = clock or SystemClock()
        self._buckets: dict[tuple[str, bool], _Bucket] = {}

    def limit(self, *, open_mode: bool) -> bool:
        """Whether anybody is held to anything."""
        return not open_mode or bool(self._submits or self._reads)

    def refusal(
        self, caller_key: str | None, address: str | None, method: str, path: str, *, open_mode: bool = False
    ) -> float | None:
        """None if the request may go on, else the seconds after which one would. `caller_key` names the credential of who asks,
        if they have a good one; `open_mode`: there are no keys."""
        if not path.startswith(COUNTED):
            return None
        submit = is_submit(method, path)
        rate = self._rate(submit=submit, open_mode=open_mode)
        return None if rate is None else self._take((caller_key or network(address), submit), rate)

    async def refusal_of_all(
        self, shared: Shared, caller_key: str | None, address: str | None, method: str, path: str, *, open_mode: bool = False
    ) -> float | None:
        """The same, counted over all nodes that share a store. While the store does not answer each node counts alone."""
        submit = is_submit(method, path)
        rate = self._rate(submit=submit, open_mode=open_mode) if path.startswith(COUNTED) else None
        if rate is None:
            return None
        try:
            return await shared.spend(f"{'submits' if submit else 'reads'} {caller_key or network(address)}", rate, self._burst)
        except StoreError as error:
            log.debug("rates are counted here alone: %s", error)
            return None

    def _rate(self, *, submit: bool, open_mode: bool) -> float | None:
        """Requests a second; None for no limit."""
        asked, usual = (self._submits, SUBMITS_PER_SECOND) if submit else (self._reads, READS_PER_SECOND)
        return asked or (None if open_mode else usual)

    def _take(self, who: tuple[str, bool], rate: float) -> float | None:
        now = self._clock.monotonic()
        bucket = self._buckets.get(who)
        if bucket is None:
            self._make_room(now, rate)
            bucket = self._buckets[who] = _Bucket(self._burst, now)
        else:
            bucket.left = min(self._burst, bucket.left + (now - bucket.at) * rate)
            bucket.at = now
        if bucket.left >= 1:
            bucket.left -= 1
            return None
        return (1 - bucket.left) / rate

    def _make_room(self, now: float, rate: float) -> None:
        """Forget who has rested long enough to begin anew; if that is not enough, who came first."""
        if len(self._buckets) < BUCKETS:
            return
        rested = [who for who, bucket in self._buckets.items() if bucket.left + (now - bucket.at) * rate >= self._burst]
        for who in rested or list(self._buckets)[: BUCKETS // 2]:
            del self._buckets[who]


def is_submit(method: str, path: str) -> bool:
    """Whether a request asks for a new job or batch."""
    if method not in ("POST", "PUT"):
        return False
    found = _SUBMITS.fullmatch(path)
    if found is None:
        return False
    alone, retried = found[2] is None, found[3] is not None
    return (alone or retried) if method == "POST" else not (alone or retried)


@lru_cache(maxsize=4096)
def network(address: str | None) -> str:
    """Whom an address stands for: of IPv6 the /64, of which one customer has all."""
    try:
        found = ipaddress.ip_address(address or "")
    except ValueError:
        return address or "unknown"
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is None:
        return str(ipaddress.ip_network((found, 64), strict=False).network_address)
    return str(getattr(found, "ipv4_mapped", None) or found)
