"""A run as it is stored: text, in which only some digits of each time stay."""

import math
from typing import NamedTuple

import orjson

from .marks import NOT_SEEN, Run

DIGITS = 4  # that count of a time


class PastRun(NamedTuple):
    """A run of a job type; `version` is of its list of stages."""

    type: str
    version: str
    run: Run

    def text(self) -> str:
        """JSON: total, size, then the marks, null where none was seen."""
        marks = (None if math.isnan(mark) else _short(mark) for mark in self.run.marks)
        return orjson.dumps([_short(self.run.total), self.run.size, *marks]).decode()

    @classmethod
    def of(cls, type: str, version: str, text: str) -> "PastRun":
        """The inverse; a text that is none of ours makes a run that is not `sound`."""
        try:
            total, size, *marks = orjson.loads(text)
            run = Run(tuple(NOT_SEEN if mark is None else float(mark) for mark in marks), float(total), size and float(size))
        except (ValueError, TypeError):
            run = Run((), math.nan)
        return cls(type, version, run)


def _short(seconds: float) -> float:
    return float(f"{seconds:.{DIGITS}g}")
