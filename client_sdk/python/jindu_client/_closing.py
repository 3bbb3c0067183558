"""What to do when a link has ended: the close-code table (PROTOCOL section 5) and the back-off."""

import random
from dataclasses import dataclass

from .errors import JinduError, WatchStopped

NO_CODE = 1006  # the link broke without a word
SILENT = 4102  # our own side of rule 6: nothing was heard for too long

_STOP_TEXT = {
    4000: "bad frame",
    4001: "protocol version not supported",
    4003: "forbidden",
    4004: "too many channels",
    4009: "unauthorized",
    4013: "frame too big",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """`error` set: stop and raise it. Else come back after `delay` seconds; None: all has ended, nothing is left to do."""

    delay: float | None = None
    error: JinduError | None = None


@dataclass(frozen=True, slots=True)
class Bye:
    """What the server said before it closed. `retry` is seconds."""

    code: int
    retry: float | None
    stop: bool
    why: str


class Backoff:
    """Exponential with full jitter: the n-th wait is random between 0 and min(`most`, `least` * 2**n) seconds."""

    def __init__(self, rng: random.Random, least: float = 0.5, most: float = 20.0) -> None:
        self._rng = rng
        self._least = least
        self._most = most
        self.failures = 0

    def next(self) -> float:
        """Seconds to wait after one more failure."""
        ceiling = min(self._most, self._least * 2.0 ** min(self.failures, 10))
        self.failures += 1
        return self._rng.random() * ceiling

    def at_once(self) -> float:
        """0 the first time; a link that is sent away again and again backs off all the same."""
        if self.failures:
            return self.next()
        self.failures = 1
        return 0.0

    def reset(self) -> None:
        self.failures = 0


def verdict(code: int, bye: Bye | None, backoff: Backoff) -> Verdict:
    """Only `bye.stop` or the 4000 range stops a client; 1000 without `bye` means: come back."""
    if bye is not None:
        code = bye.code
    if (bye is not None and bye.stop) or 4000 <= code < 4100:
        why = bye.why if bye is not None and bye.why else _STOP_TEXT.get(code, "no reason given")
        return Verdict(error=WatchStopped(code, why))
    if bye is not None and bye.retry is not None:
        return Verdict(delay=bye.retry)
    return Verdict(delay=backoff.at_once() if 4200 <= code < 4300 else backoff.next())
