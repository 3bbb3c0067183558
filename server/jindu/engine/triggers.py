"""When a schedule falls due: cron in a time zone, or every so many seconds.

Cron (five fields, or `@hourly`, `@daily`, …) is matched against the clock on the wall of the zone. Where that clock is set:

* forward (02:00 to 03:00): what would fall into the hour that is not there is due as if the clock had not been set, at 03:30
  for 02:30, so that a daily run is not lost;
* back (03:00 to 02:00): a run at fixed hours is due once, at the first of the two; one whose hours begin with `*` is due in
  both, so that `*/10 * * * *` goes on every ten minutes.

This is what Debian's cron does, as users know it; croniter with a zone runs a daily job twice where a clock is set back, so it
is asked for times on a clock that is never set. Due times rise strictly.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain, takewhile
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ..core.durations import Duration, seconds
from ..core.lazily import Lazily
from ..core.schedule import Schedule

if TYPE_CHECKING:
    import croniter
else:
    croniter = Lazily("croniter")

LEAST_EVERY = 1.0  # seconds
MOST_EVERY = 10 * 365 * 86_400.0
LOOK_BACK = 7_200.0  # seconds that are looked through first for the latest of many
LAST_YEAR = 9_000  # of a time that can be shown
SET_BY = timedelta(hours=3)  # no zone's clock is set by more, but where a day is left out
_FIELDS = re.compile(r"[A-Za-z0-9*/,#?-]+( [A-Za-z0-9*/,#?-]+){4}")
_CHANCE = re.compile(r"(?i)\b[rh]\b")  # extensions of croniter: a time by chance, or by a hash
_ALIASES = {
    "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@monthly": "0 0 1 * *", "@weekly": "0 0 * * 0", "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *", "@hourly": "0 * * * *",
}  # fmt: skip


class BadTrigger(ValueError):
    """The text says what to write instead; `field` is which of cron, every, timezone is wrong."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field


@dataclass(frozen=True, slots=True)
class Trigger:
    """Made by `trigger`, which checks."""

    cron: str | None
    every: float | None
    timezone: str

    def after(self, at: float, anchor: float) -> float | None:
        """The first due time behind wall-clock second `at`; intervals are counted from `anchor`. None if there is none."""
        if self.every is not None:
            if at >= anchor:  # rounded up, the anchor would lie behind itself: a first run the moment a schedule is made
                at = max(at, _whole(anchor))
            times = (at - anchor) // self.every
            return next(due for step in range(3) if (due := _whole(anchor + (times + step) * self.every)) > at)
        return next(self.upcoming(at), None)

    def latest(self, since: float, until: float, anchor: float) -> float:
        """The last due time that is not behind `until`, of those from `since` (which is one) on."""
        if self.every is not None:
            times = (until - anchor) // self.every
            found = [due for step in range(-1, 2) if (due := _whole(anchor + (times + step) * self.every)) <= until]
            return max(since, *found)
        window = LOOK_BACK
        while until - window > since:
            if found := list(takewhile(lambda due: due <= until, self.upcoming(until - window))):
                return found[-1]
            window *= 8
        return list(takewhile(lambda due: due <= until, chain((since,), self.upcoming(since))))[-1]

    def upcoming(self, at: float) -> Iterator[float]:
        """Due times of a cron behind `at`, rising."""
        assert self.cron is not None
        zone, both = ZoneInfo(self.timezone), self.cron.split(" ")[1].startswith("*")
        # From well before: a local time that comes later by its text may come earlier by the sun, and the other way round.
        local = datetime.fromtimestamp(at, UTC).astimezone(zone).replace(tzinfo=None) - SET_BY
        ahead: list[float] = []
        last = at
        for matched in _matches(self.cron, local):
            frontier = _instant(matched - SET_BY, zone, 0)
            while ahead and ahead[0] <= frontier:
                if (due := ahead.pop(0)) > last:
                    last = due
                    yield due
            ahead = sorted({*ahead, *_instants(matched, zone, both=both)})
        yield from (due for due in ahead if due > last)


def trigger(cron: str | None, every: Duration | None, timezone: str = "UTC") -> Trigger:
    """Raises `BadTrigger`."""
    if (cron is None) == (every is None):
        raise BadTrigger("cron", 'give either cron, such as "*/10 * * * *", or every, such as "10m"')
    try:
        ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BadTrigger(
            "timezone", f"{timezone!r} is no time zone known here; write one such as Europe/Berlin or UTC"
        ) from None
    return Trigger(None if cron is None else _cron(cron), None if every is None else _every(every), timezone)


def of(schedule: Schedule) -> Trigger:
    return Trigger(schedule.cron, schedule.every, schedule.timezone)


def _cron(text: str) -> str:
    plain = _ALIASES.get(text.strip().lower(), " ".join(text.split()))
    try:
        good = _FIELDS.fullmatch(plain) is not None and not _CHANCE.search(plain) and croniter.croniter.is_valid(plain)
    except (ValueError, OverflowError):
        good = False
    if not good:
        raise BadTrigger(
            "cron", f'{text!r} is not cron: five fields (minute, hour, day, month, weekday), as "*/10 8-18 * * mon-fri"'
        )
    return plain


def _every(value: Duration) -> float:
    try:
        every = seconds(value)
    except (ValueError, TypeError) as error:
        raise BadTrigger("every", str(error)) from None
    if not LEAST_EVERY <= every <= MOST_EVERY:
        raise BadTrigger("every", f"from {LEAST_EVERY:g} second to ten years, not {value!r}")
    return every


def _matches(cron: str, local: datetime) -> Iterator[datetime]:
    """Times on a clock that is never set; ends where there are no more, as on 30 February."""
    found = croniter.croniter(cron, local, ret_type=datetime)
    while True:
        try:
            matched: datetime = found.get_next()
        except (ValueError, OverflowError):  # nothing for many years
            return
        if matched.year >= LAST_YEAR:
            return
        yield matched


def _whole(at: float) -> float:
    """To the millisecond: what the same due time comes out as, however it was reached."""
    return round(at, 3)


def _instants(local: datetime, zone: ZoneInfo, *, both: bool) -> set[float]:
    first, second = (_instant(local, zone, fold) for fold in (0, 1))
    if first <= second:  # the same, or twice on the wall
        return {first, second} if both else {first}
    # Not there: fold 0 counts on with the clock as it was before it was set. One that goes on all the time needs none.
    return set() if both else {first}


def _instant(local: datetime, zone: ZoneInfo, fold: int) -> float:
    return local.replace(tzinfo=zone, fold=fold).timestamp()
