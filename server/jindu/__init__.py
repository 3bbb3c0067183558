"""Jindu (进度): slow jobs, seen moving at once, told kindly when they fail, never lost."""

from .app import App
from .core.backoff import Retry
from .core.errors import JobError, JobTimeout
from .core.hook import Hook
from .core.plan import Stage
from .engine.cache import LRUCache, get_cache
from .engine.commands import CommandFailed, CommandResult, CommandTimeout
from .engine.concurrency import ConcurrencyController
from .engine.context import Context
from .engine.jobs import AlreadyEnded, QueueFull
from .engine.params import InvalidParams
from .engine.rates import RateLimiter
from .engine.refusals import NotEnded, NotRetryable, RemovedJob, UnknownJob
from .functions import JobFunction
from .handles import Handle, NotOpen, Update
from .monitor.alerts.face import AlertManager, get_alert_manager
from .monitor.alerts.told import Told
from .monitor.consistency import ConsistencyCheck, ConsistencyLevel, StateConsistencyMonitor, get_monitor
from .monitor.handlers import monitor_state_consistency
from .monitor.own import AppMetrics, get_metrics
from .monitor.report_building import Report

__all__ = [
    "AlertManager",
    "AlreadyEnded",
    "App",
    "AppMetrics",
    "CommandFailed",
    "CommandResult",
    "CommandTimeout",
    "ConcurrencyController",
    "ConsistencyCheck",
    "ConsistencyLevel",
    "Context",
    "Handle",
    "Hook",
    "InvalidParams",
    "JobError",
    "JobFunction",
    "JobTimeout",
    "LRUCache",
    "NotEnded",
    "NotOpen",
    "NotRetryable",
    "QueueFull",
    "RateLimiter",
    "RemovedJob",
    "Report",
    "Retry",
    "Stage",
    "StateConsistencyMonitor",
    "Told",
    "UnknownJob",
    "Update",
    "get_alert_manager",
    "get_cache",
    "get_metrics",
    "get_monitor",
    "monitor_state_consistency",
]
