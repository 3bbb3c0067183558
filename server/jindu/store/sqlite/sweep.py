"""Removal of what was kept long enough."""

import sqlite3

from ...core.codec import decode
from .failures import meaning
from .group import Numbers
from .sql import SWEEP

TOMBSTONE_SECONDS = 30 * 86_400


def sweep(connection: sqlite3.Connection, numbers: Numbers, now: float, limit: int) -> list[str]:
    """One transaction in the writer's thread. Raises `StoreError`; nothing is removed then."""
    try:
        connection.execute("BEGIN IMMEDIATE")
        over = connection.execute(SWEEP["over"], (now, limit)).fetchall()
        ids = [job_id for _, job_id, _ in over]
        nums = [(num,) for num, _, _ in over]
        connection.executemany(SWEEP["bury"], [(job_id, now) for job_id in ids])
        connection.executemany(SWEEP["untag"], [(tag, num) for num, _, tags in over for tag in decode(tags or "[]")])
        for statement in ("drop_job", "drop_submission", "drop_events", "drop_progress", "drop_end", "drop_steps"):
            connection.executemany(SWEEP[statement], nums)
        connection.execute(SWEEP["forget"], (now - TOMBSTONE_SECONDS,))
        connection.execute("COMMIT")
    except sqlite3.Error as error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise meaning(error) from error
    for job_id in ids:
        numbers.drop(job_id)
    return ids
