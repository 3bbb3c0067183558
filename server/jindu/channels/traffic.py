"""What left for clients, by transport: plain numbers that connections count for themselves, added up when somebody asks."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

TRANSPORTS = ("ws", "stream", "longpoll", "poll")
SLOW = 1.0  # seconds that a write has taken and is not done, from which on its reader counts as slow


class Origin(NamedTuple):
    """Where a connection comes from: one of `TRANSPORTS`, and the address if it is known."""

    transport: str = "ws"
    address: str | None = None


@dataclass(slots=True)
class Sent:
    """Messages and bytes (of their text, without framing) that left, and states that were overtaken by newer ones before
    they did."""

    messages: int = 0
    bytes: int = 0
    conflated: int = 0

    def count(self, size: int) -> None:
        self.messages += 1
        self.bytes += size

    def add(self, other: "Sent") -> None:
        self.messages += other.messages
        self.bytes += other.bytes
        self.conflated += other.conflated


@dataclass(frozen=True, slots=True)
class Link:
    """One connection as it is now. `lag`: seconds that the write under way has taken, 0 if none is; `since` wall-clock
    seconds; `channels` how many it watches."""

    id: str
    origin: Origin
    since: float
    lag: float
    sent: Sent
    channels: int

    @property
    def slow(self) -> bool:
        return self.lag > SLOW


@dataclass(slots=True)
class Tally:
    """Of one transport: connections `open` now and ever (`total`), what left over them, those that are slow now."""

    open: int = 0
    total: int = 0
    slow: int = 0
    sent: Sent = field(default_factory=Sent)


class Traffic:
    """What has left over connections that are closed, and how many there ever were."""

    def __init__(self) -> None:
        self._total = dict.fromkeys(TRANSPORTS, 0)
        self._left = {transport: Sent() for transport in TRANSPORTS}

    def entered(self, origin: Origin) -> None:
        self._total[origin.transport] += 1

    def exited(self, origin: Origin, sent: Sent) -> None:
        self._left[origin.transport].add(sent)

    def by_transport(self, links: Iterable[Link]) -> dict[str, Tally]:
        """With `links`, which are those that are open."""
        tallies = {name: Tally(total=self._total[name]) for name in TRANSPORTS}
        for name, left in self._left.items():
            tallies[name].sent.add(left)
        for link in links:
            tally = tallies[link.origin.transport]
            tally.open += 1
            tally.slow += link.slow
            tally.sent.add(link.sent)
        return tallies
