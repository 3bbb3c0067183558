"""What one connection watches: a watch for each job or batch, a feed for each of its feeds, and which have something due."""

from collections.abc import Callable, Iterable
from functools import partial

from ..bus.contract import Notice
from ..core.admission import Admission
from ..core.session import watched_id
from .feed import Feed
from .hub import Hub
from .topic import Topic
from .watch import Watch

HINT_AFTER = 10.0  # seconds of silence about an open job after which a hint renews `stale_after`
HINT_APART = 5.0  # seconds of silence after which a hint tells advice that has changed


class Watched:
    """`touch` is called with the name of a watch that has moved, `wake` when a feed has. What moved is marked in `dirty`."""

    def __init__(self, hub: Hub, touch: Callable[[str], None], wake: Callable[[], None]) -> None:
        self.watches: dict[str, Watch] = {}
        self.feeds: dict[str, Feed] = {}
        self.dirty: dict[str, None] = {}
        self._conflated = 0  # of the watches that are dropped
        self._hub = hub
        self._touch = touch
        self._wake = wake
        self._wakes: dict[str, partial[None]] = {}
        self._unfeed: Callable[[], None] | None = None

    def anew(self) -> None:
        """Another history has begun: every cursor is 0."""
        for watch in self.watches.values():
            watch.seq, watch.ended = 0, False
        self.all_dirty()

    def all_dirty(self) -> None:
        self.dirty.update(dict.fromkeys(self.watches))

    def hints(self, now: float) -> list[bytes]:
        """What to say of open jobs that are silent and of which nothing waits to be said. They count as spoken of then."""
        hints = []
        for name, watch in self.watches.items():
            quiet, job = now - watch.sent_at, watch.topic.job
            if quiet < HINT_APART or job is None or job.is_completed or name in self.dirty:
                continue
            if quiet >= HINT_AFTER or watch.topic.drifted(now):
                watch.sent_at = now
                hints.append(watch.topic.hint(now))
        return hints

    async def join(self, name: str) -> Topic | None:
        """The topic of a channel, heard from now on; None if there is no such job or batch. `begin` or `refuse` follows."""
        wake = self._wakes[name] = partial(self._touch, name)
        topic = await self._hub.join(watched_id(name) or "", wake, batch=name.startswith("batch:"))
        if topic is None:
            self._forget(name)
        return topic

    def begin(self, name: str, watch: Watch) -> None:
        self.watches[name] = watch
        watch.topic.readers[self._wakes[name]] = watch

    def refuse(self, name: str, topic: Topic) -> None:
        """Hear it no more."""
        self._hub.part(topic, self._forget(name))

    def follow(self, name: str, shows: Callable[[str | None], bool]) -> None:
        """Hear a feed, of the jobs whose owner it `shows`."""
        if name not in self.feeds:
            self.feeds[name] = Feed(name, self._wake, shows, self._hub.feed_frames)
            self._unfeed = self._unfeed or self._hub.feed(self._hear)

    def drop(self, names: Iterable[str]) -> None:
        """End these, as far as they are watched."""
        for name in names:
            if name in self.watches:
                watch = self.watches.pop(name)
                self._conflated += watch.conflated
                self._hub.part(watch.topic, self._forget(name))
            if name in self.feeds:
                del self.feeds[name]
            self.dirty.pop(name, None)
        if self._unfeed is not None and not self.feeds:
            self._unfeed()
            self._unfeed = None

    def close(self) -> None:
        self.drop((*self.watches, *self.feeds))

    def covered(self, admission: Admission) -> bool:
        """Whether all of it may still be seen."""
        jobs = [watch.topic.subject for watch in self.watches.values()]
        return all(subject is None or admission.sees(subject) for subject in jobs) and all(map(admission.follows, self.feeds))

    @property
    def conflated(self) -> int:
        """States that newer ones overtook before they left."""
        return self._conflated + sum(watch.conflated for watch in self.watches.values())

    @property
    def finished(self) -> bool:
        """Whether nothing can follow."""
        return not self.feeds and all(watch.finished for watch in self.watches.values())

    def due_in(self, now: float) -> float | None:
        """Seconds until something that is held back may leave; None if nothing is."""
        waits = [self.watches[name].due_in(now) for name in self.dirty]
        waits += [feed.due_in(now) for feed in self.feeds.values() if feed.dirty]
        return min(waits, default=None)

    def due(self, now: float, *, only_final: bool = False) -> tuple[list[bytes], list[str]]:
        """Frames of the dirty watches that may leave now (`only_final`: of those that have come to their end), and the watches
        whose frames have to come from the log."""
        due: list[bytes] = []
        laggards: list[str] = []
        for name in tuple(self.dirty):
            watch = self.watches[name]
            if watch.due_in(now) > 0 or (only_final and not watch.final):
                continue
            del self.dirty[name]
            ready = watch.due(now)
            if ready is None or watch.topic.gone:
                laggards.append(name)
            else:
                due += ready
        return due, laggards

    def flushed(self, now: float) -> list[bytes]:
        """Messages of the feeds that may leave now."""
        due = [frame for feed in self.feeds.values() if feed.dirty and feed.due_in(now) <= 0 for frame in feed.flush(now)]
        return self._hub.feed_frames.pack(due)

    def _hear(self, notice: Notice) -> None:
        """The first feed that tells it does: of a job that two feeds of one connection show, each state comes once."""
        for feed in self.feeds.values():
            if feed.hear(notice):
                return

    def _forget(self, name: str) -> "partial[None]":
        self.dirty.pop(name, None)
        return self._wakes.pop(name)
