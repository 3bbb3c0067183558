"""A bound on how often something happens, per client: a sliding window, exact, whatever moment one looks from.

Worked through: 60 in 60 s. Sixty calls at second 0 all pass. The next one passes at second 60, not at 59.9, wherever a clock's
minute may begin: of any 60 seconds, open at their end, never more than 60 calls are in it.
"""

import asyncio
import math
from collections import deque
from collections.abc import Awaitable
from typing import Any, TypeVar

from cachetools import TTLCache

from ..core.clock import Clock, SystemClock
from .handing import abandon

R = TypeVar("R")

EVERYBODY = ""  # the client of a limiter that tells none apart


class _Window:
    """The last calls of one client, at most as many as may be in one window, and the line of those who wait."""

    __slots__ = ("line", "passed")

    def __init__(self, calls: int) -> None:
        self.passed: deque[float] = deque(maxlen=calls)
        self.line = asyncio.Lock()


class RateLimiter:
    """Lets `max_requests` calls of one client pass in any `time_window` seconds."""

    def __init__(self, max_requests: int = 60, time_window: float = 60, *, clock: Clock | None = None) -> None:
        if max_requests < 1 or not 0 < time_window < math.inf:
            raise ValueError("max_requests is at least 1, and time_window a number of seconds above 0")
        self.max_requests = max_requests
        self.time_window = time_window
        self._clock = clock or SystemClock()
        # A client that was silent for a window has a clean slate: forgetting it changes nothing. Twice, to be on the safe side.
        self._clients: TTLCache[str, _Window] = TTLCache(math.inf, 2 * time_window, timer=self._clock.monotonic)
        self._allowed = 0
        self._refused = 0
        self._waited = 0
        self._waiting = 0

    def check(self, client: str = EVERYBODY) -> float:
        """Seconds until the next call of this client may pass; 0 when one may now. Counts as nothing."""
        window = self._clients.get(client)
        return 0.0 if window is None else self._wait(window)

    def try_acquire(self, client: str = EVERYBODY) -> bool:
        """Pass now or not at all: whether the call may go ahead. Who waits in `execute` comes first."""
        window = self._window(client)
        if window.line.locked() or self._wait(window) > 0:
            self._refused += 1
            return False
        self._pass(client, window)
        return True

    async def execute(self, coro: Awaitable[R], client: str = EVERYBODY) -> R:
        """Run `coro` when this client's turn has come; its result, or what it raises. Cancelling while it waits drops it, and
        takes no place in the window."""
        try:
            await self._turn(client)
        except BaseException:
            abandon(coro)
            raise
        return await coro

    def get_stats(self) -> dict[str, Any]:
        """Calls `allowed` and `refused` (by `try_acquire`), how many of the allowed had `waited`, how many wait now, and
        clients seen of late."""
        self._clients.expire()
        return {
            "max_requests": self.max_requests,
            "time_window": self.time_window,
            "allowed": self._allowed,
            "refused": self._refused,
            "waited": self._waited,
            "waiting": self._waiting,
            "clients": len(self._clients),
        }

    async def _turn(self, client: str) -> None:
        window = self._window(client)
        waited = False
        self._waiting += 1
        try:
            async with window.line:  # in the order they came
                while (wait := self._wait(window)) > 0:
                    waited = True
                    await asyncio.sleep(wait)
                self._pass(client, window)
                self._waited += waited
        finally:
            self._waiting -= 1

    def _window(self, client: str) -> _Window:
        window = self._clients.get(client)
        if window is None:
            window = self._clients[client] = _Window(self.max_requests)
        return window

    def _wait(self, window: _Window) -> float:
        if len(window.passed) < self.max_requests:
            return 0.0
        return max(0.0, window.passed[0] + self.time_window - self._clock.monotonic())

    def _pass(self, client: str, window: _Window) -> None:
        self._clients[client] = window  # anew: what it remembers counts from the last call
        window.passed.append(self._clock.monotonic())
        self._allowed += 1
