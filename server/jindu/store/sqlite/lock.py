"""One process per database file: a lock that lives as long as the process, by whatever death it goes."""

import fcntl
import os
from pathlib import Path

from ..contract import StoreInUse, StoreRefused


class FileLock:
    """flock(2) on `<db>.lock`; the file says the process id of the holder, for people."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor: int | None = descriptor

    @classmethod
    def take(cls, database: Path) -> "FileLock":
        """Raises `StoreRefused` if another process has it, or if the file cannot be made. Never waits."""
        path = Path(f"{database}.lock")
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise StoreRefused(
                f"Cannot write {path} ({error.strerror}). Let this user write to the folder of the database, "
                "or choose another file with --store."
            ) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        except BlockingIOError:
            holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip()
            os.close(descriptor)
            raise StoreInUse(
                f"{database} is in use by another server (process {holder or 'unknown'}). "
                "Stop that one first, or give this one a file of its own with --store."
            ) from None
        except OSError as error:
            os.close(descriptor)
            raise StoreRefused(
                f"Cannot lock {path} ({error.strerror}). The database must be on a local disk with space left, "
                "not on a network share."
            ) from error
        return cls(descriptor)

    def release(self) -> None:
        """A second call does nothing. The file stays: removing it would let two processes hold two files of one name."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
