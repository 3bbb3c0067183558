"""Who is told by runs how far their bodies are, besides the log: the author's own reports, before any of them merge."""

from typing import Protocol


class Watcher(Protocol):
    """Called on the event loop for each report; never raises, never waits, costs some microseconds."""

    def note(self, job_id: str, position: int, fraction: float) -> None:
        """The body is at this fraction (0 to 1) of a stage."""
        ...

    def sized(self, job_id: str, size: float) -> None:
        """So many items are going to be counted."""
        ...


class Unwatched:
    """Nobody is told."""

    def note(self, job_id: str, position: int, fraction: float) -> None: ...

    def sized(self, job_id: str, size: float) -> None: ...


UNWATCHED: Watcher = Unwatched()
