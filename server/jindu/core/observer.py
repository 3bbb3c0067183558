"""What pieces tell the metrics: the words of it, and who listens when nobody does.

What happens to jobs is not told here, it is on the bus. Pure, and each call costs next to nothing: pieces call it once for a
group or a pass, not for each event.
"""

from bisect import bisect_left
from collections.abc import Sequence
from typing import Protocol


class Observer(Protocol):
    """All durations are seconds. Called on the event loop; never raises, never waits."""

    def committed(self, changes: int, seconds: float) -> None:
        """The store made a group of changes durable; how long that took."""
        ...

    def pushed(self, lag: float) -> None:
        """What was committed has been written to sockets; seconds since it was known to be committed, for the oldest."""
        ...

    def resumed(self) -> None:
        """A client went on from the cursor that it held."""
        ...

    def stalled(self) -> None:
        """A reader was dropped because it took nothing of what was written to it."""
        ...

    def loop_lagged(self, seconds: float) -> None:
        """The event loop came so much later to something than it had been asked to."""
        ...

    def answered(self, method: str, route: str, status: int, seconds: float, *, held: bool) -> None:
        """An HTTP answer began. `route` is the template of the path; `held`: it was asked to wait for something."""
        ...

    def told(self, code: str) -> None:
        """A request was refused with this code of the catalogue."""
        ...

    def limited(self, *, submit: bool) -> None:
        """A request was above the rate of its caller."""
        ...

    def foretold(self, type: str, errors: Sequence[float], held: float) -> None:
        """A job of this type completed. Of what had been told of its end at moments of its course: how far each was off, as a
        share of the whole; and the share of the moments at which the careful guess held."""
        ...


class Silent:
    """Nobody listens."""

    def committed(self, changes: int, seconds: float) -> None: ...

    def pushed(self, lag: float) -> None: ...

    def resumed(self) -> None: ...

    def stalled(self) -> None: ...

    def loop_lagged(self, seconds: float) -> None: ...

    def answered(self, method: str, route: str, status: int, seconds: float, *, held: bool) -> None: ...

    def told(self, code: str) -> None: ...

    def limited(self, *, submit: bool) -> None: ...

    def foretold(self, type: str, errors: Sequence[float], held: float) -> None: ...


SILENT: Observer = Silent()


class Spread:
    """How values lie: how many at most as large as each bound, and their sum. One `add` is a search in a short list."""

    __slots__ = ("bounds", "counts", "sum")

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = tuple(bounds)
        self.counts = [0] * (len(self.bounds) + 1)
        self.sum = 0.0

    def add(self, value: float) -> None:
        self.counts[bisect_left(self.bounds, value)] += 1
        self.sum += value

    @property
    def count(self) -> int:
        return sum(self.counts)

    @property
    def mean(self) -> float | None:
        """None before the first value."""
        number = self.count
        return self.sum / number if number else None
