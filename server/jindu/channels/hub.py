"""Who watches what: topics by job, feeds, and the connections of this node."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, TypeAlias

from ..bus.contract import Bus, Notice
from ..core.advice import SILENT as NO_ADVICE
from ..core.advice import Advice
from ..core.clock import Clock
from ..core.observer import SILENT, Observer
from ..core.session import Close
from ..store.contract import Record, Store
from .feed import FeedFrames
from .topic import Topic
from .traffic import Link, Origin, Sent, Traffic

Read: TypeAlias = Callable[[str], Awaitable[Record | None]]

LOOK_EVERY = 1.5  # seconds between two looks at all that is watched, where other nodes move it too
TICKED_AT_ONCE = 250  # connections: less than two milliseconds
APART = 0.005  # seconds between two connections that are sent away


class Connection(Protocol):
    """What the hub asks of a peer."""

    def tick(self, now: float) -> None: ...

    def leave(self, close: Close) -> None: ...

    origin: Origin

    @property
    def sent(self) -> Sent: ...

    def link(self, now: float) -> Link: ...

    def anew(self) -> None:
        """Another history has begun: what was told of the old one is to be forgotten."""
        ...


class Hub:
    """`write_stall`: seconds one write may take; then the reader is gone, whatever the socket says. `read` reads a job never
    ahead of the bus; without one the store is asked."""

    def __init__(
        self,
        store: Store,
        bus: Bus,
        clock: Clock,
        write_stall: float = 10.0,
        observer: Observer = SILENT,
        read: Read | None = None,
        advice: Advice = NO_ADVICE,
    ) -> None:
        self.store = store
        self._read = read or store.read
        self.observer = observer
        self.advice = advice
        self.feed_frames = FeedFrames(advice)
        self.traffic = Traffic()
        self.clock = clock
        self.write_stall = write_stall
        self._topics: dict[str, Topic] = {}
        self._bus = bus
        self._unwatch: dict[str, Callable[[], None]] = {}
        self._unread: dict[str, None] = {}  # moved by other nodes, for feeds
        self._next_look = 0.0
        self._feeds: tuple[Callable[[Notice], None], ...] = ()
        self._connections: set[Connection] = set()
        self._closing: Close | None = None
        self._empty = asyncio.Event()
        self._moved: list[Topic] = []
        self._due: list[Callable[[], None]] = []
        self._scheduled = False
        self._heard_at = 0.0
        self.now = 0.0
        """Of the pass that is under way: monotonic seconds."""
        self._stop = bus.listen(self._hear)

    def close(self) -> None:
        self._stop()

    @property
    def connections(self) -> int:
        return len(self._connections)

    @property
    def links(self) -> list[Link]:
        """The connections of this node as they are now."""
        now = self.clock.monotonic()
        return [connection.link(now) for connection in self._connections]

    async def join(self, job_id: str, wake: Callable[[], None], *, batch: bool = False) -> Topic | None:
        """The topic of a job (of a `batch`), read from the store if nobody watched it yet; None if there is no such one.

        `wake` is called at every change until `part`.
        """
        topic = self._topics.get(job_id)
        if topic is None:
            topic = Topic(job_id, self.store, self._read, self._tell_soon, self.clock, self.advice)
            self._topics[job_id] = topic
            self._unwatch[job_id] = self._bus.watch(job_id)
        topic.readers[wake] = None
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
        topic.readers.pop(wake, None)
        if not topic.readers and self._topics.get(topic.id) is topic:
            del self._topics[topic.id]
            self._unwatch.pop(topic.id)()

    def feed(self, hear: Callable[[Notice], None]) -> Callable[[], None]:
        """Hear every change of every job; returns what ends it."""
        self._feeds = (*self._feeds, hear)
        unwatch = self._bus.watch(None)

        def stop() -> None:
            self._feeds = tuple(other for other in self._feeds if other is not hear)
            unwatch()

        return stop

    async def look(self, now: float) -> None:
        """What other nodes have moved: hints may be lost, so all that is open and watched is looked at. Raises `StoreError`."""
        if self.store.shared is None:
            return
        unread, self._unread = self._unread, {}
        for job in await self.store.shared.jobs(unread) if self._feeds else ():
            for hear in self._feeds:
                hear(Notice(job.id, job.seq, job))
        if now >= self._next_look:
            self._next_look = now + LOOK_EVERY
            watched = [topic for topic in self._topics.values() if topic.job is not None and not topic.job.is_completed]
            seqs = await self.store.shared.seqs([topic.id for topic in watched])
            for topic in watched:
                seq = seqs.get(topic.id, 0)
                if topic.job is not None and (seq == 0 or seq > topic.job.seq):
                    topic.hear(Notice(topic.id, seq))

    def anew(self) -> None:
        """Another history has begun (PROTOCOL rule 3): nothing that is in memory is of it, and everybody is told."""
        for topic in self._topics.values():
            topic.forget()
        for connection in tuple(self._connections):
            connection.anew()

    def enter(self, connection: Connection) -> None:
        self._connections.add(connection)
        self.traffic.entered(connection.origin)
        if self._closing is not None:
            connection.leave(self._closing)

    def exit(self, connection: Connection) -> None:
        if connection in self._connections:
            self._connections.discard(connection)
            self.traffic.exited(connection.origin, connection.sent)
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
        """Call `write` behind all topics that moved, in the same pass: what is due to one connection leaves together."""
        self._due.append(write)
        self._schedule()

    def _tell_soon(self, topic: Topic) -> None:
        self._moved.append(topic)
        self._schedule()

    def _schedule(self) -> None:
        if not self._scheduled:
            self._scheduled = True
            self._heard_at = self.clock.monotonic()
            asyncio.get_running_loop().call_soon(self._pass)

    def _pass(self) -> None:
        """When everything that was committed in this turn of the loop is known: once over all that moved."""
        self.now = self.clock.monotonic()
        moved, self._moved = self._moved, []
        for topic in moved:
            topic.tell(self.now)
        due, self._due = self._due, []
        self._scheduled = False
        for write in due:
            write()
        self.observer.pushed(self.clock.monotonic() - self._heard_at)

    def tick(self, now: float) -> None:
        """All connections, so many in a turn of the loop: ten thousand at once would hold up everything else."""
        self._tick_some(now, tuple(self._connections), 0)

    def _tick_some(self, now: float, connections: Sequence[Connection], at: int) -> None:
        for connection in connections[at : at + TICKED_AT_ONCE]:
            if connection in self._connections:
                connection.tick(now)
        if at + TICKED_AT_ONCE < len(connections):
            asyncio.get_running_loop().call_soon(self._tick_some, now, connections, at + TICKED_AT_ONCE)

    async def send_away(self, code: int, why: str, window: float, within: float = 0.0) -> None:
        """Say `bye` to all, each with a time of its own within `window` seconds to come back, not all at once.

        The closes are spread over up to `within` seconds, `APART` between two: so many handshakes do not come back in one
        turn either. Who comes from now on is told at once. Cancelling leaves the rest unsaid.
        """
        self._closing = Close(code, why, retry_ms=int(window * 1000))
        leaving = list(self._connections)
        random.shuffle(leaving)
        apart = min(APART, within / max(len(leaving), 1))
        for place, connection in enumerate(leaving):
            if place and apart:
                await asyncio.sleep(apart)
            spread = random.randint(0, int(window * 1000))  # spreads returning; no secret # nosec B311
            connection.leave(Close(code, why, retry_ms=spread))

    def _hear(self, notice: Notice) -> None:
        topic = self._topics.get(notice.id)
        if topic is not None:
            topic.hear(notice)
        if not self._feeds:
            return
        if notice.job is None and notice.seq:
            self._unread[notice.id] = None
        for hear in self._feeds:
            hear(notice)
