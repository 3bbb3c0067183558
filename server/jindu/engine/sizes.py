"""How much work a job is, as its author says it: by the name of a parameter, or by a function of the parameters.

What is learned from small jobs then tells the end of large ones. Only a hint: whatever goes wrong with it, the job runs.
"""

import inspect
import logging
import math
from collections.abc import Callable, Mapping, Sized
from typing import Any, TypeAlias

from .threads import guarded

log = logging.getLogger("jindu.engine")

Size: TypeAlias = str | Callable[..., float]


def check_size(title: str, function: Callable[..., Any], size: Size) -> Size:
    """Raises `TypeError` with what to change."""
    names = inspect.signature(function).parameters
    if isinstance(size, str) and size not in names:
        raise TypeError(f"job {title!r}: size={size!r} is none of its parameters, which are {', '.join(names) or 'none'}")
    if not isinstance(size, str) and not callable(size):
        raise TypeError(f"job {title!r}: size= is the name of a parameter, or a function of the parameters, not {size!r}")
    return size


def measured(title: str, size: Size, given: Callable[[], Mapping[str, Any]]) -> float | None:
    """The size of a job of these parameters: a number above 0, or the length of a list or text. None where it is no such
    thing, or the author's function fails."""
    told = guarded(_measure, size, given)
    if told.error is not None:
        log.warning("job %r: its size= cannot be told: %s", title, told.error)
        return None
    value = len(told.value) if isinstance(told.value, Sized) else told.value
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 < value < math.inf else None


def _measure(size: Size, given: Callable[[], Mapping[str, Any]]) -> Any:
    params = given()
    return params.get(size) if isinstance(size, str) else size(**params)
