"""Durations as authors write them: a number of seconds, "1h" / "5m" / "90s" / "250ms" / "2d", or a timedelta."""

import math
import re
from datetime import timedelta
from typing import TypeAlias

Duration: TypeAlias = float | str | timedelta

_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86_400}
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|[smhd])")


def seconds(value: Duration) -> float:
    """Seconds of a duration; parts may be joined ("1h30m"). Raises `ValueError` for anything else, and below 0."""
    if isinstance(value, timedelta):
        amount = value.total_seconds()
    elif isinstance(value, str):
        amount = _parse(value.strip())
    else:
        amount = float(value)
    if not math.isfinite(amount) or amount < 0:
        raise ValueError(f"a duration is finite and not negative: {value!r}")
    return amount


def _parse(text: str) -> float:
    if re.fullmatch(r"\d+(\.\d+)?", text):
        return float(text)
    if not text or _PART.sub("", text):
        raise ValueError(f'a duration is a number of seconds or text like "30s", "5m", "1h30m": {text!r}')
    return sum(float(amount) * _UNITS[unit] for amount, unit in _PART.findall(text))
