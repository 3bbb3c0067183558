"""How many connections may stay open: of one address, and in all (RELIABILITY, Limits).

A socket or a stream holds a file descriptor for as long as its client likes, so that only half of them are given away: what is
left serves requests, the database and child processes. Refused before it is accepted, while it costs next to nothing.
"""

import ipaddress
import resource
from collections import Counter
from functools import lru_cache

from ..settings import Settings
from .rates import network


class Places:
    """Taken when a connection begins and left when it ends."""

    def __init__(self, settings: Settings) -> None:
        descriptors, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        half = settings.sockets if descriptors == resource.RLIM_INFINITY else descriptors // 2
        self.limit = min(settings.sockets, half)
        self.of_address = settings.sockets_per_address
        self.taken = 0
        self._by_address: Counter[str] = Counter()

    def take(self, address: str | None) -> bool:
        """Whether there is room; if so one place is taken. This machine is bound by the limit of all alone."""
        who = network(address)
        if self.taken >= self.limit or (self._by_address[who] >= self.of_address and not _is_here(address)):
            return False
        self.taken += 1
        self._by_address[who] += 1
        return True

    def leave(self, address: str | None) -> None:
        """Give one place back."""
        who = network(address)
        self.taken -= 1
        self._by_address[who] -= 1
        if not self._by_address[who]:
            del self._by_address[who]


@lru_cache(maxsize=4096)
def _is_here(address: str | None) -> bool:
    try:
        found = ipaddress.ip_address(address or "")
    except ValueError:
        return address is None  # a socket of this machine's file system has no address
    mapped = getattr(found, "ipv4_mapped", None)
    return bool((mapped or found).is_loopback)
