"""Ids: time-ordered for jobs (ULID: 48 bits of milliseconds, 80 random bits), random for epochs and boots."""

import re
import secrets

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32
_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]
_SHIFTS = range(120, -1, -10)  # of 26 characters, two at a time
CLIENT_ID = re.compile(r"[A-Za-z0-9_-]{16,64}")


class IdMaker:
    """Makes ULIDs that rise strictly within one process, also within a millisecond and when the clock steps back."""

    def __init__(self) -> None:
        self._last = 0

    def new(self, wall: float) -> str:
        """A new id for wall-clock seconds `wall`: 26 characters, sorted as text like the order of making."""
        fresh = int(wall * 1000) << 80 | secrets.randbits(80)
        # One above the last keeps order and stays unguessable enough: the 80 bits it starts from were random.
        self._last = fresh if fresh >> 80 > self._last >> 80 else self._last + 1 + secrets.randbits(32)
        return _base32(self._last)


def random_id() -> str:
    """64 random bits as 16 hexadecimal characters."""
    return secrets.token_hex(8)


def _base32(value: int) -> str:
    return "".join([_PAIRS[value >> shift & 1023] for shift in _SHIFTS])
