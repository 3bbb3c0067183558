"""A copy of the database taken while it is used, and putting one back in its place."""

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from ..contract import StoreRefused
from . import schema
from .failures import meaning
from .leftovers import PART
from .lock import FileLock

_BESIDE = ("", "-wal", "-shm")  # the files of one database


def back_up(database: Path, target: Path) -> None:
    """Copy what is committed to `target`, whole or not at all; in a thread of its own. Raises `StoreError`.

    One read transaction sees one moment: changes committed meanwhile wait in the log. The copy carries no epoch, so that
    whoever opens it tells its clients to forget what came after.
    """
    with _part_of(target) as part:
        try:
            with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True, isolation_level=None)) as source:
                source.execute("PRAGMA mmap_size = 0")
                source.execute("VACUUM INTO ?", (str(part),))
            with closing(sqlite3.connect(part, isolation_level=None)) as copy:
                copy.execute("DELETE FROM meta WHERE name IN ('epoch', 'openings')")
        except sqlite3.Error as error:
            raise meaning(error) from error


def restore(backup: Path, database: Path) -> Path | None:
    """Put a backup in the place of a database that nobody uses; what was there is set aside. Returns where, None if nothing
    was.

    Raises `StoreRefused`: the database is in use, the backup is none of ours, damaged, or of a newer version.
    """
    if not backup.is_file():
        raise StoreRefused(f"There is no file {backup}.")
    lock = FileLock.take(database)
    try:
        with _part_of(database) as part:
            part.write_bytes(backup.read_bytes())
            _look_at(part, backup)
            return _set_aside(database)
    except OSError as error:
        raise StoreRefused(f"{backup} cannot be put in place ({error.strerror}).") from error
    finally:
        lock.release()


def _look_at(part: Path, backup: Path) -> None:
    try:
        with closing(sqlite3.connect(part, isolation_level=None)) as copy:
            version = copy.execute("PRAGMA user_version").fetchone()[0]
            found = copy.execute("PRAGMA integrity_check(1)").fetchone()[0]
            known = len(schema.migrations())
            if found != "ok":
                raise schema.damaged(backup, found)
            if not 0 < version <= known:
                raise StoreRefused(f"{backup} is no backup that this version can read (schema {version}, known up to {known}).")
            copy.execute("DELETE FROM meta WHERE name IN ('epoch', 'openings')")  # also a file that was copied by hand
    except sqlite3.Error as error:
        raise schema.damaged(backup, str(error)) from error


def _set_aside(database: Path) -> Path | None:
    if not database.exists():
        return None
    number = 1
    while (aside := Path(f"{database}.before-restore-{number}")).exists():
        number += 1
    for beside in _BESIDE:
        path = Path(f"{database}{beside}")
        if path.exists():
            path.rename(f"{aside}{beside}")
    return aside


@contextmanager
def _part_of(target: Path) -> Iterator[Path]:
    """A name to write under; the file gets its own name, durably, when all went well, and goes otherwise."""
    part = Path(f"{target}{PART}")
    part.unlink(missing_ok=True)
    # Held while it is written, so that nobody takes it for one that was left over (`leftovers`).
    held = os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield part
        os.fsync(held)
        part.rename(target)
        _sync(target.parent)
    finally:
        os.close(held)
        part.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
