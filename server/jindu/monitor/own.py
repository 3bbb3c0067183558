"""Metrics of applications: counters, gauges and histograms with labels that carry the time of their last change, and calls of
outside platforms. They stand in `/metrics` beside the server's, and in `/v1/stats`. May be used from any thread."""

import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal

from typing_extensions import TypedDict

from ..core.clock import Clock, SystemClock, rfc3339
from ..core.observer import Spread
from .instruments import LONG, QUICK, Family, Labels, Numbers, Spreads

SERIES = 1_000  # combinations of labels of one metric; a label without bound must not take all memory
_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")


class Sample(TypedDict):
    """One series as it stands. Of a histogram `value` is the sum and `count` how many there were, else `count` is null."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    labels: dict[str, str]
    value: float
    count: int | None
    changed_at: str


class Metric:
    """One metric of an application; made by `AppMetrics`. Labels are given by name, all of them."""

    def __init__(self, family: Family, lock: threading.Lock, clock: Clock) -> None:
        self.family = family
        self._lock = lock
        self._clock = clock
        self._changed: dict[Labels, float] = {}

    def add(self, by: float = 1, **labels: str) -> None:
        """Of a counter or gauge. Raises `ValueError` for other labels than were declared, and for a counter that would fall;
        `TypeError` for a histogram."""
        family = self._numbers()
        if family.kind == "counter" and by < 0:
            raise ValueError(f"{family.name} is a counter: it never falls")
        with self._lock:
            family.add(*self._series(labels), by=by)

    def set(self, value: float, **labels: str) -> None:
        """Of a gauge."""
        family = self._numbers()
        if family.kind != "gauge":
            raise TypeError(f"{family.name} is a {family.kind}: only a gauge is set")
        with self._lock:
            family.values[self._series(labels)] = value

    def observe(self, value: float, **labels: str) -> None:
        """Of a histogram."""
        if not isinstance(self.family, Spreads):
            raise TypeError(f"{self.family.name} is a {self.family.kind}: only a histogram observes")
        with self._lock:
            self.family.add(value, *self._series(labels))

    def samples(self) -> Iterator[Sample]:
        with self._lock:
            found: list[tuple[Labels, Any, float]] = [
                (labels, self.family.values[labels], at) for labels, at in self._changed.items()
            ]
        for labels, value, at in found:
            number, count = (value.sum, value.count) if isinstance(value, Spread) else (value, None)
            named = dict(zip(self.family.labels, labels, strict=True))
            yield {
                "name": self.family.name, "kind": self.family.kind, "labels": named, "value": number, "count": count,
                "changed_at": rfc3339(at),
            }  # fmt: skip

    def _numbers(self) -> Numbers:
        if not isinstance(self.family, Numbers):
            raise TypeError(f"{self.family.name} is a histogram: it observes")
        return self.family

    def _series(self, labels: dict[str, str]) -> Labels:
        if set(labels) != set(self.family.labels):
            raise ValueError(f"{self.family.name} has the labels {', '.join(self.family.labels) or 'none'}")
        series = tuple(str(labels[name]) for name in self.family.labels)
        if series not in self._changed and len(self._changed) >= SERIES:
            raise ValueError(f"{self.family.name} has {SERIES} combinations of labels already: label what is few")
        self._changed[series] = self._clock.wall()
        return series


class AppMetrics:
    """The metrics of one process's applications. A name asked for again gives the same metric."""

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._lock = threading.Lock()
        self._metrics: dict[str, Metric] = {}
        self._calls = Numbers("jindu_platform_calls", "Calls of outside platforms, by outcome", ["platform", "outcome"])
        self._call_seconds = Spreads("jindu_platform_call_seconds", "How long a call of an outside platform took", ["platform"])

    def counter(self, name: str, text: str = "", labels: Sequence[str] = ()) -> Metric:
        """What only rises; shown with `_total` behind its name."""
        return self._metric(Numbers(name.removesuffix("_total"), text, labels))

    def gauge(self, name: str, text: str = "", labels: Sequence[str] = ()) -> Metric:
        """What rises and falls."""
        return self._metric(Numbers(name, text, labels, "gauge"))

    def histogram(self, name: str, text: str = "", labels: Sequence[str] = (), bounds: Sequence[float] = LONG) -> Metric:
        """How values lie; `bounds` are the upper ends of its buckets, rising."""
        return self._metric(Spreads(name, text, labels, bounds))

    @contextmanager
    def call(self, platform: str) -> Iterator[None]:
        """Around one call of an outside platform, in `async` code too: its time, and whether it raised. Counts for the alert on
        latency."""
        began = self._clock.monotonic()
        outcome = "error"
        try:
            yield
            outcome = "ok"
        finally:
            seconds = self._clock.monotonic() - began
            with self._lock:
                if (platform, "ok") not in self._calls.values and len(self._call_seconds.values) >= SERIES:
                    platform = "other"
                self._calls.have(platform, "ok")
                self._calls.add(platform, outcome)
                self._call_seconds.add(seconds, platform)

    @property
    def calls(self) -> tuple[int, float]:
        """How many calls of platforms there were, and the seconds they took together."""
        with self._lock:
            spreads = list(self._call_seconds.values.values())
            return sum(spread.count for spread in spreads), sum(spread.sum for spread in spreads)

    @property
    def families(self) -> list[Family]:
        with self._lock:
            return [self._calls, self._call_seconds, *(metric.family for metric in self._metrics.values())]

    def samples(self) -> list[Sample]:
        """All series that ever changed, with the time of their last change."""
        with self._lock:
            metrics = list(self._metrics.values())
        return [sample for metric in metrics for sample in metric.samples()]

    def _metric(self, family: Family) -> Metric:
        if not _NAME.fullmatch(family.name) or family.name.startswith(("jindu_", "process_")):
            raise ValueError(f"{family.name!r}: a name has letters, digits and _, and does not begin with jindu_ or process_")
        if wrong := [label for label in family.labels if not _NAME.fullmatch(label) or label in ("le", "job", "owner")]:
            raise ValueError(f"{family.name!r}: {', '.join(wrong)} cannot be a label")
        with self._lock:
            known = self._metrics.get(family.name)
            if known is None:
                known = self._metrics[family.name] = Metric(family, self._lock, self._clock)
            elif (known.family.kind, known.family.labels) != (family.kind, family.labels):
                raise ValueError(f"{family.name!r} is a {known.family.kind} with other labels already")
        return known


_own: AppMetrics | None = None
_making = threading.Lock()


def get_metrics() -> AppMetrics:
    """The metrics of this process's applications, made at the first call."""
    global _own
    with _making:
        if _own is None:
            _own = AppMetrics()
        return _own


__all__ = ["QUICK", "AppMetrics", "Metric", "Sample", "get_metrics"]
