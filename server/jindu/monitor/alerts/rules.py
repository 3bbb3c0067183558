"""Alert rules, and what becomes of one while time passes. Pure: the clock is the caller's, in monotonic seconds.

A rule is quiet until its value has been beyond `threshold` for `hold` seconds; then it fires. It resolves when the value is
back beyond `clear`, which lies on the good side of `threshold`: what dances around a threshold rings once. One that fires again
within `cooldown` seconds of when it last rang rings when these are over, if it still fires. Too few samples, or none, are no
verdict: nothing begins, and nothing that fires ends.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from ...core.alerts import Level
from .measured import Measured

HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Rule:
    """`above`: the value is bad above `threshold`, else below it. Durations are seconds."""

    name: str
    input: str
    above: bool
    threshold: float
    clear: float
    level: Level
    window: float = 300.0
    least: int = 20
    hold: float = 60.0
    cooldown: float = 600.0

    def broken_by(self, value: float) -> bool:
        return value > self.threshold if self.above else value < self.threshold

    def cleared_by(self, value: float) -> bool:
        return value <= self.clear if self.above else value >= self.clear

    def worse(self, value: float, other: float) -> float:
        return max(value, other) if self.above else min(value, other)


class State(StrEnum):
    QUIET = "quiet"
    PENDING = "pending"  # beyond the threshold, not yet for long enough
    FIRING = "firing"


class Move(StrEnum):
    """What one look at a rule led to."""

    FIRED = "fired"
    RANG = "rang"  # people have to be told; with or after FIRED
    RESOLVED = "resolved"


class Watched:
    """One rule and where it stands."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.state = State.QUIET
        self.value: float | None = None
        self.samples = 0.0
        self.told = False
        self._since = 0.0
        self._rang_at = float("-inf")

    def restore(self, now: float, *, told: bool) -> None:
        """It fired when an earlier process ended."""
        self.state, self.told = State.FIRING, told
        self._rang_at = now if told else float("-inf")

    def judge(self, measured: Measured, now: float) -> list[Move]:
        self.value, self.samples = measured.value, measured.samples
        if measured.value is None or measured.samples < self.rule.least:
            if self.state is State.PENDING:
                self.state = State.QUIET
            return []
        if self.state is State.FIRING:
            return self._while_firing(measured.value, now)
        return self._while_quiet(measured.value, now)

    def _while_quiet(self, value: float, now: float) -> list[Move]:
        if not self.rule.broken_by(value):
            self.state = State.QUIET
            return []
        if self.state is State.QUIET:
            self.state, self._since = State.PENDING, now
        if now - self._since < self.rule.hold:
            return []
        self.state, self.told = State.FIRING, False
        return [Move.FIRED, *self._ring(now)]

    def _while_firing(self, value: float, now: float) -> list[Move]:
        if self.rule.cleared_by(value):
            self.state = State.QUIET
            return [Move.RESOLVED]
        return self._ring(now)

    def _ring(self, now: float) -> list[Move]:
        if self.told or now - self._rang_at < self.rule.cooldown:
            return []
        self.told, self._rang_at = True, now
        return [Move.RANG]


def _rule(name: str, input: str, above: bool, threshold: float, clear: float, level: Level) -> Rule:
    return Rule(name, input, above, threshold, clear, level)


DEFAULT_RULES = (
    _rule("high_error_rate", "error_rate", True, 0.05, 0.04, Level.ERROR),
    _rule("high_latency", "avg_latency", True, 10.0, 8.0, Level.WARNING),
    _rule("low_success_rate", "success_rate", False, 0.90, 0.92, Level.ERROR),
    _rule("high_concurrent_tasks", "active_tasks", True, 100, 90, Level.WARNING),
    _rule("cache_hit_rate_low", "cache_hit_rate", False, 0.50, 0.55, Level.INFO),
    _rule("consistency_low", "consistency_ratio", False, 0.99, 0.995, Level.ERROR),
    # Runs are few, and a share of few dances: an hour, and more of them than elsewhere.
    replace(_rule("eta_coverage_low", "eta_coverage", False, 0.70, 0.75, Level.WARNING), window=HOUR, least=50),
    replace(_rule("eta_coverage_high", "eta_coverage", True, 0.97, 0.96, Level.INFO), window=HOUR, least=200),
)
