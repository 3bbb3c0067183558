"""Client of the Jindu progress server: submit, watch, wait.

>>> with Client() as jindu:                        # doctest: +SKIP
...     job = jindu.submit("diagnose", brand="X")
...     result = job.wait(timeout=60, progress=True)
"""

from .async_client import AsyncClient
from .async_jobs import AsyncBatch, AsyncJob
from .client import Client
from .completing import as_completed
from .errors import (
    AccessDenied,
    ApiError,
    Conflict,
    InvalidParams,
    JinduError,
    JobCancelled,
    JobError,
    JobFailed,
    NotEnded,
    NotFound,
    Unavailable,
    WaitTimeout,
    WatchStopped,
)
from .jobs import Batch, Job
from .patience import Patience
from .remaining import remaining
from .updates import FeedUpdate, Update

__all__ = [
    "AccessDenied",
    "ApiError",
    "AsyncBatch",
    "AsyncClient",
    "AsyncJob",
    "Batch",
    "Client",
    "Conflict",
    "FeedUpdate",
    "InvalidParams",
    "JinduError",
    "Job",
    "JobCancelled",
    "JobError",
    "JobFailed",
    "NotEnded",
    "NotFound",
    "Patience",
    "Unavailable",
    "Update",
    "WaitTimeout",
    "WatchStopped",
    "as_completed",
    "remaining",
]
