"""How often a call is repeated, and after how long: for calls that can be repeated without harm (`Call.patient`)."""

import random

from ._closing import Backoff
from ._requests import Response, Unreachable

RETRIES = 4  # beyond the first attempt
LONGEST = 20.0  # seconds; a server that asks for more is believed, and the caller told

_PASSING = frozenset({408, 425, 429, 502, 503, 504})


class Trying:
    """One call in several attempts."""

    def __init__(self, retries: int) -> None:
        self._left = retries
        self._backoff = Backoff(random.Random(), least=0.2, most=5.0)  # spreads waiting; no secret # nosec B311

    def again_after(self, answer: Response | Unreachable) -> float | None:
        """Seconds until the next attempt; None: take this answer as it is."""
        if self._left <= 0 or (isinstance(answer, Response) and answer.status not in _PASSING):
            return None
        self._left -= 1
        asked = answer.retry_after if isinstance(answer, Response) else None
        if asked is None:
            return self._backoff.next()
        return asked if asked <= LONGEST else None
