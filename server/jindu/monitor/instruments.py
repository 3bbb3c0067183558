"""Counters, gauges and histograms with labels, as plain numbers: adding to one costs a look into a dict.

They are read when somebody asks for `/metrics` (`exposition`). Those of applications may be used from any thread and know when
they last changed (`own`); the server's live on the event loop.
"""

from collections.abc import Sequence
from typing import Literal, TypeAlias

from ..core.observer import Spread

Labels: TypeAlias = tuple[str, ...]
Kind: TypeAlias = Literal["counter", "gauge", "histogram"]

QUICK = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)  # seconds: answers, commits, lags
LONG = (0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0)  # seconds: waiting, running
SIZES = (1, 2, 5, 10, 25, 50, 100, 250, 500, 1000)


class Numbers:
    """A counter or a gauge: a number for each combination of labels."""

    def __init__(self, name: str, text: str, labels: Sequence[str] = (), kind: Kind = "counter") -> None:
        self.name = name
        self.text = text
        self.labels = tuple(labels)
        self.kind = kind
        self.values: dict[Labels, float] = {}
        if not labels:
            self.values[()] = 0

    def add(self, *labels: str, by: float = 1) -> None:
        self.values[labels] = self.values.get(labels, 0) + by

    def have(self, *labels: str) -> None:
        """Show it from now on, 0 if nothing has happened: what may fail should be seen before it does."""
        self.values.setdefault(labels, 0)

    def get(self, *labels: str) -> float:
        return self.values.get(labels, 0)

    @property
    def total(self) -> float:
        return sum(self.values.values())


class Spreads:
    """A histogram for each combination of labels."""

    def __init__(self, name: str, text: str, labels: Sequence[str] = (), bounds: Sequence[float] = QUICK) -> None:
        self.name = name
        self.text = text
        self.labels = tuple(labels)
        self.kind: Kind = "histogram"
        self.bounds = tuple(bounds)
        self.values: dict[Labels, Spread] = {}
        if not labels:
            self.have()

    def have(self, *labels: str) -> Spread:
        found = self.values.get(labels)
        if found is None:
            found = self.values[labels] = Spread(self.bounds)
        return found

    def add(self, value: float, *labels: str) -> None:
        found = self.values.get(labels)
        (found or self.have(*labels)).add(value)

    def mean(self, *labels: str) -> float | None:
        found = self.values.get(labels)
        return None if found is None else found.mean


Family: TypeAlias = Numbers | Spreads
