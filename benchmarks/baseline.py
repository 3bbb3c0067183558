"""Ratios of a run held against those of an earlier one: absolute figures move with the machine, ratios of neighbours do not."""

import json
from collections.abc import Mapping
from pathlib import Path

from .goals import Figures, Found
from .plan import BARE, BROADCAST, FEW, MANY, STATUS, SUBMIT, UNCHANGED

WORSE = 0.20  # a ratio that has fallen by more than this fails the check
COMPARED = (
    (BROADCAST, "plain Starlette"), (BROADCAST, "Node ws"), (MANY, "plain Starlette + aiosqlite"), (MANY, "reference"),
    (FEW, "reference"), (STATUS, BARE), (UNCHANGED, BARE), (SUBMIT, "saq"),
)  # fmt: skip


def ratios(found: Found) -> dict[str, float]:
    """How many times our cost each neighbour has, by `load: who`."""
    figures = Figures(found)
    return {f"{load}: {who}": round(value, 3) for load, who in COMPARED if (value := figures.ratio(load, who)) is not None}


def worse(now: Mapping[str, float], before: Mapping[str, float]) -> list[str]:
    """A line for each ratio that is more than 20 % worse than it was."""
    return [
        f"{name}: {now[name]:.2f} times our cost, {value:.2f} in the baseline"
        for name, value in before.items()
        if name in now and now[name] < value * (1 - WORSE)
    ]


def load(path: Path) -> dict[str, float]:
    found: dict[str, float] = json.loads(path.read_text())
    return found


def save(path: Path, found: Found) -> None:
    path.write_text(json.dumps(ratios(found), indent=2) + "\n")
