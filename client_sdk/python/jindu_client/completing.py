"""`as_completed`, for the jobs of either client."""

from collections.abc import AsyncGenerator, Generator, Iterable
from typing import Any, overload

from .async_jobs import AsyncJob
from .jobs import Job


@overload
def as_completed(jobs: Iterable[Job], timeout: float | None = None) -> Generator[Job, None, None]: ...


@overload
def as_completed(jobs: Iterable[AsyncJob], timeout: float | None = None) -> AsyncGenerator[AsyncJob, None]: ...


def as_completed(jobs: Iterable[Any], timeout: float | None = None) -> Any:
    """Jobs of one client in the order in which they end; see `Client.as_completed`. Raises `ValueError` for no jobs."""
    listed = list(jobs)
    if not listed:
        raise ValueError("as_completed needs at least one job")
    return listed[0].client.as_completed(listed, timeout)
