"""A bound on how much runs at once, with figures: for calls to a platform that fails above so many in parallel."""

import asyncio
from collections import Counter
from collections.abc import Awaitable
from typing import Any, TypeVar

from .handing import abandon

R = TypeVar("R")


class ConcurrencyController:
    """Lets `max_concurrent` coroutines run at once; others wait in the order they came."""

    def __init__(self, max_concurrent: int = 10) -> None:
        if max_concurrent < 1:
            raise ValueError("max_concurrent is at least 1")
        self.max_concurrent = max_concurrent
        self._room = asyncio.Semaphore(max_concurrent)
        self._waiting = 0
        self._active: Counter[str] = Counter()
        self._ends: Counter[str] = Counter()
        self._peak = 0

    @property
    def active(self) -> int:
        return self._active.total()

    async def execute(self, coro: Awaitable[R], task_name: str = "task") -> R:
        """Run `coro` when there is room; its result, or what it raises. Cancelling while it waits drops it unstarted.

        `task_name` is what `get_stats` calls it while it runs.
        """
        self._waiting += 1
        try:
            await self._room.acquire()
        except BaseException:
            abandon(coro)
            raise
        finally:
            self._waiting -= 1
        self._active[task_name] += 1
        self._peak = max(self._peak, self.active)
        end = "failed"
        try:
            result = await coro
            end = "completed"
        except asyncio.CancelledError:
            end = "cancelled"
            raise
        else:
            return result
        finally:
            self._ends[end] += 1
            self._active[task_name] -= 1
            self._active += Counter()  # drops the names of which none runs
            self._room.release()

    def get_stats(self) -> dict[str, Any]:
        """How many run (`active`, by name in `running`), wait, and ended how; `success_rate` from 0 to 1 is of those that
        completed or failed, and 1 before the first."""
        completed, failed = self._ends["completed"], self._ends["failed"]
        return {
            "max_concurrent": self.max_concurrent,
            "active": self.active,
            "waiting": self._waiting,
            "running": dict(self._active),
            "peak": self._peak,
            "total": self._ends.total(),
            "completed": completed,
            "failed": failed,
            "cancelled": self._ends["cancelled"],
            "success_rate": completed / (completed + failed) if completed + failed else 1.0,
        }
