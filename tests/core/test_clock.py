"""Times as they are shown, and the clock that moves when told."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jindu.core import clock as clocks
from jindu.core.clock import CATCH_UP, ManualClock, SystemClock, rfc3339


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (None, None),
        (0.0, "1970-01-01T00:00:00.000Z"),
        (1_800_000_000.25, "2027-01-15T08:00:00.250Z"),
        (1e300, "9999-12-31T23:59:59.000Z"),
    ],
)
def test_times_are_rfc_3339_in_utc_with_milliseconds(at: float | None, text: str | None) -> None:
    assert rfc3339(at) == text


@given(st.floats(0, 4_000_000_000), st.floats(0, 4_000_000_000))
def test_shown_times_sort_like_times(one: float, other: float) -> None:
    low, high = sorted([one, other])
    assert rfc3339(low) <= rfc3339(high)


def test_a_manual_clock_moves_both_times_when_told_and_only_then() -> None:
    clock = ManualClock(wall=100.0)
    wall, monotonic = clock.wall(), clock.monotonic()
    assert (clock.wall(), clock.monotonic()) == (wall, monotonic)
    clock.advance(2.5)
    assert (clock.wall() - wall, clock.monotonic() - monotonic) == (2.5, 2.5)


def test_the_system_clock_is_that_of_the_system() -> None:
    clock = SystemClock()
    assert clock.monotonic() <= clock.monotonic()
    assert clock.wall() > 1_600_000_000


class Machine:
    """What the system says: seconds since it was started, and what its clock on the wall shows."""

    CLOCK_BOOTTIME = CLOCK_MONOTONIC = time.CLOCK_MONOTONIC

    def __init__(self) -> None:
        self.up, self.shown = 500.0, 1_800_000_000.0

    def clock_gettime(self, _which: int) -> float:
        return self.up

    def time(self) -> float:
        return self.shown

    def passes(self, seconds: float) -> None:
        self.up += seconds
        self.shown += seconds


@pytest.mark.promise("clock")
@pytest.mark.parametrize("hours", [2, -2])
def test_a_step_of_the_system_clock_is_followed_slowly_and_never_backwards(monkeypatch: pytest.MonkeyPatch, hours: int) -> None:
    machine, step = Machine(), hours * 3600.0
    monkeypatch.setattr(clocks, "time", machine)
    clock = SystemClock()
    began = clock.wall()
    assert began == machine.shown
    machine.shown += step
    for _ in range(600):
        before = clock.wall()
        machine.passes(0.1)
        assert clock.wall() - before == pytest.approx(0.1, rel=CATCH_UP * 1.01)
    machine.passes(abs(step) / CATCH_UP)  # days later it is right again
    assert clock.wall() == pytest.approx(machine.shown, abs=1e-3)


def test_small_corrections_are_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine()
    monkeypatch.setattr(clocks, "time", machine)
    clock = SystemClock()
    for _ in range(100):
        machine.passes(1)
        machine.shown += 0.0005  # as a time service corrects a quartz
        assert clock.wall() == pytest.approx(machine.shown, abs=1e-6)
