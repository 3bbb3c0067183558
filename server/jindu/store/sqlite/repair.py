"""Stored history set right, offline: rows from their logs, logs that are no history from their rows.

Everything happens in one transaction, so that a dry run is the same work rolled back. A store in which anything was changed
begins a new epoch: clients may hold what is no longer so.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from ...core import events as ev
from ...core import history
from ...core.audit import DAMAGED
from ...core.job import Job
from ..contract import Record, StoreRefused
from ..findings import Examined, Leftovers, Repaired
from . import examine, leftovers, rows, schema
from .connection import writing
from .failures import meaning
from .lock import FileLock
from .sql import EXAMINE, WRITE


def repair(path: Path, *, dry_run: bool) -> tuple[int, list[Repaired]]:
    """How many records were looked at, and those that were not as they must be. Raises `StoreRefused`; then nothing changed."""
    with _alone(path, dry_run=dry_run) as connection:
        connection.execute("BEGIN IMMEDIATE")
        nums = [num for (num,) in connection.execute("SELECT num FROM jobs ORDER BY num").fetchall()]
        found = [told for num in nums if (told := _one(connection, num)) is not None]
        found += _results(connection)
        if any(told.how != "lost" for told in found):
            connection.execute("DELETE FROM meta WHERE name IN ('epoch', 'openings')")
        connection.execute("ROLLBACK" if dry_run else "COMMIT")
    return len(nums), found


def clear(path: Path, *, dry_run: bool) -> Leftovers:
    """What was left over, and is removed unless `dry_run`. Raises `StoreRefused`."""
    with _alone(path, dry_run=dry_run) as connection:
        found = leftovers.find(connection, path, thorough=True)
        if found and not dry_run:
            leftovers.remove(connection, found)
    return found


@contextmanager
def _alone(path: Path, *, dry_run: bool) -> Iterator[sqlite3.Connection]:
    """The file to oneself, of the newest version."""
    if not path.is_file():
        raise StoreRefused(f"There is no database {path}. Name the right one with --store.")
    lock = FileLock.take(path)
    try:
        with closing(writing(path)) as connection:
            steps = schema.migrations()
            if not dry_run:
                schema.migrate(connection, path, steps)
            elif schema.check(connection, path, steps) < len(steps):
                raise StoreRefused(f"{path} is of an older version. Start the server once, or repair without --dry-run.")
            yield connection
    except sqlite3.Error as error:
        raise StoreRefused(f"{path} cannot be repaired: {meaning(error)}") from error
    except OSError as error:
        raise StoreRefused(f"{path} cannot be repaired ({error.strerror}).") from error
    finally:
        lock.release()


def _one(connection: sqlite3.Connection, num: int) -> Repaired | None:
    seen = examine.legibly(connection, num)
    if seen.truth is not None:
        examine.set_right(connection, seen)
        before = None if seen.row is None else seen.row.status.value
        told = ", ".join(seen.wrong)
        return Repaired(seen.id, "row", told, before, seen.truth.status.value) if seen.wrong else None
    if seen.row is None:
        return Repaired(seen.id, "lost", seen.problem or "neither row nor log can be read")
    return _retell(connection, seen, seen.row)


def _retell(connection: sqlite3.Connection, seen: Examined, row: Job) -> Repaired:
    """A log for a row whose own is no history; what of it can be read is kept."""
    whole = connection.execute(EXAMINE["whole"], (seen.place,)).fetchone()
    record = Record(rows.blank(whole), whole[rows.LISTED + 1])
    try:
        told = history.steps(history.retold(rows.job(whole), record.result, _readable(connection, seen.place, record)))
    except DAMAGED as error:
        return Repaired(seen.id, "lost", f"{seen.problem}; {error}", row.status.value)
    # The last event gets the seq that the job had, so that no cursor of a client is above it.
    seqs = [*range(1, len(told)), max(len(told), row.seq)]
    for table in ("events", "progress", "ends"):
        connection.execute(f"DELETE FROM {table} WHERE num = ?", (seen.place,))  # a name of ours # nosec B608
    for seq, (event, _, job) in zip(seqs, told, strict=True):
        if isinstance(event, ev.Progressed):
            num, _, *rest = rows.progress(seen.place, job)
            connection.execute(WRITE["progress"], (num, seq, *rest))
        else:
            connection.execute(WRITE["event"], rows.event(seen.place, seq, event))
        if isinstance(event, ev.Returned):
            connection.execute(WRITE["end"], (seen.place, event.result))
    again = examine.examined(connection, seen.place)
    examine.set_right(connection, again)
    after = again.truth.status.value if again.truth else None
    return Repaired(seen.id, "log", seen.problem or "", row.status.value, after)


def _readable(connection: sqlite3.Connection, num: int, record: Record) -> Iterator[ev.ResultKept | ev.Logged]:
    """Partial results and lines of a damaged log."""
    for entry in connection.execute(EXAMINE["log"], (num,)).fetchall():
        try:
            event = rows.entry(entry, record).event
        except DAMAGED:
            continue
        if isinstance(event, ev.ResultKept | ev.Logged):
            yield event


def _results(connection: sqlite3.Connection) -> list[Repaired]:
    """Completed jobs whose result is not there: null stands for it, for a completed job has one."""
    lost = connection.execute(EXAMINE["without_result"]).fetchall()
    for num, _ in lost:
        connection.execute(WRITE["end"], (num, b"null"))
        connection.execute("UPDATE jobs SET result_size = 4 WHERE num = ?", (num,))
    return [Repaired(str(job_id), "result", "null", "completed", "completed") for _, job_id in lost]
