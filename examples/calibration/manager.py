"""The manager of the earlier system, for programs that calibrate in their own process with a function of their own.

Any callable will do; it runs in one of `max_workers` threads. Tasks live in memory: for tasks that outlive the process, and for
time limits that end a program, there is the job `calibrate`.
"""

import inspect
import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

ENDED = ("completed", "failed")


class AsyncCalibrationManager:
    """All methods may be called from any thread."""

    def __init__(
        self, max_workers: int = 5, task_ttl_seconds: float = 3600, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._threads = ThreadPoolExecutor(max_workers, thread_name_prefix="calibration")
        self._ttl = task_ttl_seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._tasks: dict[str, dict[str, Any]] = {}
        self._ended_at: dict[str, float] = {}

    def submit_task(self, info_hash: str, calibration_func: Callable[..., Any], *args: Any, **kwargs: Any) -> str:
        """Call `calibration_func(info_hash, *args, **kwargs)` behind, without the hash if it does not take so much; returns the
        id of the task at once."""
        self.cleanup_old_tasks()
        task_id = str(uuid.uuid4())
        with self._lock:
            self._tasks[task_id] = {"task_id": task_id, "status": "pending", "info_hash": info_hash}
        self._threads.submit(self._run, task_id, calibration_func, info_hash, args, kwargs)
        return task_id

    def get_task_status(self, task_id: str) -> dict[str, Any] | None:
        """`task_id`, `status`, `info_hash`, and `result` or `error`; None for an unknown or expired task."""
        with self._lock:
            task = self._tasks.get(task_id)
            return None if task is None or self._is_old(task_id) else dict(task)

    def cleanup_old_tasks(self) -> int:
        """Forget what ended longer than the TTL ago; how many there were. Open tasks are never touched."""
        with self._lock:
            old = [task_id for task_id in self._ended_at if self._is_old(task_id)]
            for task_id in old:
                del self._tasks[task_id], self._ended_at[task_id]
        return len(old)

    def shutdown(self, wait: bool = True) -> None:
        """Take no further tasks; what has not begun never will. `wait` for those that run."""
        self._threads.shutdown(wait=wait, cancel_futures=True)

    def _is_old(self, task_id: str) -> bool:
        ended = self._ended_at.get(task_id)
        return ended is not None and self._clock() - ended >= self._ttl

    def _run(self, task_id: str, function: Callable[..., Any], info_hash: str, args: Any, kwargs: Any) -> None:
        self._note(task_id, status="running")
        try:
            result = function(*(info_hash, *args) if takes(function, info_hash, *args, **kwargs) else args, **kwargs)
        except Exception as error:  # noqa: BLE001 - it is anybody's function; its failure is the task's
            self._note(task_id, status="failed", error=str(error) or type(error).__name__)
        else:
            self._note(task_id, status="completed", result=result)

    def _note(self, task_id: str, **changes: Any) -> None:
        with self._lock:
            self._tasks[task_id].update(changes)
            if changes["status"] in ENDED:
                self._ended_at[task_id] = self._clock()


def takes(function: Callable[..., Any], *args: Any, **kwargs: Any) -> bool:
    """Whether a function can be called with these; one that does not say what it takes can."""
    try:
        inspect.signature(function).bind(*args, **kwargs)
    except TypeError:
        return False
    except ValueError:
        pass
    return True


@cache
def get_async_calibration_manager() -> AsyncCalibrationManager:
    """The one manager of this process."""
    return AsyncCalibrationManager()
