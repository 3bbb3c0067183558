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
LOOK_AFTER = 0.05  # seconds for which the system clock is not looked at again
CATCH_UP = 0.01  # share of the time passed by which a step of the system clock is followed


class SystemClock:
    """`wall` never steps: when somebody sets the system's clock, pauses, retries and expiries go on as they were, within one
    hundredth. It comes near the new time by that hundredth, and has it at once when the process starts anew."""

    def __init__(self) -> None:
        # When the system clock was looked at, what was told then, and by how much faster time goes here until the next look.
        self._now = (time.clock_gettime(_BOOT_TIME), time.time(), 0.0)

    monotonic = staticmethod(time.monotonic)  # asked several times for each change: without a call of ours around it

    def wall(self) -> float:
        before, told, faster = self._now  # read and written as one: threads may ask too
        now = max(time.clock_gettime(_BOOT_TIME), before)
        passed = now - before
        if passed < LOOK_AFTER:
            return told + passed + passed * faster
        steady = told + passed + LOOK_AFTER * faster
        wall = steady + _within((passed - LOOK_AFTER) * CATCH_UP, time.time() - steady)
        self._now = (now, wall, _within(CATCH_UP, (time.time() - wall) / LOOK_AFTER))
        return wall


def _within(limit: float, value: float) -> float:
    return min(max(value, -limit), limit)


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
