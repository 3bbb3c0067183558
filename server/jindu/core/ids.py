"""Ids: time-ordered for jobs (ULID: 48 bits of milliseconds, 80 random bits), random for epochs and boots."""

import os
import re
import zlib

SHARDS = 16  # parts of a store that is spread: all jobs of a type lie in one
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32
_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]
_SHIFTS = range(120, -1, -10)  # of 26 characters, two at a time
CLIENT_ID = re.compile(r"[A-Za-z0-9_-]{16,64}")
_OURS = re.compile(f"[0-7][{_ALPHABET}]{{25}}")


def shard_of(type: str) -> int:
    """The shard that all jobs of a type lie in."""
    return zlib.crc32(type.encode()) % SHARDS


def home_of(job_id: str) -> int:
    """The shard in which a job of this id is looked for first: where it is, if we made the id; else one that knows of it."""
    if _OURS.fullmatch(job_id):
        return _ALPHABET.index(job_id[-1]) % SHARDS
    return zlib.crc32(job_id.encode(errors="replace")) % SHARDS


_pool: list[bytes] = []
_POOLED, _EACH = 256, 16  # random numbers asked for at once, and the bytes of each


def _chance() -> int:
    """128 random bits of the system's source; safe to call from any thread.

    Asking the system lets go of the interpreter's lock, and whoever makes ids beside a thread that works waits up to 5 ms to
    get it back: so it is asked for many at once.
    """
    while True:
        try:
            return int.from_bytes(_pool.pop(), "big")
        except IndexError:
            fresh = os.urandom(_POOLED * _EACH)
            _pool.extend(fresh[at : at + _EACH] for at in range(0, len(fresh), _EACH))


os.register_at_fork(after_in_child=_pool.clear)  # two processes must not make the same


class IdMaker:
    """Makes ULIDs that rise strictly within one process, also within a millisecond and when the clock steps back."""

    def __init__(self) -> None:
        self._last = 0

    def new(self, wall: float, type: str = "") -> str:
        """A new id for wall-clock seconds `wall`: 26 characters, sorted as text like the order of making. Its last four bits
        are the shard of the `type`."""
        fresh = int(wall * 1000) << 76 | _chance() >> 52
        # One above the last keeps order and stays unguessable enough: the 76 bits it starts from were random.
        self._last = fresh if fresh >> 76 > self._last >> 76 else self._last + 1 + (_chance() >> 96)
        return _base32(self._last * SHARDS + shard_of(type))


def random_id() -> str:
    """64 random bits as 16 hexadecimal characters."""
    return f"{_chance() >> 64:016x}"


def _base32(value: int) -> str:
    return "".join([_PAIRS[value >> shift & 1023] for shift in _SHIFTS])
