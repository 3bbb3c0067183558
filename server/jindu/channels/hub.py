"""Who watches what: topics by job, feeds, and the connections of this node."""

import asyncio
import random
from collections.abc import Callable
from typing import Protocol

from ..bus.contract import Bus, Notice
from ..core.clock import Clock
from ..core.session import Close
from ..store.contract import Store
from .topic import Topic


class Connection(Protocol):
    """What the hub asks of a peer."""

    def tick(self, now: float) -> None: ...

    def leave(self, close: Close) -> None: ...


class Hub:
    def __init__(self, store: Store, bus: Bus, clock: Clock) -> None:
        self.store = store
        self.clock = clock
        self._topics: dict[str, Topic] = {}
        self._feeds: set[Callable[[Notice], None]] = set()
        self._connections: set[Connection] = set()
        self._closing: Close | None = None
        self._empty = asyncio.Event()
        self._due: list[Callable[[], None]] = []
        self._stop = bus.listen(self._hear)

    def close(self) -> None:
        self._stop()

    @property
    def connections(self) -> int:
        return len(self._connections)

    async def join(self, job_id: str, wake: Callable[[], None], *, batch: bool = False) -> Topic | None:
        """The topic of a job (of a `batch`), read from the store if nobody watched it yet; None if there is no such one.

        `wake` is called at every change until `part`.
        """
        topic = self._topics.get(job_id)
        if topic is None:
            topic = self._topics[job_id] = Topic(job_id, self.store)
        topic.watches.add(wake)
        try:
            await topic.refresh()
        except BaseException:
            self.part(topic, wake)
            raise
        if topic.job is None or topic.job.is_batch != batch:
            self.part(topic, wake)
            return None
        return topic

    def part(self, topic: Topic, wake: Callable[[], None]) -> None:
        topic.watches.discard(wake)
        if not topic.watches and self._topics.get(topic.id) is topic:
            del self._topics[topic.id]

    def feed(self, hear: Callable[[Notice], None]) -> Callable[[], None]:
        """Hear every change of every job; returns what ends it."""
        self._feeds.add(hear)
        return lambda: self._feeds.discard(hear)

    def enter(self, connection: Connection) -> None:
        self._connections.add(connection)
        if self._closing is not None:
            connection.leave(self._closing)

    def exit(self, connection: Connection) -> None:
        self._connections.discard(connection)
        if not self._connections:
            self._empty.set()

    async def emptied(self, timeout: float) -> bool:
        """Wait until every connection has left, `timeout` seconds at most; whether they have."""
        if self._connections:
            self._empty.clear()
            try:
                async with asyncio.timeout(timeout):
                    await self._empty.wait()
            except TimeoutError:
                return False
        return True

    def pass_soon(self, write: Callable[[], None]) -> None:
        """Call `write` when everything that was committed in this turn of the loop is known: one pass over all connections."""
        if not self._due:
            asyncio.get_running_loop().call_soon(self._pass)
        self._due.append(write)

    def _pass(self) -> None:
        due, self._due = self._due, []
        for write in due:
            write()

    def tick(self, now: float) -> None:
        for connection in tuple(self._connections):
            connection.tick(now)

    def send_away(self, code: int, why: str, window: float) -> None:
        """Say `bye` to all, each with a time of its own within `window` seconds to come back, not all at once."""
        for connection in tuple(self._connections):
            spread = random.randint(0, int(window * 1000))  # spreads returning; no secret # nosec B311
            connection.leave(Close(code, why, retry_ms=spread))
        self._closing = Close(code, why, retry_ms=int(window * 1000))

    def _hear(self, notice: Notice) -> None:
        topic = self._topics.get(notice.id)
        if topic is not None:
            topic.hear(notice)
        for hear in tuple(self._feeds):
            hear(notice)
