"""What every bus promises, which is little: a notice is a hint, and a jump in `seq` means "read the log"."""

from collections.abc import Callable
from typing import Protocol, TypeAlias

from ..core.events import Event
from ..core.job import Job
from ..core.value import value


@value
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
    """Of what other nodes commit only hints come, and only of what somebody here watches; every one of them may be lost."""

    def publish(self, notice: Notice) -> None:
        """Tell every listener, here and on other nodes. Never blocks, never raises for a listener's sake."""
        ...

    def watch(self, job_id: str | None) -> Callable[[], None]:
        """Hear of this job from other nodes too (None: of all jobs) until what is returned is called. A hint comes also when
        the watch begins to count: what was read before that may be old."""
        ...

    def at_work(self, boot: str, wake: Callable[[], None]) -> None:
        """This node runs jobs, as `boot`: hear from other nodes of those it holds, and `wake` it when some may be run."""
        ...

    async def run(self) -> None:
        """To be run as one task by the node. Ends by `close`."""
        ...

    async def close(self) -> None: ...

    def listen(self, listener: Listener, *, progress: bool = True) -> Callable[[], None]:
        """Hear all notices from now on, on the event loop, in order per job; returns what ends it. Without `progress` not of
        those whose event is `Progressed`: they are most, and say nothing to who waits for something to happen."""
        ...
