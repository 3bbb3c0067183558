"""How much waits in the write-ahead log, and bringing it into the database file.

The size of the file does not tell: a log that was wholly checkpointed is written again from its start. The wal-index does
(`<db>-shm`, https://sqlite.org/walformat.html section 2): frames in the log at byte 16, frames already in the database at 96.
"""

import os
import sqlite3
import struct
from pathlib import Path

from .connection import BUSY_MS

READERS_MS = 200  # how long a TRUNCATE waits for readers; ours read for a few milliseconds
FRAME_HEADER = 24  # bytes before the page in each frame
_FRAMES_AT = 16
_BACKFILLED_AT = 96
_COUNT = struct.Struct("=I")


class WalGauge:
    """Reads the wal-index. To be opened after, and closed behind, every SQLite connection of this process: closing any
    descriptor of that file drops the locks which SQLite holds on it (fcntl(2))."""

    def __init__(self, database: Path, page_bytes: int) -> None:
        self._frame = page_bytes + FRAME_HEADER
        self._file: int | None = os.open(f"{database}-shm", os.O_RDONLY | os.O_CLOEXEC)

    def sizes(self) -> tuple[int, int]:
        """Bytes of the log in use, and how many of them are not yet in the database."""
        if self._file is None:
            return 0, 0
        head = os.pread(self._file, _BACKFILLED_AT + 4, 0)
        if len(head) < _BACKFILLED_AT + 4:
            return 0, 0
        (frames,) = _COUNT.unpack_from(head, _FRAMES_AT)
        (backfilled,) = _COUNT.unpack_from(head, _BACKFILLED_AT)
        # A log that is wholly in the database begins anew with the next write.
        return (frames * self._frame, max(0, frames - backfilled) * self._frame)

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None


def checkpoint(connection: sqlite3.Connection, mode: str) -> bool:
    """Run in the writer's thread. PASSIVE waits for nobody; TRUNCATE waits a moment for readers, as commits wait meanwhile.
    Returns whether it got through. Raises `sqlite3.Error`; what was committed stays in the log then."""
    if mode == "TRUNCATE":
        connection.execute(f"PRAGMA busy_timeout = {READERS_MS}")
    try:
        busy, in_log, done = connection.execute(f"PRAGMA wal_checkpoint({mode})").fetchone()
    finally:
        if mode == "TRUNCATE":
            connection.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
    return bool(busy == 0 and in_log == done)
