"""Times as they are shown, and the clock that moves when told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jindu.core.clock import ManualClock, SystemClock, rfc3339


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
