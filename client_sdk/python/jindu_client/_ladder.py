"""Which way to watch: WebSocket, stream, long-poll, poll; when to step down, and when to try the socket again (CLIENTS).

Down from a WebSocket: twice no `hello` while HTTP works; three links in a row that die young without data; two in a row that go
silent; or the server says that there is none. Stream: one without `hello`, else as a WebSocket. Long-poll: when its wait was
shortened twice and it is still cut. Never: when HTTP does not work either (offline, a restart), when the server said goodbye,
for a full queue or a rate limit, for want of a credential.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ._commands import Transport
from ._giving import NEVER
from ._rungs import End
from .patience import Patience

MISSES = 2  # sockets without `hello`
DEATHS = 3  # links that die young, without data
SILENCES = 2  # links that go silent

# A restart, a full queue or a rate limit is no reason to leave a rung: those pass.
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504, 507})
# The server has no WebSocket, and says so.
_MISSING = frozenset({404, 405, 410, 426, 501})


@dataclass(slots=True)
class Remembered:
    """The rung of the last watch of a client, on which the next begins until the clock shows `until`."""

    rung: Transport | None = None
    until: float = 0.0

    def at(self, now: float) -> Transport | None:
        return self.rung if now < self.until else None


@dataclass(slots=True)
class _Counts:
    misses: int = 0
    deaths: int = 0
    silences: int = 0
    cuts: int = 0


class Ladder:
    """Counts what went wrong on each rung. `transports` are the rungs there are, from the top; `rung` is the one to be on;
    `probe_at` the second at which the socket is tried again."""

    def __init__(self, transports: Sequence[Transport], patience: Patience, remembered: Remembered) -> None:
        self._rungs = list(transports)
        self._patience = patience
        self._remembered = remembered
        self._counts = {rung: _Counts() for rung in transports}
        self._probes = 0
        self._at = 0
        self.probe_at = NEVER

    def start(self, now: float) -> None:
        """Begin where the last watch of this client was, if that is not long ago."""
        self._at = self._place(self._remembered.at(now))
        self._plan_probe(now)

    @property
    def rung(self) -> Transport:
        return self._rungs[self._at]

    @property
    def wait(self) -> float:
        """Seconds that a long-poll asks for now."""
        waits = self._patience.waits
        return waits[min(self._counts[self.rung].cuts, len(waits) - 1)]

    def asks(self, end: End) -> bool:
        """Whether this end may be a reason to step down, if HTTP works. Of all others, notes what they forgive."""
        if end.hello:
            self._counts[self.rung].misses = 0
        if end.hello and not end.silent and not self._young(end):
            self._counts[self.rung] = _Counts()
            self._probes = 0 if self.rung == "ws" else self._probes
        if end.told or end.verdict.error is not None or end.status in _PASSING or self.rung == "poll":
            return False
        return not end.hello or end.silent or self._young(end)

    def count(self, end: End, now: float) -> bool:
        """Note an end that was asked about; whether that made us step down."""
        counts = self._counts[self.rung]
        if not self._enough(counts, end) or self._at + 1 >= len(self._rungs):
            return False
        if self._at == 0:
            # A socket that was given up before leads back to where it was probed from.
            self._at = max(1, self._place(self._remembered.at(now)))
        else:
            self._counts[self.rung] = _Counts()
            self._at += 1
        if self._remembered.at(now) is None:
            self._remembered.until = now + self._patience.remembered
        self._remembered.rung = self.rung
        if self.probe_at == NEVER:
            self._plan_probe(now)
        return True

    def probed(self, now: float) -> None:
        """A probe of the socket failed."""
        self._probes += 1
        self._plan_probe(now)

    def climbed(self) -> None:
        """The socket carries the watch again. It is remembered where from, should it be no good after all."""
        self._at = 0
        self._probes += 1
        self.probe_at = NEVER

    def _place(self, rung: Transport | None) -> int:
        return self._rungs.index(rung) if rung in self._rungs else 0

    def _plan_probe(self, now: float) -> None:
        below = self._at > 0 and self._rungs[0] == "ws"
        probes = self._patience.probes
        self.probe_at = now + probes[min(self._probes, len(probes) - 1)] if below else NEVER

    def _young(self, end: End) -> bool:
        return end.hello and not end.moved and end.lasted < self._patience.short

    def _enough(self, counts: _Counts, end: End) -> bool:
        if self.rung == "longpoll":
            counts.cuts += 1
            return counts.cuts >= len(self._patience.waits) or end.status is not None
        if end.silent:
            counts.silences += 1
            return counts.silences >= SILENCES
        if end.hello:
            counts.deaths += 1
            return counts.deaths >= DEATHS
        counts.misses += 1
        return self.rung == "stream" or end.status in _MISSING or counts.misses >= MISSES
