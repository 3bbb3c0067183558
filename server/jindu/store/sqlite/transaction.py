"""One transaction of a few statements, in the writer's thread."""

import sqlite3
from collections.abc import Callable
from typing import TypeVar

from ..contract import StoreError
from .failures import meaning

T = TypeVar("T")
_UNSTORABLE = (sqlite3.InterfaceError, sqlite3.ProgrammingError, ValueError, TypeError, OverflowError)


def written(connection: sqlite3.Connection, work: Callable[[sqlite3.Connection], T]) -> T:
    """What `work` returns, once it is durable; nothing of it stays if it fails. Raises `StoreError`, also for a value that has
    no stored form (a lone surrogate)."""
    try:
        connection.execute("BEGIN IMMEDIATE")
        done = work(connection)
        connection.execute("COMMIT")
    except _UNSTORABLE as error:
        _roll_back(connection)
        raise StoreError(f"a value cannot be stored: {error}") from error
    except sqlite3.Error as error:
        _roll_back(connection)
        raise meaning(error) from error
    return done


def _roll_back(connection: sqlite3.Connection) -> None:
    if connection.in_transaction:
        connection.execute("ROLLBACK")
