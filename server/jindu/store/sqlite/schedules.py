"""Schedules as rows. What writes is one transaction each, in the writer's thread."""

import sqlite3

import orjson

from ...core.schedule import Missed, Overlap, Schedule
from ..contract import Exists
from .rows import Row
from .sql import SCHEDULES
from .transaction import written


def schedule(row: Row) -> Schedule:
    (
        id, type, params, created_at, cron, every, timezone, overlap, missed, owner, priority, tags, declared, paused, *rest,
    ) = row  # fmt: skip
    return Schedule(
        id, type, params, created_at, cron, every, timezone, Overlap(overlap), Missed(missed), owner, priority,
        tuple(orjson.loads(tags)), bool(declared), bool(paused), *rest,
    )  # fmt: skip


def add(connection: sqlite3.Connection, _numbers: object, schedule: Schedule) -> None:
    """Raises `Exists`."""
    if written(connection, lambda c: c.execute(SCHEDULES["add"], _parameters(schedule)).rowcount) == 0:
        raise Exists(schedule.id)


def change(connection: sqlite3.Connection, _numbers: object, schedule: Schedule) -> bool:
    return written(connection, lambda c: c.execute(SCHEDULES["change"], _parameters(schedule)).rowcount) == 1


def drop(connection: sqlite3.Connection, _numbers: object, schedule_id: str) -> bool:
    return written(connection, lambda c: c.execute(SCHEDULES["drop"], (schedule_id,)).rowcount) == 1


def _parameters(of: Schedule) -> Row:
    return (
        of.type, of.params, of.created_at, of.cron, of.every, of.timezone, of.overlap.value, of.missed.value, of.owner,
        of.priority, orjson.dumps(of.tags).decode(), of.declared, of.paused, of.next_at, of.held_at, of.last_at, of.last_job,
        of.runs, of.skipped, of.version, of.id,
    )  # fmt: skip
