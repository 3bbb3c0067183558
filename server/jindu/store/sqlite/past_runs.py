"""How runs went, as rows."""

import sqlite3
from collections.abc import Sequence

from ...core.eta.kept import PastRun
from .. import runs as kept
from .rows import Row
from .sql import RUNS
from .transaction import written


def past_run(row: Row) -> PastRun:
    return PastRun.of(*row)


def keep(connection: sqlite3.Connection, _numbers: object, runs: Sequence[PastRun]) -> None:
    """One transaction, in the writer's thread. Raises `StoreError`."""
    written(connection, lambda c: _keep(c, runs))


def _keep(connection: sqlite3.Connection, runs: Sequence[PastRun]) -> None:
    connection.executemany(RUNS["add"], [(one.type, one.version, one.text()) for one in runs])
    of = sorted({(one.type, one.version) for one in runs})
    connection.executemany(RUNS["forget"], [(*one, kept.KEPT_RUNS) for one in of])
    connection.executemany(RUNS["forget_of_type"], [(type, kept.KEPT_OF_TYPE) for type, _ in of])
