"""Connections: one thread each (aiosqlite), and one function run there as a whole, so that a group is one hop."""

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar, cast
from urllib.parse import quote

import aiosqlite

P = ParamSpec("P")
T = TypeVar("T")

BUSY_MS = 5_000
WAL_FILE_BYTES = 64 * 1024 * 1024  # what a reset leaves of the file at most


class Connection(aiosqlite.Connection):
    def __init__(self, connector: Callable[[], sqlite3.Connection]) -> None:
        super().__init__(connector, iter_chunk_size=64)
        # A server that fails before it could close must end and be started again, not hang on this thread. What is in a
        # transaction then is lost as by kill -9: it was not acknowledged.
        self._thread.daemon = True
        self._stopped: asyncio.Future[None] | None = None

    async def opened(self) -> "Connection":
        """Open; raises `sqlite3.Error`, and then the thread has ended: it would speak to a loop that may be closed by then."""
        try:
            await self
        except BaseException:
            if self._stopped is not None:
                await self._stopped
            raise
        return self

    def stop(self) -> "asyncio.Future[None] | None":
        self._stopped = super().stop()
        return self._stopped

    async def call(self, function: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `function(connection, ...)` in the connection's thread. If the caller is cancelled it still runs to its end."""
        return cast(T, await self._execute(function, self._conn, *args, **kwargs))  # type: ignore[no-untyped-call]


async def open_writer(path: Path) -> Connection:
    """The one connection that writes; it makes the file if there is none, and changes none (`schema.prepare` does). Raises
    `sqlite3.Error`."""
    return await Connection(lambda: writing(path)).opened()


async def open_reader(path: Path) -> Connection:
    """A connection that cannot write. Raises `sqlite3.Error`."""
    return await Connection(lambda: _reading(path)).opened()


def writing(path: Path) -> sqlite3.Connection:
    """The connection itself, for who works offline in the thread they are in. Raises `sqlite3.Error`."""
    connection = sqlite3.connect(path, isolation_level=None, timeout=BUSY_MS / 1000)
    try:
        for pragma in (
            "mmap_size = 0",  # with SQLite before 3.51.3 a mapped file meets the WAL-reset bug
            "synchronous = FULL",
            f"journal_size_limit = {WAL_FILE_BYTES}",
            "wal_autocheckpoint = 0",  # the writer chooses the moment, between groups
            "temp_store = MEMORY",
        ):
            connection.execute(f"PRAGMA {pragma}")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _reading(path: Path) -> sqlite3.Connection:
    address = f"file:{quote(str(path))}?mode=ro"
    connection = sqlite3.connect(address, uri=True, isolation_level=None, timeout=BUSY_MS / 1000)
    try:
        connection.execute("PRAGMA mmap_size = 0")
        connection.execute("PRAGMA query_only = ON")
        # What it needs of files is opened now, not at its first question: then descriptors may have run out.
        connection.execute("PRAGMA temp_store = MEMORY")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.Error:
        connection.close()
        raise
    return connection
