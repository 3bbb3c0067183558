"""Schedules as authors declare them, checked when they are declared."""

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from ..core.durations import Duration
from ..core.schedule import Missed, Overlap, Schedule
from . import triggers
from .registry import JobType

ID_CHARS = 100


class ScheduleOptions(TypedDict, total=False):
    """What an author may say about a schedule; see `App.schedule`."""

    id: str
    params: Mapping[str, Any]
    timezone: str
    overlap: str
    missed: str
    owner: str | None
    priority: int
    tags: Sequence[str]


def planned(what: Sequence[Any], options: Mapping[str, Any]) -> Schedule:
    """From the arguments of `App.schedule`: a cron and a job, or a job alone, in this order. Raises `TypeError`, `ValueError`
    with what to change, and `InvalidParams`."""
    given = dict(options)
    if what and isinstance(what[0], str):
        given["cron"], what = what[0], what[1:]
    job = what[0] if what else given.pop("job", None)
    job_type = getattr(job, "type", None)
    if len(what) > 1 or not isinstance(job_type, JobType):
        raise TypeError('app.schedule takes a cron and a job, as in app.schedule("*/10 * * * *", tidy), or a job and every=')
    return _schedule(job_type, **given)


def _schedule(
    job_type: JobType,
    *,
    cron: str | None = None,
    every: Duration | None = None,
    id: str | None = None,
    params: Mapping[str, Any] | None = None,
    timezone: str = "UTC",
    overlap: str = Overlap.SKIP.value,
    missed: str = Missed.ONCE.value,
    owner: str | None = None,
    priority: int = 0,
    tags: Sequence[str] = (),
) -> Schedule:
    name = job_type.name if id is None else id
    if not 0 < len(name) <= ID_CHARS:
        raise ValueError(f"schedule {name!r}: an id has 1 to {ID_CHARS} characters")
    checked = triggers.trigger(cron, every, timezone)
    return Schedule(
        id=name,
        type=job_type.name,
        params=job_type.params.pack(**(params or {})),
        created_at=0.0,
        cron=checked.cron,
        every=checked.every,
        timezone=timezone,
        overlap=Overlap(overlap),
        missed=Missed(missed),
        owner=owner,
        priority=priority,
        tags=tuple(tags),
        declared=True,
    )
