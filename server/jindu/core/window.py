"""The freshness window (PROTOCOL section 6): how much may be on its way to a client that says nothing.

That a socket takes bytes tells little: much hides in buffers on the way, and what hides grows old. So a connection is asked for
a sign of life when half of the window went out, and gets nothing more once all of it did, until anything comes. Meanwhile newer
states replace older ones, and what then leaves is fresh. The end of a job is not held back: nothing fresher can follow it.
"""

FRAMES = 64
BYTES = 32 * 1024


class Window:
    """Of one connection; an `endless` one never closes, for transports whose client cannot speak.

    `frames` and `bytes` count all that ever left. Who counts for himself, since he does it for each delivery, adds to
    them and calls `cross` when one has come to its mark.
    """

    __slots__ = ("_asked", "_endless", "bytes", "bytes_mark", "frames", "frames_mark", "open")

    def __init__(self, *, endless: bool = False) -> None:
        self.frames = 0
        self.bytes = 0
        self._endless = endless
        self.open = True
        """Whether more may leave."""
        self._asked = False
        self.heard()

    def sent(self, size: int) -> bool:
        """A frame of that many bytes left; whether the client is to be asked for a sign of life now."""
        self.frames += 1
        self.bytes += size
        return (self.frames >= self.frames_mark or self.bytes >= self.bytes_mark) and self.cross()

    def cross(self) -> bool:
        """What left has come to a mark, which is half of the window or all of it; whether the client is to be asked now."""
        if self._endless:
            self.frames_mark, self.bytes_mark = self.frames + FRAMES, self.bytes + BYTES
            return False
        ask, self._asked = not self._asked, True
        if ask:
            self.frames_mark += FRAMES // 2
            self.bytes_mark += BYTES // 2
        self.open = self.frames < self.frames_mark and self.bytes < self.bytes_mark
        return ask

    def heard(self) -> bool:
        """Anything came: all of the window is free again. Whether it had been closed."""
        was_closed = not self.open
        self.open, self._asked = True, False
        self.frames_mark, self.bytes_mark = self.frames + FRAMES // 2, self.bytes + BYTES // 2
        return was_closed
