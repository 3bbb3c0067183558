"""Communities and what testers said, in SQLite. Safe to call from any thread."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

# Each applied once, in order; `user_version` counts those that were. Never change one: add another.
MIGRATIONS = (
    """CREATE TABLE community (
        name TEXT PRIMARY KEY,
        feed TEXT NOT NULL,
        members INTEGER NOT NULL DEFAULT 0,
        first_warmed_at TEXT,
        warmed_at TEXT,
        error TEXT
    )""",
    """CREATE TABLE beta_feedback (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        tester TEXT NOT NULL,
        rating INTEGER NOT NULL CHECK (rating BETWEEN 1 AND 5),
        text TEXT NOT NULL,
        created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ'))
    )""",
)
NOW = "strftime('%Y-%m-%dT%H:%M:%fZ')"


def database() -> "Database":
    """The one that `WARMUP_DB` names."""
    return Database(Path(os.environ.get("WARMUP_DB", "").strip() or "warmup.db"))


class Database:
    def __init__(self, path: Path) -> None:
        self._path = path

    def add_community(self, name: str, feed: str, members: int) -> None:
        """Add a community; one that is there gets the new feed and members."""
        with self._open() as rows:
            rows.execute(
                "INSERT INTO community (name, feed, members) VALUES (?, ?, ?) "
                "ON CONFLICT (name) DO UPDATE SET feed = excluded.feed, members = excluded.members",
                (name, feed, members),
            )

    def communities(self) -> list[dict[str, Any]]:
        return self._all("SELECT name, feed, members, warmed_at, error FROM community ORDER BY name")

    def warmed(self, name: str, error: str | None = None) -> None:
        """A community's feed was read, or could not be."""
        with self._open() as rows:
            if error is not None:
                rows.execute("UPDATE community SET error = ? WHERE name = ?", (error, name))
                return
            rows.execute(
                f"UPDATE community SET warmed_at = {NOW}, first_warmed_at = coalesce(first_warmed_at, {NOW}), error = NULL "
                "WHERE name = ?",
                (name,),
            )

    def add_feedback(self, tester: str, rating: int, text: str) -> int:
        with self._open() as rows:
            return rows.execute(
                "INSERT INTO beta_feedback (tester, rating, text) VALUES (?, ?, ?)", (tester, rating, text)
            ).lastrowid or 0  # fmt: skip

    def feedback(self, limit: int) -> list[dict[str, Any]]:
        """What was said, newest first."""
        asked = f"SELECT id, tester, rating, text, created_at FROM beta_feedback ORDER BY id DESC LIMIT {int(limit)}"
        return self._all(asked)

    def period(self) -> dict[str, Any]:
        """The section `warmup_period`: from the first warming to the last."""
        (row,) = self._all(
            "SELECT min(first_warmed_at) AS started_at, max(warmed_at) AS ended_at, "
            "coalesce(julianday(max(warmed_at)) - julianday(min(first_warmed_at)), 0.0) AS days FROM community"
        )
        return row

    def pool(self) -> dict[str, Any]:
        """The section `community_pool`; active are those whose feed could be read last time."""
        (row,) = self._all(
            "SELECT count(*) AS communities, count(CASE WHEN warmed_at IS NOT NULL AND error IS NULL THEN 1 END) AS active, "
            "coalesce(sum(members), 0) AS members FROM community"
        )
        return row

    def testing(self) -> dict[str, Any]:
        """The section `user_testing`."""
        (row,) = self._all(
            "SELECT count(DISTINCT tester) AS testers, count(*) AS feedback, coalesce(avg(rating), 0.0) AS average_rating "
            "FROM beta_feedback"
        )
        return row

    def _all(self, asked: str) -> list[dict[str, Any]]:
        with self._open() as rows:
            found = rows.execute(asked)
            names = [column[0] for column in found.description]
            return [dict(zip(names, row, strict=True)) for row in found]

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
