"""The pace of progress: leading and trailing edge, nothing overtaken, nothing held back for ever."""

import asyncio

from jindu.core.clock import ManualClock
from jindu.engine.pace import Pace, Report


class Shown:
    """What a pace let through; `next` waits for one more."""

    def __init__(self, per_second: float) -> None:
        self.clock = ManualClock()
        self.reports: list[Report] = []
        self.came = asyncio.Event()
        self.pace = Pace(per_second, self.clock, self._emit)

    def _emit(self, percent: float, message: str | None) -> None:
        self.reports.append((percent, message))
        self.came.set()

    async def next(self) -> Report:
        self.came.clear()
        await asyncio.wait_for(self.came.wait(), 5)
        return self.reports[-1]


async def test_the_first_report_leaves_at_once() -> None:
    shown = Shown(10)
    shown.pace.offer(1, "one")
    assert shown.reports == [(1, "one")]


async def test_what_comes_within_the_interval_merges_and_the_newest_leaves_when_it_is_over() -> None:
    shown = Shown(20)
    for percent in range(1, 100):
        shown.pace.offer(percent, f"item {percent}")
    assert shown.reports == [(1, "item 1")]
    assert await shown.next() == (99, "item 99")
    assert len(shown.reports) == 2


async def test_after_a_quiet_interval_a_report_leaves_at_once_again() -> None:
    shown = Shown(10)
    shown.pace.offer(1, None)
    shown.clock.advance(0.2)
    shown.pace.offer(2, None)
    assert shown.reports == [(1, None), (2, None)]


async def test_the_message_is_kept_when_the_next_report_has_none() -> None:
    shown = Shown(20)
    shown.pace.offer(1, None)
    shown.pace.offer(2, "reading")
    shown.pace.offer(3, None)
    assert await shown.next() == (3, "reading")


async def test_a_held_percent_does_not_fall() -> None:
    shown = Shown(20)
    shown.pace.offer(1, None)
    shown.pace.offer(50, None)
    shown.pace.offer(20, "later")
    assert await shown.next() == (50, "later")


async def test_a_flush_lets_the_held_report_go_once() -> None:
    shown = Shown(1)
    shown.pace.offer(1, None)
    shown.pace.offer(2, "two")
    shown.pace.flush()
    shown.pace.flush()
    assert shown.reports == [(1, None), (2, "two")]
    shown.pace.offer(3, None)
    assert len(shown.reports) == 2
    shown.pace.flush()
    assert shown.reports[-1] == (3, None)


async def test_a_flush_of_nothing_shows_nothing() -> None:
    shown = Shown(1)
    shown.pace.flush()
    assert shown.reports == []


async def test_zero_is_no_limit() -> None:
    shown = Shown(0)
    for percent in range(100):
        shown.pace.offer(percent, None)
    assert [percent for percent, _ in shown.reports] == list(range(100))
