"""The only place that reads time. Monotonic seconds in memory, wall-clock seconds only where they are stored or shown."""

import time
from datetime import UTC, datetime
from functools import lru_cache
from typing import Protocol, overload

LAST_SECOND = 253_402_300_799.0  # 9999-12-31T23:59:59Z


class Clock(Protocol):
    def monotonic(self) -> float:
        """Seconds that never jump, of no known origin."""
        ...

    def wall(self) -> float:
        """Seconds since 1970, as stored."""
        ...


_BOOT_TIME: int = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)  # goes on while the machine sleeps
CATCH_UP = 0.01  # share of the time passed by which a step of the system clock is followed


class SystemClock:
    """`wall` never steps: when somebody sets the system's clock, pauses, retries and expiries go on as they were, within one
    hundredth. It comes near the new time by that hundredth, and has it at once when the process starts anew."""

    def __init__(self) -> None:
        self._now = (time.clock_gettime(_BOOT_TIME), time.time())

    def monotonic(self) -> float:
        return time.monotonic()

    def wall(self) -> float:
        before, told = self._now  # read and written as one: threads may ask too
        now = max(time.clock_gettime(_BOOT_TIME), before)
        steady = told + (now - before)
        allowed = (now - before) * CATCH_UP
        wall = steady + min(max(time.time() - steady, -allowed), allowed)
        self._now = (now, wall)
        return wall


class ManualClock:
    """A clock that moves when told: for tests."""

    def __init__(self, wall: float = 1_800_000_000.0) -> None:
        self._wall = wall
        self._monotonic = 1_000.0

    def monotonic(self) -> float:
        return self._monotonic

    def wall(self) -> float:
        return self._wall

    def advance(self, seconds: float) -> None:
        self._monotonic += seconds
        self._wall += seconds

    def jump(self, seconds: float) -> None:
        """Somebody sets the clock on the wall."""
        self._wall += seconds


@overload
def rfc3339(at: float) -> str: ...
@overload
def rfc3339(at: float | None) -> str | None: ...
def rfc3339(at: float | None) -> str | None:
    """Wall-clock seconds as RFC 3339 in UTC with milliseconds; None stays None, what no calendar holds becomes its last day."""
    if at is None:
        return None
    second, micros = divmod(round(min(at, LAST_SECOND) * 1_000_000), 1_000_000)
    return f"{_second(second)}.{micros // 1000:03d}Z"


@lru_cache(maxsize=256)
def _second(at: int) -> str:
    """The same without a fraction: all that happens within a second shares it."""
    return datetime.fromtimestamp(at, UTC).isoformat().removesuffix("+00:00")
