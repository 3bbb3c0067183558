"""One connection, over any transport: what was asked, what is watched, what is due.

Two tasks: one reads, one writes. Whatever leaves, leaves from the writer, so that order is the order of the code. The
writer works through a dirty set; while a slow client blocks it, newer states replace older ones and nothing piles up.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable
from functools import partial
from typing import Protocol

import orjson

from ..core import frames
from ..core.session import Close, Request, Say, Session, Subscribe, Unsubscribe
from ..store.contract import StoreError
from .feed import Feed
from .hub import Hub
from .topic import Topic
from .watch import Watch

log = logging.getLogger("jindu.channels")

HINT_AFTER = 10.0  # seconds of silence about an open job after which a hint renews `stale_after`
WRITE_STALL = 10.0  # seconds one write may take; then the reader is gone, whatever the socket says


class TransportClosed(Exception):
    """The other end is gone."""


class Transport(Protocol):
    """A way to a client. `send` and `receive` raise `TransportClosed` when it is gone."""

    async def send(self, message: bytes) -> None:
        """Send one message; returns when the transport can take more."""
        ...

    async def receive(self) -> str | bytes: ...

    async def close(self, code: int) -> None: ...

    def abort(self) -> None:
        """Drop the connection now, with what it has not sent."""
        ...


class Peer:
    def __init__(self, hub: Hub, transport: Transport) -> None:
        self._hub = hub
        self._clock = hub.clock
        self._transport = transport
        self._session = Session(epoch=hub.store.epoch, conn=hub.new_connection_id(), now=self._clock.monotonic())
        self._watches: dict[str, tuple[Watch, Topic]] = {}
        self._wakes: dict[str, partial[None]] = {}
        self._feeds: dict[str, Feed] = {}
        self._unfeed: dict[str, Callable[[], None]] = {}
        self._requests: list[Request] = []
        self._dirty: dict[str, None] = {}
        self._wake = asyncio.Event()
        self._writing_since: float | None = None
        self._left = False

    async def run(self) -> None:
        """Serve the connection to its end. Returns when it is closed; cancelling closes it without `bye`."""
        self._hub.enter(self)
        try:
            await self._send([orjson.dumps(self._session.hello(self._clock.wall()))])
            async with asyncio.TaskGroup() as group:
                reader = group.create_task(self._read())
                writer = group.create_task(self._write())
                await asyncio.wait([reader, writer], return_when=asyncio.FIRST_COMPLETED)
                reader.cancel()
                writer.cancel()
        except TransportClosed:
            pass
        finally:
            self._hub.exit(self)
            self._drop(tuple(self._watches))
            self._drop(tuple(self._feeds))

    def tick(self, now: float) -> None:
        """Once a second or so, from the node: pings, hints, the end of the silent and of the stalled."""
        if self._writing_since is not None and now - self._writing_since > WRITE_STALL:
            self._transport.abort()
            return
        self._ask(self._session.tick(now))
        for name, (watch, topic) in self._watches.items():
            job = topic.job
            if job is not None and not job.is_completed and now - watch.sent_at >= HINT_AFTER and name not in self._dirty:
                watch.sent_at = now
                self._ask([Say(frames.hint(job))])

    def leave(self, close: Close) -> None:
        self._ask([close])

    # -- reading -----------------------------------------------------------------------------------------------

    async def _read(self) -> None:
        try:
            while True:
                message = await self._transport.receive()
                self._ask(self._session.receive(message, self._clock.monotonic()))
        except TransportClosed:
            return

    def _ask(self, requests: Iterable[Request]) -> None:
        self._requests.extend(requests)
        if self._requests:
            self._wake.set()

    def _touch(self, name: str) -> None:
        self._dirty[name] = None
        self._wake.set()

    # -- writing -----------------------------------------------------------------------------------------------

    async def _write(self) -> None:
        try:
            while not self._left:
                await self._wait(self._next_due())
                self._wake.clear()
                await self._turn()
        except TransportClosed:
            return
        except StoreError as error:
            log.warning("connection %s: %s", self._session.conn, error)
            await self._close(Close(4103, "internal"))

    async def _turn(self) -> None:
        requests, self._requests = self._requests, []
        for request in requests:
            if isinstance(request, Close):
                await self._close(request)
                return
            await self._serve(request)
        await self._flush()

    async def _wait(self, timeout: float | None) -> None:
        if timeout == 0:
            return
        try:
            async with asyncio.timeout(timeout):
                await self._wake.wait()
        except TimeoutError:
            pass

    def _next_due(self) -> float | None:
        """Seconds until something that is held back may leave; None if nothing is."""
        now = self._clock.monotonic()
        waits = [self._watches[name][0].due_in(now) for name in self._dirty if name in self._watches]
        waits += [feed.due_in(now) for feed in self._feeds.values() if feed.dirty]
        return min(waits, default=None)

    async def _serve(self, request: Request) -> None:
        if isinstance(request, Say):
            await self._send([orjson.dumps(request.frame)])
        elif isinstance(request, Unsubscribe):
            # The session stopped counting them when it read this; one asked for again since is counted already.
            self._drop(request.channels, keep=True)
        elif isinstance(request, Subscribe):
            await self._subscribe(request)

    async def _subscribe(self, request: Subscribe) -> None:
        confirmed: dict[str, int] = {}
        for name, held in request.channels.items():
            if name.startswith("job:"):
                seq = await self._watch(name, held, request)
                if seq is not None:
                    confirmed[name] = seq
            else:
                self._follow(name)
                confirmed[name] = 0
        await self._send([orjson.dumps(frames.subscribed(confirmed))])

    async def _watch(self, name: str, held: int, request: Subscribe) -> int | None:
        """Start or resume a watch and replay it; the seq it stands at, or None if it was refused."""
        self._drop([name], keep=True)
        job_id = name.removeprefix("job:")
        wake = self._wakes[name] = partial(self._touch, name)
        topic = await self._hub.join(job_id, wake)
        if topic is None or topic.job is None:
            del self._wakes[name]
            self._session.dropped(name)
            await self._send([orjson.dumps(frames.problem("NOT_FOUND", name))])
            return None
        seq, forget = self._session.resume(request.epoch, held, topic.job.seq)
        if forget:
            await self._send([orjson.dumps(frames.reset(job_id))])
        watch = Watch(topic, seq, request.pace)
        self._watches[name] = (watch, topic)
        await self._replay(watch)
        return watch.seq

    async def _replay(self, watch: Watch) -> None:
        job = watch.topic.job
        goal = job.seq if job else 0
        while watch.seq < goal:
            await self._hand_out(watch)

    def _follow(self, name: str) -> None:
        if name not in self._feeds:
            feed = self._feeds[name] = Feed(name, self._wake.set)
            self._unfeed[name] = self._hub.feed(feed.hear)

    def _drop(self, names: Iterable[str], *, keep: bool = False) -> None:
        """End subscriptions; with `keep` the session's count of them is left as it is."""
        for name in names:
            if name in self._watches:
                _, topic = self._watches.pop(name)
                self._hub.part(topic, self._wakes.pop(name))
            if name in self._feeds:
                del self._feeds[name]
                self._unfeed.pop(name)()
            self._dirty.pop(name, None)
            if not keep:
                self._session.dropped(name)

    async def _flush(self) -> None:
        now = self._clock.monotonic()
        for name in tuple(self._dirty):
            entry = self._watches.get(name)
            if entry is None:
                self._dirty.pop(name, None)
            elif entry[0].due_in(now) <= 0:
                del self._dirty[name]
                await self._hand_out(entry[0])
                await self._tell_gone(name, entry[1])
        for feed in tuple(self._feeds.values()):
            if feed.dirty and feed.due_in(now) <= 0:
                await self._send(feed.flush(now))

    async def _hand_out(self, watch: Watch) -> None:
        before = watch.seq
        await self._send([frame async for frame in watch.due(self._clock.monotonic())])
        # Moved on while the log was read: there is more.
        job = watch.topic.job
        if job is not None and before <= watch.seq < job.seq:
            self._touch(f"job:{watch.topic.id}")

    async def _tell_gone(self, name: str, topic: Topic) -> None:
        if topic.gone:
            self._drop([name])
            await self._send([orjson.dumps(frames.problem("NOT_FOUND", name))])

    async def _close(self, close: Close) -> None:
        self._left = True
        try:
            await self._send([orjson.dumps(close.bye)])
            await self._transport.close(close.code)
        except TransportClosed:
            return

    async def _send(self, encoded: list[bytes]) -> None:
        for message in frames.pack(encoded):
            self._writing_since = self._clock.monotonic()
            await self._transport.send(message)
            self._writing_since = None
