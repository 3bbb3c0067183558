"""A schedule as one frozen value: which job runs when, and where its cursor stands."""

from dataclasses import dataclass
from enum import StrEnum


class Overlap(StrEnum):
    """What happens to a run that falls due while the one before has not ended."""

    SKIP = "skip"  # it is left out
    QUEUE = "queue"  # it waits until that one has ended; one waits at most


class Missed(StrEnum):
    """What happens to runs that fell due while no node was there to start them."""

    ONCE = "once"  # one run stands for all of them
    SKIP = "skip"  # they are left out


@dataclass(frozen=True, slots=True)
class Schedule:
    """Either `cron` (five fields) or `every` (seconds) is given. Times are wall-clock seconds.

    `next_at` is the cursor: the due time that comes next, None if none ever does. `held_at` is a due time that waits for the
    end of the run before. Whoever moves the cursor raises `version`: of two nodes one does. `declared`: it is in the code of
    the application, and goes with it.
    """

    id: str
    type: str
    params: bytes
    created_at: float
    cron: str | None = None
    every: float | None = None
    timezone: str = "UTC"
    overlap: Overlap = Overlap.SKIP
    missed: Missed = Missed.ONCE
    owner: str | None = None
    priority: int = 0
    tags: tuple[str, ...] = ()
    declared: bool = False
    paused: bool = False
    version: int = 1
    next_at: float | None = None
    held_at: float | None = None
    last_at: float | None = None
    last_job: str | None = None
    runs: int = 0
    skipped: int = 0

    @property
    def trigger(self) -> tuple[str | None, float | None, str]:
        """What its due times follow from."""
        return (self.cron, self.every, self.timezone)
