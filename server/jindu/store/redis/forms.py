"""Forms that all rows share: numbers as text that gives the same number again, values without a stored form."""

import math
from typing import TypeAlias

Args: TypeAlias = list[str | bytes | int | float]
Words: TypeAlias = list[bytes]  # the same, as they go over the line


class Unstorable(ValueError):
    """A value without a stored form."""


def worded(args: Args) -> Words:
    """Raises `UnicodeEncodeError`."""
    return [arg if isinstance(arg, bytes) else arg.encode() if isinstance(arg, str) else str(arg).encode() for arg in args]


def number(value: float) -> str:
    """A number as text that gives the same number again. Raises `Unstorable`."""
    if not math.isfinite(value):
        raise Unstorable(f"{value} is no number that can be stored")
    return repr(float(value))


def maybe(value: float | None) -> str:
    """The same; empty for None."""
    return "" if value is None else number(value)


def owner_name(owner: str | None) -> str:
    """Part of a name: nobody is not the owner whose name is empty."""
    return "" if owner is None else f"={owner}"
