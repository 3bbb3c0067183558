"""What rules look at: values over the last minutes, from the samples of the history (REQUIREMENTS F5).

`error_rate` and `success_rate` are no complements: the one is of attempts, tried again or not, the other of jobs that ran to an
end of their own.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ..history import Totals


@dataclass(frozen=True, slots=True)
class Measured:
    """`value` over so many `samples`. None: nothing happened, so that there is no value."""

    value: float | None
    samples: float


Input = Callable[[Totals, Totals], Measured]


def _ratio(part: float, whole: float) -> Measured:
    return Measured(part / whole if whole > 0 else None, whole)


def _error_rate(before: Totals, now: Totals) -> Measured:
    return _ratio(now.faults - before.faults, now.attempts - before.attempts)


def _success_rate(before: Totals, now: Totals) -> Measured:
    completed = now.completed - before.completed
    return _ratio(completed, completed + now.failed - before.failed)


def _avg_latency(before: Totals, now: Totals) -> Measured:
    return _ratio(now.seconds - before.seconds, now.answers - before.answers)


def _active_tasks(before: Totals, now: Totals) -> Measured:
    return Measured(now.active, float("inf"))  # it is counted, not estimated: one look is enough


def _cache_hit_rate(before: Totals, now: Totals) -> Measured:
    return _ratio(now.cache_hits - before.cache_hits, now.cache_looks - before.cache_looks)


def _consistency_ratio(before: Totals, now: Totals) -> Measured:
    checks = now.checks - before.checks
    return _ratio(checks - (now.issues - before.issues), checks)


def _eta_coverage(before: Totals, now: Totals) -> Measured:
    return _ratio(now.eta_held - before.eta_held, now.eta_runs - before.eta_runs)


INPUTS: Mapping[str, Input] = {
    "error_rate": _error_rate,
    "avg_latency": _avg_latency,
    "success_rate": _success_rate,
    "active_tasks": _active_tasks,
    "cache_hit_rate": _cache_hit_rate,
    "consistency_ratio": _consistency_ratio,
    "eta_coverage": _eta_coverage,
}
SECONDS = frozenset({"avg_latency"})
NUMBERS = frozenset({"active_tasks"})


def measure(name: str, samples: Sequence[Totals], window: float) -> Measured:
    """An input over the last `window` seconds, or for as long as there are samples."""
    if not samples:
        return Measured(None, 0)
    now = samples[-1]
    before = next(sample for sample in samples if sample.at >= now.at - window)
    return INPUTS[name](before, now)


def written(name: str, value: float) -> str:
    """A value as people read it: a share in percent, a time in seconds, a number."""
    if name in SECONDS:
        return f"{value:.3g} s"
    return f"{value:.0f}" if name in NUMBERS else f"{value * 100:.2f} %"
