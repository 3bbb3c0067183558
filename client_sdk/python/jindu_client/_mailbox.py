"""Where the threads of a watch put what they hear. Bounded: a slow reader makes the server send fewer, fresher frames."""

import threading
from collections import deque

from ._commands import Heard, Line

ROOM = 64  # things heard and not yet taken


class Mailbox:
    """What is heard on a line that was let go meanwhile is thrown away: each use of a line has a number of its own."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: deque[tuple[Line, Heard]] = deque()
        self._uses: dict[Line, int] = {}

    def use(self, line: Line) -> int:
        """A new use of this line; ends the one before."""
        with self._changed:
            self._uses[line] = self._uses.get(line, 0) + 1
            self._waiting = deque(entry for entry in self._waiting if entry[0] != line)
            self._changed.notify_all()
            return self._uses[line]

    def current(self, line: Line, use: int) -> bool:
        return self._uses.get(line) == use

    def put(self, line: Line, use: int, what: Heard) -> bool:
        """Wait for room; whether this use of the line still counts."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._waiting) < ROOM or not self.current(line, use))
            if not self.current(line, use):
                return False
            self._waiting.append((line, what))
            self._changed.notify_all()
            return True

    def get(self, timeout: float) -> tuple[Line, Heard] | None:
        """The oldest thing heard; None if there was nothing for so many seconds."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._waiting, min(max(timeout, 0.0), threading.TIMEOUT_MAX)):
                return None
            self._changed.notify_all()
            return self._waiting.popleft()

    @property
    def empty(self) -> bool:
        return not self._waiting
