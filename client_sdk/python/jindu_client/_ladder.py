"""Which way to watch: WebSocket, else polling, with a probe of the socket from time to time (CLIENTS, the ladder).

Stream and long-poll become two more rungs between these: modules like `_over_poll` with their own `until`.
"""

from collections.abc import Sequence

from ._over_poll import over_poll
from ._over_ws import LinkEnd, over_ws
from ._steps import Sleep, Steps, Tell
from ._watch import Watch

MISSES = 2  # attempts without `hello`, while HTTP works, before a socket is given up for a while
PROBES: Sequence[float] = (30, 60, 120, 300, 600)  # seconds on a lower rung before the socket is tried again

# A restart, a full queue or a rate limit is no reason to leave the socket: those pass.
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504, 507})


class Ladder:
    """Counts what went wrong with the socket, and says when to step down and for how long."""

    def __init__(self) -> None:
        self._misses = 0
        self._down = 0

    @property
    def probing(self) -> bool:
        """The socket is tried again after a time on a lower rung."""
        return self._down > 0

    def lived(self) -> None:
        """The socket said `hello`."""
        self._misses = self._down = 0

    def step_down(self, end: LinkEnd) -> float | None:
        """After an attempt without `hello` while HTTP works: seconds to stay below, or None to try the socket again."""
        if end.told:
            return None
        self._misses += 1
        refused = end.status is not None and end.status not in _PASSING
        if not (refused or self.probing or self._misses >= MISSES):
            return None
        stay = PROBES[min(self._down, len(PROBES) - 1)]
        self._down += 1
        return stay


def watching(watch: Watch) -> Steps[None]:
    """The whole watch: until every job has had its end. Raises what the server says is final."""
    ladder, session = Ladder(), watch.session
    while not session.over:
        yield Tell("polling" if ladder.probing else "connecting")
        end = yield from over_ws(watch, watch.next_look if ladder.probing else None)
        if end.hello:
            ladder.lived()
        if session.over:
            return
        if end.verdict.error is not None:
            raise end.verdict.error
        delay = end.verdict.delay or 0.0
        if not end.hello:
            works = yield from watch.look()
            stay = ladder.step_down(end) if works and not session.over else None
            if stay is not None:
                yield from over_poll(watch, watch.clock() + stay)
                continue
            delay = delay if works else max(delay, watch.next_look)
        if not session.over:
            yield Tell("waiting")
            yield Sleep(delay)
