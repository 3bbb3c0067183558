"""Rows beside what their logs say they must be, and rows set right from their logs."""

import sqlite3
from collections.abc import Iterator
from dataclasses import replace

from ...core import audit
from ...core.audit import DAMAGED
from ...core.events import Event
from ...core.job import Job
from ...core.states import ENDS, Phase
from ..contract import Record
from ..findings import Examined
from . import rows
from .failures import meaning
from .group import Numbers
from .sql import EXAMINE


def page(connection: sqlite3.Connection, after: int, limit: int, *, open_only: bool) -> list[Examined]:
    """`limit` jobs behind the place `after`. One read transaction, so that row and log are of one moment."""
    connection.execute("BEGIN")
    try:
        nums = connection.execute(EXAMINE["open" if open_only else "all"], (after, limit)).fetchall()
        return [legibly(connection, num) for (num,) in nums]
    finally:
        connection.execute("ROLLBACK")


def examined(connection: sqlite3.Connection, num: int) -> Examined:
    """One job; within a transaction of the caller."""
    whole = connection.execute(EXAMINE["whole"], (num,)).fetchone()
    if whole is None:
        (job_id,) = connection.execute(EXAMINE["id"], (num,)).fetchone()
        return Examined(num, str(job_id), None, None, problem="what was submitted is lost")
    job_id, has_result = str(whole[1]), whole[rows.LISTED + 1] is not None
    row = _row(whole)
    try:
        truth = _truth(connection, num, whole)
    except DAMAGED as error:
        return Examined(num, job_id, row, None, problem=str(error) or type(error).__name__)
    if row is None:
        return Examined(num, job_id, None, truth, ("row",))
    if truth.phase is Phase.COMPLETED and not has_result:  # then nobody knows how large it was
        truth = replace(truth, result_size=row.result_size)
    return Examined(num, job_id, row, truth, tuple(audit.differences(row, truth)))


def legibly(connection: sqlite3.Connection, num: int) -> Examined:
    """One job, also where a text of it is none, which Python's sqlite3 raises as an error of the statement."""
    try:
        return examined(connection, num)
    except sqlite3.OperationalError as error:
        if "decode" not in str(error):
            raise
        return Examined(num, f"number {num}", None, None, problem="a text of it cannot be read")


def mend(connection: sqlite3.Connection, numbers: Numbers, job_id: str) -> Examined | None:
    """Set a row right from its log, in one transaction in the writer's thread; what was found, None if there is no such job.
    Raises `StoreError`; nothing is changed then."""
    try:
        connection.execute("BEGIN IMMEDIATE")
        found = connection.execute(EXAMINE["num_of"], (job_id,)).fetchone()
        seen = None if found is None else examined(connection, found[0])
        if seen is not None:
            set_right(connection, seen)
        connection.execute("COMMIT")
    except sqlite3.Error as error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise meaning(error) from error
    numbers.drop(job_id)
    return seen


def set_right(connection: sqlite3.Connection, seen: Examined) -> None:
    """Write what the log says; nothing where the two agree, or where there is no telling."""
    if seen.truth is None or not seen.wrong:
        return
    job = audit.mended(seen.row, seen.truth)
    connection.execute(EXAMINE["mend"], rows.mended(seen.place, job))
    for tag in set(() if seen.row is None else seen.row.tags) - set(job.tags):
        connection.execute(EXAMINE["untag"], (tag, seen.place))
    connection.executemany(EXAMINE["tag"], [(tag, seen.place) for tag in job.tags])


def _row(whole: rows.Row) -> Job | None:
    """The job as its row has it; None if no job can be made of it."""
    try:
        job = rows.job(whole)
        legible = job.phase in ENDS or job.stage is not None  # a place beyond the plan has no name
    except DAMAGED:
        return None
    return job if legible and job.position < len(job.spec.plan.stages) else None


def _truth(connection: sqlite3.Connection, num: int, whole: rows.Row) -> Job:
    return audit.folded(list(_entries(connection, num, Record(rows.blank(whole), whole[rows.LISTED + 1]))))


def _entries(connection: sqlite3.Connection, num: int, record: Record) -> Iterator[tuple[int, Event]]:
    for entry in connection.execute(EXAMINE["log"], (num,)).fetchall():
        kept = rows.entry(entry, record)
        yield kept.seq, kept.event
