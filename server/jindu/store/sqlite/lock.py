"""One process per database file: a lock that lives as long as the process, by whatever death it goes."""

import fcntl
import os
from pathlib import Path

from ..contract import StoreInUse, StoreRefused


class FileLock:
    """flock(2) on `<db>.lock`; the file says the process id of the holder, for people, and beneath it how often the database
    has been opened, as far as this file knows. A database that counts fewer is an older one, put in its place."""

    def __init__(self, descriptor: int, openings: int | None) -> None:
        self._descriptor: int | None = descriptor
        self.openings = openings
        """None if the lock file is new, or of a version that did not count."""

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
            lock = cls(descriptor, _openings(os.pread(descriptor, 64, 0)))
            lock.note(lock.openings)
        except BlockingIOError:
            holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").partition("\n")[0].strip()
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
        return lock

    def note(self, openings: int | None) -> None:
        """Write down who holds it, and the number of openings. Raises `OSError`."""
        assert self._descriptor is not None
        lines = [os.getpid()] if openings is None else [os.getpid(), openings]
        text = "".join(f"{line}\n" for line in lines).encode()
        # In this order a full disk leaves what was there, not nothing.
        os.ftruncate(self._descriptor, os.pwrite(self._descriptor, text, 0))

    def release(self) -> None:
        """A second call does nothing. The file stays: removing it would let two processes hold two files of one name."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def _openings(text: bytes) -> int | None:
    lines = text.split(b"\n")
    return int(lines[1]) if len(lines) > 2 and lines[1].isdigit() else None
