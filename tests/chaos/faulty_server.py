"""`jindu serve` on a disk that fails to sync while a file says so: ``python -m chaos.faulty_server serve …``.

While CHAOS_FSYNC exists, a commit ends as SQLite ends it when fsync fails: nobody can know what is on the disk. The file holds
"kept" if the change is really there, "lost" if not. Put on from outside: nothing of this is in the server.
"""

import os
import sqlite3
from pathlib import Path
from typing import Any

from jindu.cli.main import main
from jindu.store.sqlite import writer

FAILING = Path(os.environ["CHAOS_FSYNC"])
write = writer.write


def failing(connection: sqlite3.Connection, *args: Any) -> Any:
    if not FAILING.exists():
        return write(connection, *args)
    if FAILING.read_text() == "kept":
        write(connection, *args)
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode, error.sqlite_errorname = sqlite3.SQLITE_IOERR_FSYNC, "SQLITE_IOERR_FSYNC"
    raise error


if __name__ == "__main__":
    writer.write = failing
    main()
