"""What an error of SQLite means for the store: which `StoreError` it is."""

import sqlite3

from ..contract import StorageFull, StoreBroken, StoreBusy, StoreError

_FULL = frozenset(
    {
        sqlite3.SQLITE_FULL,
        # A file at its size limit or a quota; SQLite says FULL only for "no space left". Nothing was committed.
        sqlite3.SQLITE_IOERR_WRITE,
        sqlite3.SQLITE_IOERR_SHMSIZE,
    }
)
_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_BROKEN = frozenset(
    {
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_PROTOCOL,
    }
)


def meaning(error: sqlite3.Error) -> StoreError:
    """The `StoreError` that an error stands for; a plain one if it says something about one change only."""
    # Errors of Python's own making (a closed connection, a type that cannot be bound) carry no code.
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    name = getattr(error, "sqlite_errorname", type(error).__name__)
    primary = code & 0xFF
    if code in _FULL or primary == sqlite3.SQLITE_FULL:
        return StorageFull(f"no space left for the database ({name})")
    if primary in _BUSY:
        return StoreBusy(f"the database is locked by another process ({name})")
    if primary in _BROKEN:
        return StoreBroken(f"the database failed ({name}: {error}); stop the server, look at the disk, then start it again")
    return StoreError(f"the database refused the change ({name}: {error})")
