"""The schema: numbered migrations, each in one transaction, counted in `PRAGMA user_version`."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path

from ...core.ids import random_id
from ..contract import StoreRefused
from .sql import HERE

CHECK_LIMIT = 256 * 1024 * 1024  # bytes; a larger file is not read through at the start


def migrations(folder: Path = HERE / "migrations") -> Sequence[str]:
    """The texts in order; the first leads from version 0 to 1."""
    return [path.read_text(encoding="utf-8") for path in sorted(folder.glob("[0-9]*.sql"))]


def prepare(connection: sqlite3.Connection, path: Path, steps: Sequence[str], now: float) -> str:
    """Check the file, bring it to the newest version, return its epoch. Raises `StoreRefused`, or `sqlite3.Error`."""
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > len(steps):
        raise StoreRefused(
            f"{path} was written by a newer version of jindu (schema {version}; this one knows up to {len(steps)}). "
            "Upgrade jindu, or choose another file with --store."
        )
    if version == 0 and connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        raise StoreRefused(f"{path} is a database of something else. Choose another file with --store.")
    _check(connection, path)
    for number, text in enumerate(steps[version:], version + 1):
        _migrate(connection, number, text)
    return _epoch(connection, now)


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


def _epoch(connection: sqlite3.Connection, now: float) -> str:
    """The epoch, born at the first opening."""
    connection.executemany(
        "INSERT OR IGNORE INTO meta (name, value) VALUES (?, ?)", [("epoch", random_id()), ("born_at", str(now))]
    )
    epoch: str = connection.execute("SELECT value FROM meta WHERE name = 'epoch'").fetchone()[0]
    return epoch
