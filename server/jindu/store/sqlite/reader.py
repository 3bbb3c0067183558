"""Reading: connections that cannot write, one call per question, nothing left open between two (RELIABILITY trap 8)."""

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from ...core.states import Kind
from ..contract import LogEntry, Record, StoreError
from . import rows
from .connection import Connection, open_reader
from .failures import meaning
from .sql import READ

T = TypeVar("T")
Parameters = Sequence[object]


class Reader:
    """A few connections; a question goes to the one with the fewest waiting. Rows become values in the reading thread."""

    def __init__(self, note: Callable[[StoreError], StoreError]) -> None:
        """`note` learns of each failure: a database that cannot be read must not be written on."""
        self._note = note
        self._connections: list[Connection] = []
        self._waiting: list[int] = []

    async def open(self, path: Path, connections: int) -> None:
        for _ in range(connections):
            self._connections.append(await open_reader(path))
            self._waiting.append(0)

    async def close(self) -> None:
        while self._connections:
            await self._connections.pop().close()

    async def ask(self, function: Callable[[sqlite3.Connection], T]) -> T:
        """Run a function that fetches all it wants. Raises `StoreError`."""
        chosen = self._waiting.index(min(self._waiting))
        self._waiting[chosen] += 1
        try:
            return await self._connections[chosen].call(function)
        except sqlite3.Error as error:
            raise self._note(meaning(error)) from error
        finally:
            self._waiting[chosen] -= 1

    async def all(self, sql: str, parameters: Parameters, make: Callable[[rows.Row], T]) -> list[T]:
        return await self.ask(lambda connection: [make(row) for row in connection.execute(sql, parameters).fetchall()])

    async def one(self, sql: str, parameters: Parameters, make: Callable[[rows.Row], T]) -> T | None:
        found = await self.all(sql, parameters, make)
        return found[0] if found else None


def log(connection: sqlite3.Connection, job_id: str, after: int, limit: int, kind: Kind | None) -> list[LogEntry]:
    """Two statements: the second, for what the log does not repeat, reads only what never changes once it is there."""
    entries = connection.execute(READ["log"], (job_id, after, limit, kind)).fetchall()
    whole = connection.execute(READ["job"], (job_id,)).fetchone() if entries else None
    # Removed between the two: a job that is gone has no log.
    if whole is None:
        return []
    record: Record = rows.record(whole)
    return [rows.entry(entry, record) for entry in entries]
