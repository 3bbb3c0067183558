"""Removal of what was kept long enough, or is not wanted any more. A tombstone stays in its place."""

import sqlite3
from collections.abc import Sequence

from ...core.codec import decode
from .. import webhooks
from ..contexts import KEPT_ROWS, KEPT_SECONDS
from .failures import meaning
from .group import Numbers
from .rows import Row
from .sql import SWEEP, WEBHOOKS

TOMBSTONE_SECONDS = 30 * 86_400


def sweep(connection: sqlite3.Connection, numbers: Numbers, now: float, limit: int) -> list[str]:
    """What was kept long enough, tombstones and error contexts too. One transaction in the writer's thread. Raises
    `StoreError`; nothing is removed then."""
    return _removed(connection, numbers, "over", (now, limit), now)


def remove(connection: sqlite3.Connection, numbers: Numbers, job_ids: str, now: float) -> list[str]:
    """Those of these jobs (a JSON list) that have ended; as `sweep`."""
    return _removed(connection, numbers, "ended", (job_ids,), now)


def _removed(connection: sqlite3.Connection, numbers: Numbers, which: str, parameters: Row, now: float) -> list[str]:
    try:
        connection.execute("BEGIN IMMEDIATE")
        over = connection.execute(SWEEP[which], parameters).fetchall()
        _bury(connection, over, now)
        connection.execute(SWEEP["forget"], (now - TOMBSTONE_SECONDS,))
        connection.execute(SWEEP["forget_errors"], (now - KEPT_SECONDS,))
        connection.execute(SWEEP["bound_errors"], (KEPT_ROWS,))
        connection.execute(WEBHOOKS["forget"], (now - webhooks.KEPT_SECONDS,))
        connection.execute(WEBHOOKS["bound"], (webhooks.KEPT_ROWS,))
        connection.execute("COMMIT")
    except sqlite3.Error as error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise meaning(error) from error
    ids = [row[1] for row in over]
    for job_id in ids:
        numbers.drop(job_id)
    return ids


def _bury(connection: sqlite3.Connection, over: Sequence[Row], now: float) -> None:
    nums = [(num,) for num, *_ in over]
    connection.executemany(SWEEP["bury"], [(job_id, now, *names) for _, job_id, _, *names in over])
    connection.executemany(SWEEP["untag"], [(tag, num) for num, _, tags, *_ in over for tag in decode(tags or "[]")])
    for statement in ("drop_job", "drop_submission", "drop_events", "drop_progress", "drop_end", "drop_steps"):
        connection.executemany(SWEEP[statement], nums)
