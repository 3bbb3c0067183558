"""Accounts, and the contents written for them, in SQLite. Tasks are jobs and live with Jindu; safe from any thread."""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

# Each applied once, in order; `user_version` counts those that were.
MIGRATIONS = (
    "CREATE TABLE account (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE)",
    "INSERT INTO account (id, name) VALUES (1, 'default')",
    """CREATE TABLE content (
        task_id TEXT PRIMARY KEY,
        account_id INTEGER NOT NULL REFERENCES account (id),
        title TEXT NOT NULL,
        body TEXT NOT NULL,
        cover_image TEXT NOT NULL,
        review_status TEXT NOT NULL CHECK (review_status IN ('approved', 'pending_review', 'rejected')),
        review TEXT NOT NULL,
        created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ'))
    )""",
)
CONTENT = ("task_id", "account_id", "title", "body", "cover_image", "review_status", "review", "created_at")


class Database:
    def __init__(self, path: Path) -> None:
        self._path = path

    def accounts(self) -> list[dict[str, Any]]:
        with self._open() as rows:
            return [{"id": row[0], "name": row[1]} for row in rows.execute("SELECT id, name FROM account ORDER BY id")]

    def add_account(self, name: str) -> dict[str, Any]:
        """The account of this name, new or not."""
        with self._open() as rows:
            rows.execute("INSERT OR IGNORE INTO account (name) VALUES (?)", (name,))
            row = rows.execute("SELECT id, name FROM account WHERE name = ?", (name,)).fetchone()
        return {"id": row[0], "name": row[1]}

    def has_account(self, account_id: int) -> bool:
        with self._open() as rows:
            return rows.execute("SELECT 1 FROM account WHERE id = ?", (account_id,)).fetchone() is not None

    def keep(self, content: Mapping[str, Any]) -> None:
        """Keep a content; one that the same task had before is replaced."""
        values = {**content, "review": json.dumps(content["review"], ensure_ascii=False)}
        names = CONTENT[:-1]
        with self._open() as rows:
            rows.execute(
                f"INSERT OR REPLACE INTO content ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})",
                [values[name] for name in names],
            )

    def content(self, task_id: str) -> dict[str, Any] | None:
        with self._open() as rows:
            row = rows.execute(f"SELECT {', '.join(CONTENT)} FROM content WHERE task_id = ?", (task_id,)).fetchone()
        return None if row is None else {**dict(zip(CONTENT, row, strict=True)), "review": json.loads(row[6])}

    def remove(self, task_id: str) -> None:
        with self._open() as rows:
            rows.execute("DELETE FROM content WHERE task_id = ?", (task_id,))

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """A connection for one transaction, whose tables are there."""
        with closing(sqlite3.connect(self._path, timeout=10, isolation_level=None)) as rows:
            rows.execute("PRAGMA journal_mode = WAL")
            rows.execute("PRAGMA foreign_keys = ON")
            rows.execute("BEGIN IMMEDIATE")
            for number in range(rows.execute("PRAGMA user_version").fetchone()[0], len(MIGRATIONS)):
                rows.execute(MIGRATIONS[number])
                rows.execute(f"PRAGMA user_version = {number + 1}")
            yield rows
            rows.execute("COMMIT")
