"""Stages of a job type and the arithmetic of a bar: which percent of the whole job a percent of one stage is."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import accumulate
from typing import Any

from .shown import Texts
from .states import Status

INIT = "init"
WORKING = "working"
RESERVED = frozenset({INIT, Status.COMPLETED.value, Status.FAILED.value, Status.CANCELLED.value})
CEILING = 99.9  # percent: 100 is said by `complete` alone (PROTOCOL rule 9)


@dataclass(frozen=True)
class Stage:
    """A stage of a job: its name, its share of the time as a first guess, its title for people by language."""

    name: str
    weight: float = 1
    title: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.name or self.name in RESERVED:
            raise ValueError(f"a stage may not be named {self.name!r}; reserved are {', '.join(sorted(RESERVED))}")
        if not 0 < self.weight < float("inf"):
            raise ValueError(f"the weight of stage {self.name!r} must be above 0 and finite, not {self.weight!r}")

    def titles(self) -> Texts:
        """Titles in zh and en; the name stands in for a language that has none."""
        return {"zh": self.title.get("zh", self.name), "en": self.title.get("en", self.name)}


@dataclass(frozen=True)
class Plan:
    """The stages of one job in order. Positions count from 0; -1 is ``init``, before the first."""

    stages: tuple[Stage, ...] = (Stage(WORKING, title={"zh": "处理中", "en": "Working"}),)

    def __post_init__(self) -> None:
        names = [stage.name for stage in self.stages]
        if not names or len(set(names)) != len(names):
            raise ValueError(f"stages need names that differ, and at least one: {names}")

    @classmethod
    def of(cls, stages: Iterable["Stage | str"]) -> "Plan":
        """A plan from an author's list; no stages means the one stage ``working``."""
        listed = tuple(Stage(stage) if isinstance(stage, str) else stage for stage in stages)
        return cls(listed) if listed else cls()

    @cached_property
    def bounds(self) -> tuple[float, ...]:
        """Percent of the whole at which each stage begins, with 100 behind the last."""
        total = sum(stage.weight for stage in self.stages)
        return (0.0, *(100 * part / total for part in accumulate(stage.weight for stage in self.stages)))

    @cached_property
    def version(self) -> str:
        """Of the list of stages, whatever they weigh: runs of another list are not comparable."""
        return hashlib.sha256("\0".join(stage.name for stage in self.stages).encode()).hexdigest()[:16]

    def weighing(self, weights: Iterable[float]) -> "Plan":
        """The same stages with these shares of the time."""
        return Plan(tuple(replace(stage, weight=weight) for stage, weight in zip(self.stages, weights, strict=True)))

    def position(self, name: str) -> int:
        """Position of a stage by name; raises `KeyError`."""
        for at, stage in enumerate(self.stages):
            if stage.name == name:
                return at
        raise KeyError(name)

    def name(self, position: int) -> str:
        return INIT if position < 0 else self.stages[position].name

    def start(self, position: int) -> float:
        """Percent of the whole at which a stage begins."""
        return min(CEILING, round(self.bounds[max(position, 0)], 1))

    def percent(self, position: int, within: float) -> float:
        """Percent of the whole, one decimal, at most 99.9, from a percent of one stage (outside 0..100 is clipped)."""
        low, high = self.bounds[max(position, 0)], self.bounds[max(position, 0) + 1]
        share = 0.0 if within != within else min(max(within, 0.0), 100.0)
        return min(CEILING, round(low + (high - low) * share / 100, 1))

    def within(self, position: int, percent: float) -> float:
        """The inverse of `percent`: how far a stage has come when the whole job stands at that percent."""
        low, high = self.bounds[position], self.bounds[position + 1]
        return round(min(max((percent - low) / (high - low), 0.0), 1.0) * 100, 1)

    def dump(self) -> list[dict[str, Any]]:
        return [{"name": s.name, "weight": s.weight, "title": dict(s.title)} for s in self.stages]

    @classmethod
    def load(cls, rows: Iterable[Mapping[str, Any]]) -> "Plan":
        return cls(tuple(Stage(row["name"], row["weight"], row["title"]) for row in rows))
