"""Jindu (进度): slow jobs, seen moving at once, told kindly when they fail, never lost."""

from .app import App, JobFunction
from .core.backoff import Retry
from .core.errors import JobError, JobTimeout
from .core.plan import Stage
from .engine.commands import CommandFailed, CommandResult, CommandTimeout
from .engine.context import Context
from .engine.jobs import AlreadyEnded
from .engine.params import InvalidParams
from .handles import Handle, NotOpen, Update

__all__ = [
    "AlreadyEnded",
    "App",
    "CommandFailed",
    "CommandResult",
    "CommandTimeout",
    "Context",
    "Handle",
    "InvalidParams",
    "JobError",
    "JobFunction",
    "JobTimeout",
    "NotOpen",
    "Retry",
    "Stage",
    "Update",
]
