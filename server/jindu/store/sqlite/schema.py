"""The schema: numbered migrations, each in one transaction, counted in `PRAGMA user_version`."""

import logging
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from ...core.ids import random_id
from ..contract import StoreRefused
from .lock import FileLock
from .sql import HERE

log = logging.getLogger("jindu.store")

CHECK_LIMIT = 256 * 1024 * 1024  # bytes; a larger file is not read through at the start


def migrations(folder: Path = HERE / "migrations") -> Sequence[str]:
    """The texts in order; the first leads from version 0 to 1."""
    return [path.read_text(encoding="utf-8") for path in sorted(folder.glob("[0-9]*.sql"))]


def prepare(connection: sqlite3.Connection, path: Path, steps: Sequence[str], now: float, lock: FileLock) -> str:
    """Check the file, bring it to the newest version, return its epoch. Raises `StoreRefused`, or `sqlite3.Error`."""
    migrate(connection, path, steps)
    return _epoch(connection, now, lock)


def migrate(connection: sqlite3.Connection, path: Path, steps: Sequence[str]) -> None:
    """Check the file, bring it to the newest version. Raises `StoreRefused`, or `sqlite3.Error`."""
    version = check(connection, path, steps)
    connection.execute("PRAGMA journal_mode = WAL")  # written into the file, so not before we know that it is ours
    for number, text in enumerate(steps[version:], version + 1):
        _migrate(connection, number, text)


def check(connection: sqlite3.Connection, path: Path, steps: Sequence[str]) -> int:
    """The version of a sound file that these steps know. Raises `StoreRefused`, or `sqlite3.Error`."""
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > len(steps):
        raise StoreRefused(
            f"{path} was written by a newer version of jindu (schema {version}; this one knows up to {len(steps)}). "
            "Upgrade jindu, or choose another file with --store."
        )
    if version == 0 and connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        raise StoreRefused(f"{path} is a database of something else. Choose another file with --store.")
    _check(connection, path)
    return version


def _check(connection: sqlite3.Connection, path: Path) -> None:
    pages, page_bytes = (connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
    if pages * page_bytes > CHECK_LIMIT:
        return
    found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        raise damaged(path, found)


def damaged(path: Path, detail: str) -> StoreRefused:
    return StoreRefused(
        f"{path} is damaged or not a database ({detail}). Put it aside, with {path.name}-wal if there is one, "
        "and restore a backup; or choose another file with --store."
    )


def _migrate(connection: sqlite3.Connection, number: int, text: str) -> None:
    try:
        connection.executescript(f"BEGIN IMMEDIATE;\n{text}\n;PRAGMA user_version = {number};\nCOMMIT;")
    except sqlite3.Error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _epoch(connection: sqlite3.Connection, now: float, lock: FileLock) -> str:
    """The epoch, born at the first opening, and anew when history may have been lost (PROTOCOL section 1).

    A backup that we made carries none. A copy that somebody else put in place is told by its count of openings: the lock file,
    which stays where it is, remembers more. (One more in the database than in the lock file is a death between the two.)
    """
    meta: dict[str, str] = dict(connection.execute("SELECT name, value FROM meta").fetchall())
    opened = int(meta.get("openings", 0))
    known = lock.openings
    same = opened == 0 if known is None else known <= opened <= known + 1
    epoch = meta.get("epoch")
    if epoch is None or not same:
        if epoch is not None:
            log.warning("this database is not the one that was here before: clients are told to forget what they hold")
        epoch = random_id()
    kept = [("epoch", epoch), ("born_at", meta.get("born_at", str(now))), ("openings", str(opened + 1))]
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany("INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)", kept)
    connection.execute("COMMIT")
    try:
        lock.note(opened + 1)
    except OSError as error:  # at the next opening one behind, which is known to happen
        log.warning("the lock file cannot be written: %s", error.strerror)
    return epoch
