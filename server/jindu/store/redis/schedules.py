"""Schedules: each a version and a text, with the seconds at which it falls due in sorted sets beside it."""

import orjson

from ...core.schedule import Missed, Overlap, Schedule
from ..contract import Exists
from .forms import maybe
from .link import Link

KEY, DUE, HELD = "{j}:schedules", "{j}:schedule:due", "{j}:schedule:held"


async def all_of(link: Link) -> list[Schedule]:
    (texts,) = await link.ask([("HVALS", KEY)])
    return sorted(map(_schedule, texts), key=lambda one: one.id)


async def one(link: Link, schedule_id: str) -> Schedule | None:
    (text,) = await link.ask([("HGET", KEY, schedule_id)])
    return None if text is None else _schedule(text)


async def due(link: Link, now: float, limit: int) -> list[Schedule]:
    """The longest due first; of one that holds a run it is that run which is due."""
    held, come = await link.ask(
        [("ZRANGE", HELD, 0, -1, "WITHSCORES"), ("ZRANGEBYSCORE", DUE, "-inf", maybe(now), "WITHSCORES")],
    )
    since = dict(zip(come[::2], map(float, come[1::2]), strict=True))
    since |= dict(zip(held[::2], map(float, held[1::2]), strict=True))
    ids = sorted(since, key=lambda id: (since[id], id))[:limit]
    if not ids:
        return []
    (texts,) = await link.ask([("HMGET", KEY, *ids)])
    return [_schedule(text) for text in texts if text is not None]


async def add(link: Link, schedule: Schedule) -> None:
    """Raises `Exists`."""
    if not await _written(link, "add", schedule):
        raise Exists(schedule.id)


async def change(link: Link, schedule: Schedule) -> bool:
    return await _written(link, "change", schedule)


async def drop(link: Link, schedule_id: str) -> bool:
    (known,) = await link.call("schedule", "drop", schedule_id)
    return bool(known)


async def _written(link: Link, how: str, of: Schedule) -> bool:
    falls_due, held = ("", "") if of.paused else (maybe(of.next_at), maybe(of.held_at))
    (done,) = await link.call("schedule", how, of.id, of.version, _text(of), falls_due, held)
    return bool(done)


def _text(of: Schedule) -> bytes:
    rest = (
        of.id, of.type, of.created_at, of.cron, of.every, of.timezone, of.overlap, of.missed, of.owner, of.priority, of.tags,
        of.declared, of.paused, of.next_at, of.held_at, of.last_at, of.last_job, of.runs, of.skipped,
    )  # fmt: skip
    return orjson.dumps(rest) + b"\n" + of.params


def _schedule(text: bytes) -> Schedule:
    head, _, params = text.partition(b"\n")
    version, _, values = head.partition(b" ")
    (
        id, type, created_at, cron, every, timezone, overlap, missed, owner, priority, tags, declared, paused, *rest,
    ) = orjson.loads(values)  # fmt: skip
    return Schedule(
        id, type, params, created_at, cron, every, timezone, Overlap(overlap), Missed(missed), owner, priority, tuple(tags),
        declared, paused, int(version), *rest,
    )  # fmt: skip
