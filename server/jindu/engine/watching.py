"""Who is told by runs how far their bodies are, besides the log: the author's own reports, before any of them merge.

Where there are none, who is told may move the bar.
"""

from collections.abc import Callable
from typing import Protocol, TypeAlias

Move: TypeAlias = Callable[[float], None]  # to a percent of the whole job


class Watcher(Protocol):
    """Called on the event loop for each report; never raises, never waits, costs some microseconds."""

    def begun(self, job_id: str, move: Move) -> None:
        """A body begins; until its end `move` moves the bar of its job, and does nothing where that would be backwards."""
        ...

    def over(self, job_id: str) -> None:
        """The run is over, however: also one that lost its job to another node, of which nothing else is heard."""
        ...

    def note(self, job_id: str, position: int, fraction: float) -> None:
        """The body is at this fraction (0 to 1) of a stage."""
        ...

    def sized(self, job_id: str, size: float) -> None:
        """So many items are going to be counted."""
        ...


class Unwatched:
    """Nobody is told."""

    def begun(self, job_id: str, move: Move) -> None: ...

    def over(self, job_id: str) -> None: ...

    def note(self, job_id: str, position: int, fraction: float) -> None: ...

    def sized(self, job_id: str, size: float) -> None: ...


UNWATCHED: Watcher = Unwatched()
