"""Tells when something keeps the event loop, and names the job that does: a body that blocks slows everybody.

The loop notes the time four times in each span that is allowed; a thread looks whether it still does. It says so while the loop
stands, so that a body that never comes back is named too. Nothing is lost meanwhile: what arrives waits in the kernel, and time
limits count from when they began.
"""

import asyncio
import logging
import sys
import threading

from ..core.clock import Clock

log = logging.getLogger("jindu.engine")

LOOKS = 4  # in each span that is allowed


class LoopWatch:
    """`blocked` counts the times that the loop stood for more than `seconds`; 0 seconds: nobody looks."""

    def __init__(self, seconds: float, clock: Clock) -> None:
        self.blocked = 0
        self._seconds = seconds
        self._clock = clock
        self._beat = clock.monotonic()
        self._told = False
        self._ended = threading.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread_id = 0

    def start(self) -> None:
        """Watch the running loop until `stop`."""
        self._loop, self._thread_id = asyncio.get_running_loop(), threading.get_ident()
        if self._seconds > 0:
            self.beat()
            threading.Thread(target=self._watch, name="jindu-loop-watch", daemon=True).start()

    def stop(self) -> None:
        self._ended.set()
        if self._timer is not None:
            self._timer.cancel()

    def beat(self) -> None:
        """The loop turns. Called by its own timer."""
        now = self._clock.monotonic()
        if self._told:
            log.warning("the event loop goes on, after %.1f seconds", now - self._beat)
        self._beat, self._told = now, False
        if self._loop is not None and not self._ended.is_set():
            self._timer = self._loop.call_later(self._seconds / LOOKS, self.beat)

    def look(self) -> None:
        """Count and tell if the loop stands for too long, once each time. Called by the thread."""
        if self._told or self._clock.monotonic() - self._beat <= self._seconds:
            return
        self._told = True
        self.blocked += 1
        log.error(
            "the event loop is blocked for more than %g seconds by %s; a body that computes or waits without `await` "
            'should be a plain function, or run in a process (run_in="process")',
            self._seconds,
            self._culprit(),
        )

    def _culprit(self) -> str:
        """Who runs now, and where. Bodies run in tasks that are named after their job."""
        task = None if self._loop is None else asyncio.current_task(self._loop)
        frame = sys._current_frames().get(self._thread_id)
        where = "" if frame is None else f" in {frame.f_code.co_qualname}, {frame.f_code.co_filename}:{frame.f_lineno}"
        return f"{'no task' if task is None else task.get_name()}{where}"

    def _watch(self) -> None:
        while not self._ended.wait(self._seconds / LOOKS):
            self.look()
