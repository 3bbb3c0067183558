"""Which job the running code belongs to: set where a run begins, seen by everything that it calls, in tasks and threads too."""

from contextvars import ContextVar

current_job: ContextVar[str | None] = ContextVar("jindu_job", default=None)
