"""How many jobs end here in a second: what a full queue may promise to who is sent away."""

import math
from collections import deque
from collections.abc import Callable

from ..bus.contract import Bus, Notice
from ..core.clock import Clock
from ..core.states import Kind

WINDOW = 60.0  # seconds that are looked back on
LEAST, MOST = 1, 600  # seconds that anybody is told to wait
FINAL = frozenset({Kind.RETURN, Kind.FAIL, Kind.CANCEL})


class Throughput:
    """Counts ends heard on the bus, of jobs that were run or cancelled on this node."""

    def __init__(self, bus: Bus, clock: Clock, learned: Callable[[], float | None] = lambda: None) -> None:
        """`learned`: jobs a second by what is remembered of earlier runs, None if that is nothing."""
        self._learned = learned
        self._clock = clock
        self._began = clock.monotonic()
        self._ends: deque[tuple[int, int]] = deque()  # monotonic second, ends in it
        bus.listen(self._hear, progress=False)

    def seconds_for(self, jobs: int) -> int | None:
        """Seconds until so many more will have ended, 1 to 600, if it goes on as in the last minute; if nothing ended then, as
        earlier runs went; None if there were none."""
        now = self._clock.monotonic()
        while self._ends and self._ends[0][0] < now - WINDOW:
            self._ends.popleft()
        ended = sum(number for _, number in self._ends)
        looked_at = min(max(now - self._began, 1.0), WINDOW)
        rate = ended / looked_at or self._learned()
        return None if rate is None else min(max(math.ceil(jobs / rate), LEAST), MOST)

    def _hear(self, notice: Notice) -> None:
        if notice.event is None or notice.event.kind not in FINAL:
            return
        second = int(self._clock.monotonic())
        before = self._ends.pop()[1] if self._ends and self._ends[-1][0] == second else 0
        self._ends.append((second, before + 1))
