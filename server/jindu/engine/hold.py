"""The right of a run to write to its job."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(slots=True, eq=False)
class Hold:
    """The right of one run to write to its job; its job stays in memory meanwhile. `run` is the fence."""

    id: str
    run: int
    lost: Callable[[], None]
