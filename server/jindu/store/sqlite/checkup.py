"""A look at a database file from outside: who has it, whether it is sound. Changes nothing in it."""

import sqlite3
from contextlib import closing
from pathlib import Path

from ..contract import StoreInUse, StoreRefused
from ..findings import Checkup
from . import schema
from .connection import writing
from .lock import FileLock


def checkup(path: Path) -> Checkup:
    """The lock is held while the file is read, so that no server can begin to write in the middle."""
    if not path.exists():
        return Checkup("new", path.parent, "")
    try:
        lock = FileLock.take(path)
    except StoreInUse as error:
        return Checkup("in_use", path.parent, str(error))
    except StoreRefused as error:
        return Checkup("refused", path.parent, str(error))
    try:
        with closing(writing(path)) as connection:
            steps = schema.migrations()
            version = schema.check(connection, path, steps)
            found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    except (StoreRefused, sqlite3.Error) as error:
        return Checkup("damaged", path.parent, str(error))
    finally:
        lock.release()
    if found != "ok":
        return Checkup("damaged", path.parent, str(found))
    return Checkup("older" if version < len(steps) else "sound", path.parent, f"schema {version} of {len(steps)}")
