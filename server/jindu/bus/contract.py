"""What every bus promises, which is little: a notice is a hint, and a jump in `seq` means "read the log"."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from ..core.events import Event
from ..core.job import Job


@dataclass(frozen=True, slots=True)
class Notice:
    """Something about a job was committed. `job` and `event` ride along when they are at hand (same process).

    `job` None and `event` None with a seq: another node committed; read the log. `seq` 0: the job was removed.
    """

    id: str
    seq: int
    job: Job | None = None
    event: Event | None = None


Listener: TypeAlias = Callable[[Notice], None]


class Bus(Protocol):
    def publish(self, notice: Notice) -> None:
        """Tell every listener, here and on other nodes. Never blocks, never raises for a listener's sake."""
        ...

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Hear all notices from now on, on the event loop, in order per job; returns what ends it."""
        ...
