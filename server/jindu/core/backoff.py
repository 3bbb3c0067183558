"""Exponential back-off with full jitter (AWS Architecture Blog, "Exponential Backoff And Jitter", 2015)."""

import random
from dataclasses import dataclass

from .durations import Duration, seconds


@dataclass(frozen=True)
class Retry:
    """`attempts` tries in all; the wait before try n+1 is random between 0 and min(cap, base * 2**(n-1)) seconds."""

    attempts: int = 3
    base: Duration = 1
    cap: Duration = 60

    def __post_init__(self) -> None:
        if self.attempts < 1:
            raise ValueError(f"attempts must be 1 or more, not {self.attempts}")
        if not 0 <= seconds(self.base) <= seconds(self.cap):
            raise ValueError("base must not be above cap, and neither below 0")

    def delay(self, failed: int, at_least: float | None = None, *, rng: random.Random | None = None) -> float:
        """Seconds to wait after attempt `failed` (from 1) failed; never below `at_least`."""
        ceiling = min(seconds(self.cap), seconds(self.base) * 2.0 ** min(failed - 1, 62))
        return max(at_least or 0.0, (rng or random).uniform(0, ceiling))
