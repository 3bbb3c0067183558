"""Notes in SQLite: each has an info hash, and the name that a calibration found for it. Safe to call from any thread."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

# Each applied once, in order; `user_version` counts those that were.
MIGRATIONS = (
    """CREATE TABLE note (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        title TEXT NOT NULL,
        info_hash TEXT NOT NULL,
        name TEXT,
        calibrated_at TEXT
    )""",
)
FIELDS = ("id", "title", "info_hash", "name", "calibrated_at")


class Notes:
    def __init__(self, path: Path) -> None:
        self._path = path

    def add(self, info_hash: str, title: str) -> dict[str, Any]:
        with self._open() as rows:
            made = rows.execute("INSERT INTO note (title, info_hash) VALUES (?, ?)", (title, info_hash)).lastrowid
        found = self.get(made or 0)
        assert found is not None
        return found

    def get(self, note_id: int) -> dict[str, Any] | None:
        if not 0 < note_id < 2**63:  # what SQLite can count
            return None
        with self._open() as rows:
            row = rows.execute(f"SELECT {', '.join(FIELDS)} FROM note WHERE id = ?", (note_id,)).fetchone()
        return None if row is None else dict(zip(FIELDS, row, strict=True))

    def calibrated(self, note_id: int, name: str) -> None:
        """Keep the name that was found."""
        with self._open() as rows:
            rows.execute(
                "UPDATE note SET name = ?, calibrated_at = strftime('%Y-%m-%dT%H:%M:%fZ') WHERE id = ?", (name, note_id)
            )

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """A connection for one transaction, whose tables are there."""
        with closing(sqlite3.connect(self._path, timeout=10, isolation_level=None)) as rows:
            rows.execute("PRAGMA journal_mode = WAL")
            rows.execute("BEGIN IMMEDIATE")
            for number in range(rows.execute("PRAGMA user_version").fetchone()[0], len(MIGRATIONS)):
                rows.execute(MIGRATIONS[number])
                rows.execute(f"PRAGMA user_version = {number + 1}")
            yield rows
            rows.execute("COMMIT")
