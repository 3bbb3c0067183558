"""`jindu serve`, except that the process kills itself (SIGKILL) at a named point: ``python -m chaos.deadly_server serve …``.

CHAOS_POINT names the point, CHAOS_PASSES how often it is passed alive before. The points are put on from outside: nothing of
this is in the server.
"""

import os
import signal
from collections.abc import Callable
from typing import Any

from jindu.cli.main import main
from jindu.core.events import Claimed
from jindu.engine.journal import Journal
from jindu.engine.run import Run
from jindu.store.sqlite import group, schema, sweep, wal, writer


class Point:
    """Dies when it is passed once more than CHAOS_PASSES."""

    def __init__(self) -> None:
        self._left = int(os.environ.get("CHAOS_PASSES", "0"))

    def passed(self) -> None:
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        self._left -= 1


def before(owner: Any, name: str, when: Callable[..., bool] = lambda *_, **__: True) -> None:
    """Pass the point before a function is called, `when` its arguments are such."""
    point, function = Point(), getattr(owner, name)

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        if when(*args, **kwargs):
            point.passed()
        return function(*args, **kwargs)

    setattr(owner, name, wrapped)


def after(owner: Any, name: str) -> None:
    """Pass the point when a function has returned."""
    point, function = Point(), getattr(owner, name)

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        result = function(*args, **kwargs)
        point.passed()
        return result

    setattr(owner, name, wrapped)


def in_migration() -> None:
    """In the transaction of a migration, when all of it but the commit is done."""
    point = Point()
    migrate = schema._migrate

    def wrapped(connection: Any, number: int, text: str) -> None:
        if point._left == 0:
            connection.executescript(f"BEGIN IMMEDIATE;\n{text}")
        point.passed()
        migrate(connection, number, text)

    schema._migrate = wrapped


def at_checkpoint() -> None:
    """When the log has gone into the database and nothing of ours knows it yet. The writer holds the name."""
    after(wal, "checkpoint")
    writer.checkpoint = wal.checkpoint


POINTS: dict[str, Callable[[], None]] = {
    "before_commit": lambda: after(group, "_apply"),
    "between_commit_and_fan_out": lambda: before(Journal, "_settled"),
    "between_claim_and_first_step": lambda: before(Run, "_begin"),
    "in_a_step": lambda: before(Journal, "step"),
    "at_the_end": lambda: before(Journal, "end"),
    "in_migration": in_migration,
    "at_checkpoint": at_checkpoint,
    "in_cleanup": lambda: after(sweep, "_bury"),
    "at_the_claim": lambda: before(Journal, "_queue", lambda _self, _line, _id, event, *_: isinstance(event, Claimed)),
}


if __name__ == "__main__":
    if name := os.environ.get("CHAOS_POINT"):
        POINTS[name]()
    main()
