"""The freshness window (PROTOCOL section 6): how much may be on its way to a client that says nothing.

That a socket takes bytes tells little: much hides in buffers on the way, and what hides grows old. So a connection is asked for
a sign of life when half of the window went out, and gets nothing more once all of it did, until anything comes. Meanwhile newer
states replace older ones, and what then leaves is fresh. The end of a job is not held back: nothing fresher can follow it.
"""

FRAMES = 64
BYTES = 32 * 1024


class Window:
    """Of one connection; an `endless` one never closes, for transports whose client cannot speak."""

    __slots__ = ("_asked", "_bytes", "_endless", "_frames", "open")

    def __init__(self, *, endless: bool = False) -> None:
        self.open = True
        """Whether more may leave."""
        self._endless = endless
        self._asked = False
        self._frames = 0
        self._bytes = 0

    def sent(self, size: int) -> bool:
        """A frame of that many bytes left; whether the client is to be asked for a sign of life now."""
        self._frames += 1
        self._bytes += size
        if self._endless or (self._frames * 2 < FRAMES and self._bytes * 2 < BYTES):
            return False
        self.open = self._frames < FRAMES and self._bytes < BYTES
        ask, self._asked = not self._asked, True
        return ask

    def heard(self) -> bool:
        """Anything came: all of the window is free again. Whether it had been closed."""
        was_closed = not self.open
        self.open, self._asked, self._frames, self._bytes = True, False, 0, 0
        return was_closed
