"""Batches: a batch is a job without a body, whose state follows from the jobs it is made of.

Its row, events, frames and rules are those of a job; what it has besides is a `Tally`, how many of its jobs stand where.
"""

from typing import NamedTuple

from .states import Kind, Status

BATCH = "batch"  # the type of every batch; no job may be called so


class Tally(NamedTuple):
    """How many jobs of a batch there are of each status."""

    pending: int = 0
    running: int = 0
    completed: int = 0
    failed: int = 0
    cancelled: int = 0

    @property
    def total(self) -> int:
        return sum(self)

    @property
    def open(self) -> int:
        """How many have not ended."""
        return self.pending + self.running

    @property
    def with_errors(self) -> bool:
        """Whether any ended otherwise than completed."""
        return self.failed + self.cancelled > 0

    def moved(self, before: Status, after: Status) -> "Tally":
        """The tally when one job has gone from one status to another."""
        counts = self._asdict()
        counts[before.value] -= 1
        counts[after.value] += 1
        return Tally(**counts)

    def end(self, *, wished: bool) -> Kind | None:
        """How the batch ends now: None while a job is open.

        It completed if any job did, unless its cancellation was `wished` and came in time for some; it was cancelled if all
        that ended otherwise were; else it failed.
        """
        if self.open:
            return None
        if self.cancelled and (wished or self.cancelled == self.total):
            return Kind.CANCEL
        return Kind.RETURN if self.completed else Kind.FAIL
