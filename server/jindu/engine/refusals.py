"""What the façade of the engine refuses, and why.

UnknownJob           there is no such job
└── RemovedJob       there was one
UnknownType          no job type of this name
AlreadyEnded         it has ended and cannot be changed
NotEnded             it has not, and cannot be removed
NotRetryable         it neither failed nor was cancelled
KeyReused            the key or id belongs to another submit
QueueFull            too many jobs are waiting
"""

from .journal import UnknownJob


class RemovedJob(UnknownJob):
    """The job was there, and was removed: kept long enough, or by hand."""


class UnknownType(LookupError):
    """No job of this name is registered here."""


class AlreadyEnded(Exception):
    """The job has ended; nothing was changed."""


class NotEnded(Exception):
    """The job is still open; nothing was removed."""


class NotRetryable(Exception):
    """The job neither failed nor was cancelled."""


class KeyReused(Exception):
    """The idempotency key or the id belongs to another submit."""


class QueueFull(Exception):
    """Too many jobs are waiting. `retry_after` is in how many seconds there will be room, as far as that can be told."""

    def __init__(self, text: str, retry_after: float | None = None) -> None:
        super().__init__(text)
        self.retry_after = retry_after


__all__ = [
    "AlreadyEnded", "KeyReused", "NotEnded", "NotRetryable", "QueueFull", "RemovedJob", "UnknownJob", "UnknownType",
]  # fmt: skip
