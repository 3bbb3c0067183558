"""A coroutine that was handed over and will not be run after all."""

from collections.abc import Awaitable
from typing import Any


def abandon(work: Awaitable[Any]) -> None:
    """End it unstarted: one that is only dropped warns that nobody awaited it. A task or future is asked to end."""
    close = getattr(work, "close", None) or getattr(work, "cancel", None)
    if close is not None:
        close()
