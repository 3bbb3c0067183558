"""What something that was killed may have left: unfinished files, temporary tables, rows without a job.

A look at every start is cheap and takes what can only be rubbish; `thorough` looks through all rows as well. Migrations,
imports and changes are transactions, so a death in their middle leaves nothing of its own; older systems and hands may have.
"""

import fcntl
import logging
import os
import re
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path

from ..findings import BACKUP_FOLDER, Leftovers

log = logging.getLogger("jindu.store")

PART = ".part"  # behind the name of a file that is not whole yet
SQLITE_BEGINS = b"SQLite format 3\0"
_TEMPORARY = re.compile(r"_?(tmp|temp)_.*|_(import|migration|backup|repair)_.*|.*_(tmp|temp)", re.IGNORECASE)
_OF_JOBS = ("submissions", "events", "progress", "ends", "steps", "tags")
_NUMBERED = _OF_JOBS[:-1]  # with an index that begins with the number


def find(connection: sqlite3.Connection, database: Path, *, thorough: bool) -> Leftovers:
    """What is there. The lock of the database is held by the caller."""
    names = [str(name) for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()]
    tables = sorted(name for name in names if _TEMPORARY.fullmatch(name))
    rows = {table: number for table in _OF_JOBS if (number := _orphans(connection, table, thorough=thorough))}
    files = (*_files(database, thorough=thorough), *_abandoned_folders())
    return Leftovers(tuple(tables), files, rows)


def remove(connection: sqlite3.Connection, found: Leftovers) -> None:
    """Tables and rows in one transaction, then the files. Raises `sqlite3.Error` and `OSError`."""
    connection.execute("BEGIN IMMEDIATE")
    for table in found.tables:
        connection.execute(f'DROP TABLE "{table.replace(chr(34), chr(34) * 2)}"')
    for table in found.rows:
        connection.execute(f"DELETE FROM {table} WHERE num NOT IN (SELECT num FROM jobs)")  # a name of ours # nosec B608
    connection.execute("COMMIT")
    for file in found.files:
        if file.is_dir():
            shutil.rmtree(file, ignore_errors=True)
        else:
            file.unlink(missing_ok=True)


def tidy(connection: sqlite3.Connection, database: Path) -> None:
    """At every start, without a word if there is nothing."""
    found = find(connection, database, thorough=False)
    if found:
        remove(connection, found)
        log.warning("left over from something that was killed, and removed: %s", found)


def _orphans(connection: sqlite3.Connection, table: str, *, thorough: bool) -> int:
    if thorough:
        where = "num NOT IN (SELECT num FROM jobs)"
    elif table in _NUMBERED:  # behind the last job: the numbers that the next ones will have
        where = "num > (SELECT coalesce(max(num), 0) FROM jobs)"
    else:
        return 0
    return int(connection.execute(f"SELECT count(*) FROM {table} WHERE {where}").fetchone()[0])  # ours # nosec B608


def _files(database: Path, *, thorough: bool) -> Iterator[Path]:
    for file in sorted(database.parent.glob(f"*{PART}")):
        if file.is_file() and not file.is_symlink() and (thorough or _ours(file, database)) and not _being_written(file):
            yield file


def _abandoned_folders() -> Iterator[Path]:
    """Where a process that is no more was making a backup for a client."""
    for folder in sorted(Path(tempfile.gettempdir()).glob(f"{BACKUP_FOLDER}*-*")):
        process = folder.name.removeprefix(BACKUP_FOLDER).partition("-")[0]
        if process.isdigit() and not folder.is_symlink() and folder.stat().st_uid == os.getuid() and not _lives(int(process)):
            yield folder


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True


def _ours(file: Path, database: Path) -> bool:
    """Whether it can only be a copy of a database that was not finished; what others download here is theirs."""
    if file.name.startswith(database.name):
        return True
    try:
        with file.open("rb") as opened:
            begins = opened.read(len(SQLITE_BEGINS))
    except OSError:
        return False
    return begins == SQLITE_BEGINS


def _being_written(file: Path) -> bool:
    """Whether a live process holds it, as `writing` does: the server of another database in this folder makes a backup."""
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False
