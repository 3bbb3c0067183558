"""The consistency monitor's rounds through the store: each row held against its log, a few at a time, by a cursor.

So it can find something: a row that was changed past the log, by hand or by a failing disk, is found within one pass and set
right from the log. Before anything runs, what is open is looked at as a whole: a job must not run again because its row
forgot that it ended.
"""

import logging
from collections.abc import Sequence

from ..bus.contract import Bus, Notice
from ..core.job import Job
from ..store.contract import Store
from ..store.findings import Examined
from .consistency import SYNCED, StateConsistencyMonitor

log = logging.getLogger("jindu.monitor")

ROWS = 20  # held against their logs at each tick
PASS_EVERY = 60.0  # seconds from the beginning of one pass to the beginning of the next, or longer where there are many rows
OPEN_AT_START = 2_000  # open jobs looked at before anything runs; the rounds come to the others


class Rounds:
    """`tick` is called by the node. `report_every` is in seconds; 0 writes no report."""

    def __init__(self, store: Store, bus: Bus, monitor: StateConsistencyMonitor, report_every: float) -> None:
        self._store = store
        self._bus = bus
        self._monitor = monitor
        self._report_every = report_every
        self._report_at: float | None = None
        self._cursor = 0
        self._begin_at = float("-inf")
        self._told: set[str] = set()  # beyond repair, and said once
        self.passes = 0
        """How often all rows were gone through."""

    async def begin(self) -> int:
        """Look at what is open, before anything runs; how many rows were set right."""
        return await self._settle(await self._store.examine(0, OPEN_AT_START, open_only=True))

    async def tick(self, now: float) -> int:
        """A few rows, and the report when it is due; how many rows were set right. `now` is monotonic seconds."""
        self._report(now)
        if self._cursor == 0:
            if now < self._begin_at:
                return 0
            self._begin_at = now + PASS_EVERY
        page = await self._store.examine(self._cursor, ROWS)
        if len(page) < ROWS:
            self._cursor = 0
            self.passes += 1
        else:
            self._cursor = page[-1].place
        return await self._settle(page)

    def _report(self, now: float) -> None:
        if not self._report_every:
            return
        if self._report_at is None:
            self._report_at = now + self._report_every
        elif now >= self._report_at:
            self._report_at = now + self._report_every
            self._monitor.log_report()

    async def _settle(self, page: Sequence[Examined]) -> int:
        mended = 0
        for seen in page:
            if not seen.wrong and seen.problem is None:
                self._monitor.found(seen.id, [], fixed=False)
            elif seen.truth is None or not self._monitor.auto_fix:
                self._beyond_repair(seen)
            else:
                mended += await self._mend(seen)
        return mended

    async def _mend(self, seen: Examined) -> int:
        found = await self._store.mend(seen.id)
        if found is None or not found.wrong or found.truth is None:  # it has moved on, and is right now
            return 0
        self._monitor.found(found.id, texts(found), fixed=True)
        log.warning("job %s: its row was set right from its log (%s)", found.id, ", ".join(found.wrong))
        self._bus.publish(Notice(found.id, found.truth.seq))
        return 1

    def _beyond_repair(self, seen: Examined) -> None:
        if seen.id in self._told:
            return
        self._told.add(seen.id)
        self._monitor.found(seen.id, texts(seen), fixed=False)
        if seen.truth is None:
            log.error(
                "job %s cannot be set right while the server runs (%s): stop it and use `jindu repair`", seen.id, seen.problem
            )


def texts(seen: Examined) -> list[str]:
    """What is wrong with a row: first what people see of it, then the rest."""
    if seen.truth is None:
        return [f"历史记录已损坏: {seen.problem}"]
    if seen.row is None:
        return ["记录无法读取"]
    issues = [text for name in SYNCED if (text := _text(name, seen.row, seen.truth))]
    return issues or [f"{name}={getattr(seen.row, name)} 但日志为 {getattr(seen.truth, name)}" for name in seen.wrong]


def _text(name: str, row: Job, truth: Job) -> str | None:
    held, right = getattr(row, name), getattr(truth, name)
    return None if held == right else f"{name}={held} 但日志为 {right}"
