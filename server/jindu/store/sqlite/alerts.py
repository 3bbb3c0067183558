"""Alerts as rows."""

import sqlite3

from ...core.alerts import Alert, Level
from .. import alerts as kept
from .failures import meaning
from .group import Numbers
from .rows import Row
from .sql import ALERTS


def alert(row: Row) -> Alert:
    id, rule, input, level, value, peak, threshold, fired_at, resolved_at, told = row
    return Alert(id, rule, input, Level(level), value, peak, threshold, fired_at, resolved_at, bool(told))


def keep(connection: sqlite3.Connection, numbers: Numbers, alert: Alert, now: float) -> None:
    """One transaction, in the writer's thread. Raises `StoreError`."""
    row = (
        alert.id, alert.rule, alert.input, alert.level.value, alert.value, alert.peak, alert.threshold, alert.fired_at,
        alert.resolved_at, int(alert.told),
    )  # fmt: skip
    try:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(ALERTS["keep"], row)
        connection.execute(ALERTS["forget"], (now - kept.KEPT_SECONDS, kept.KEPT_ROWS))
        connection.execute("COMMIT")
    except sqlite3.Error as error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise meaning(error) from error
