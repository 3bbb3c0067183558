"""Due times: cron as users know it, right where a clock is set, rising always; intervals without drift."""

from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from croniter import croniter
from hypothesis import given, settings
from hypothesis import strategies as st

from jindu.engine.triggers import BadTrigger, Trigger, trigger

ZONES = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Asia/Shanghai",
    "Australia/Lord_Howe",
    "America/Sao_Paulo",
    "Africa/Casablanca",
]
STARTS = st.integers(1_483_228_800, 2_145_916_800).map(lambda at: datetime.fromtimestamp(at, UTC))


def due(cron: str, zone: str, start: str, number: int) -> list[str]:
    """The next due times behind a local time, as local times with their offset."""
    begin = datetime.fromisoformat(start).replace(tzinfo=ZoneInfo(zone)).timestamp()
    times = islice(trigger(cron, None, zone).upcoming(begin), number)
    return [datetime.fromtimestamp(at, ZoneInfo(zone)).strftime("%m-%d %H:%M%z") for at in times]


@pytest.mark.parametrize(
    ("cron", "start", "expected"),
    [
        # Forward: 02:00 becomes 03:00 on 29 March 2026.
        ("30 2 * * *", "2026-03-28T12:00", ["03-29 03:30+0200", "03-30 02:30+0200"]),
        ("0 3 * * *", "2026-03-28T12:00", ["03-29 03:00+0200", "03-30 03:00+0200"]),
        ("30 2,3 * * *", "2026-03-28T12:00", ["03-29 03:30+0200", "03-30 02:30+0200", "03-30 03:30+0200"]),
        ("*/30 * * * *", "2026-03-29T01:10", ["03-29 01:30+0100", "03-29 03:00+0200", "03-29 03:30+0200"]),
        # Back: 03:00 becomes 02:00 on 25 October 2026.
        ("30 2 * * *", "2026-10-24T12:00", ["10-25 02:30+0200", "10-26 02:30+0100"]),
        ("30 * * * *", "2026-10-25T01:40", ["10-25 02:30+0200", "10-25 02:30+0100", "10-25 03:30+0100"]),
        ("0 */2 * * *", "2026-10-25T01:00", ["10-25 02:00+0200", "10-25 02:00+0100", "10-25 04:00+0100"]),
        # The calendar.
        ("0 0 29 2 *", "2026-03-28T12:00", ["02-29 00:00+0100", "02-29 00:00+0100"]),
        ("0 9 * * mon-fri", "2026-11-27T10:00", ["11-30 09:00+0100", "12-01 09:00+0100"]),
        ("0 0 1 * 7", "2026-11-27T10:00", ["11-29 00:00+0100", "12-01 00:00+0100"]),  # the day or the weekday, as cron has it
        ("@hourly", "2026-11-27T10:00", ["11-27 11:00+0100", "11-27 12:00+0100"]),
        ("@Daily", "2026-11-27T10:00", ["11-28 00:00+0100"]),
        ("0 0 30 2 *", "2026-11-27T10:00", []),
    ],
)
def test_due_times_in_berlin(cron: str, start: str, expected: list[str]) -> None:
    assert due(cron, "Europe/Berlin", start, len(expected) or 1) == expected


@settings(max_examples=20, deadline=None)
@given(STARTS, st.sampled_from(ZONES), st.integers(0, 23), st.integers(0, 59))
def test_a_daily_run_is_due_once_each_day_wherever_clocks_are_set(start: datetime, zone: str, hour: int, minute: int) -> None:
    times = list(islice(trigger(f"{minute} {hour} * * *", None, zone).upcoming(start.timestamp()), 400))
    local = [datetime.fromtimestamp(at, ZoneInfo(zone)) for at in times]
    assert all(a < b for a, b in pairwise(times))
    assert [at.date() for at in local] == [local[0].date() + timedelta(days) for days in range(400)]
    for at in local:
        wanted = at.replace(hour=hour, minute=minute, fold=0)
        there = wanted.astimezone(UTC).astimezone(ZoneInfo(zone)) == wanted and wanted.utcoffset() == at.utcoffset()
        assert at == wanted or not there, "another time only where the wanted one is not there"


@settings(max_examples=20, deadline=None)
@given(STARTS, st.sampled_from(ZONES), st.sampled_from([5, 10, 15, 30]))
def test_every_few_minutes_goes_on_whatever_clocks_do(start: datetime, zone: str, minutes: int) -> None:
    # Over a whole year and a bit would be long: the days around where clocks are mostly set.
    for month in (3, 10, 11):
        begin = start.replace(month=month, day=1 + start.day % 28).timestamp()
        times = list(islice(trigger(f"*/{minutes} * * * *", None, zone).upcoming(begin), 24 * 60 // minutes))
        assert {b - a for a, b in pairwise(times)} == {minutes * 60}


@settings(max_examples=50, deadline=None)
@given(
    STARTS,
    st.tuples(*(st.sampled_from(choices) for choices in (
        ["*", "0", "*/7", "5,35", "10-20"], ["*", "3", "*/5", "8-18", "23"], ["*", "1", "28", "*/10"], ["*", "2", "jan-jun"],
        ["*", "0", "7", "mon,wed", "5"],
    ))).map(" ".join),
)  # fmt: skip
def test_without_a_set_clock_it_is_what_croniter_says(start: datetime, cron: str) -> None:
    ours = list(islice(trigger(cron, None, "UTC").upcoming(start.timestamp()), 5))
    theirs = croniter(cron, start.replace(tzinfo=None), ret_type=datetime)
    assert ours == [theirs.get_next().replace(tzinfo=UTC).timestamp() for _ in range(5)]


@settings(max_examples=200, deadline=None)
@given(
    st.floats(1, 1e6), st.floats(1e9, 2e9), st.floats(-1e6, 1e7), st.sampled_from([None, "*/10 * * * *", "0 3 * * *"]),
    st.sampled_from(ZONES),
)  # fmt: skip
def test_the_next_is_behind_and_the_latest_is_not(every: float, anchor: float, on: float, cron: str | None, zone: str) -> None:
    made = Trigger(cron, None if cron else every, zone)
    first = made.after(anchor, anchor)
    assert first is not None
    assert first > anchor
    if on > 0:
        until = first + on
        latest, following = made.latest(first, until, anchor), made.after(until, anchor)
        assert following is not None
        assert first <= latest <= until < following
        assert made.after(latest, anchor) == pytest.approx(following, abs=1e-3)


def test_an_interval_does_not_drift_and_counts_from_its_beginning() -> None:
    made = trigger(None, "10m")
    assert [made.after(at, 100.0) for at in (100.0, 699.0, 700.0, 100 + 6e5 + 1)] == [700.0, 700.0, 1300.0, 600700.0]
    assert made.after(50.0, 100.0) == 100.0, "a clock that was set back"
    assert made.after(100.0006, 100.0006) == 700.001, "not at once: 100.001 is the anchor itself, to the millisecond"
    assert made.latest(700.0, 5000.0, 100.0) == 4900.0


@pytest.mark.parametrize(
    ("cron", "every", "zone", "field"),
    [
        (None, None, "UTC", "cron"), ("* * * * *", 5, "UTC", "cron"), ("* * * *", None, "UTC", "cron"),
        ("* * * * * *", None, "UTC", "cron"), ("61 * * * *", None, "UTC", "cron"), ("", None, "UTC", "cron"),
        ("R * * * *", None, "UTC", "cron"), ("H * * * *", None, "UTC", "cron"), ("@reboot", None, "UTC", "cron"),
        ("* * * * *\n* * * * *", None, "UTC", "cron"), (None, 0, "UTC", "every"), (None, "10 minutes", "UTC", "every"),
        (None, -1, "UTC", "every"), (None, 1e12, "UTC", "every"), (None, float("nan"), "UTC", "every"),
        ("* * * * *", None, "Berlin", "timezone"), ("* * * * *", None, "../etc/passwd", "timezone"),
        ("* * * * *", None, "", "timezone"),
    ],
)  # fmt: skip
def test_what_is_no_trigger_says_what_to_write(cron: str | None, every: float | None, zone: str, field: str) -> None:
    with pytest.raises(BadTrigger) as refused:
        trigger(cron, every, zone)
    assert refused.value.field == field
    assert len(str(refused.value)) > 10
