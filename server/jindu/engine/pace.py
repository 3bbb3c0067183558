"""The pace of progress before the log: leading and trailing edge (PROTOCOL section 6).

The first report leaves at once; what comes within the interval merges, and the newest leaves when the interval is over. So
a bar starts to move without delay and never ends on an old figure.
"""

import asyncio
from collections.abc import Callable
from typing import TypeAlias

from ..core.clock import Clock

Report: TypeAlias = tuple[float, str | None]  # percent of the whole job, message


class Pace:
    """`per_second` reports at most, 0 for no limit. `emit` is called on the event loop."""

    def __init__(self, per_second: float, clock: Clock, emit: Callable[[float, str | None], None]) -> None:
        self._interval = 1 / per_second if per_second else 0.0
        self._clock = clock
        self._emit = emit
        self._held: Report | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._next = 0.0

    @property
    def holds(self) -> bool:
        """Whether a report waits for its interval."""
        return self._held is not None

    def offer(self, percent: float, message: str | None) -> None:
        """Report; an older report still held gives way, but its message stays if this one has none."""
        now = self._clock.monotonic()
        if self._timer is None and now >= self._next:
            self._next = now + self._interval
            self._emit(percent, message)
            return
        older = self._held
        self._held = (max(percent, older[0]), older[1] if message is None else message) if older else (percent, message)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._next - now, self._due)

    def flush(self) -> None:
        """Let the held report go: a stage, a partial result or the end comes behind it."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        held, self._held = self._held, None
        if held is not None:
            self._next = self._clock.monotonic() + self._interval
            self._emit(*held)

    def _due(self) -> None:
        self._timer = None
        self.flush()
