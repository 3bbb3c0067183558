"""Client of the Jindu progress server: submit, watch, wait.

>>> with Client() as jindu:                        # doctest: +SKIP
...     job = jindu.submit("diagnose", brand="X")
...     result = job.wait(timeout=60, progress=True)
"""

from .async_client import AsyncClient, AsyncJob
from .client import Client, Job
from .completing import as_completed
from .errors import (
    AccessDenied,
    ApiError,
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
from .updates import Update

__all__ = [
    "AccessDenied",
    "ApiError",
    "AsyncClient",
    "AsyncJob",
    "Client",
    "InvalidParams",
    "JinduError",
    "Job",
    "JobCancelled",
    "JobError",
    "JobFailed",
    "NotEnded",
    "NotFound",
    "Unavailable",
    "Update",
    "WaitTimeout",
    "WatchStopped",
    "as_completed",
]
