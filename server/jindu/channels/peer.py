"""One connection, over any transport: what was asked, what is watched, what is due.

Two tasks: one reads, one writes. Whatever leaves, leaves from the writer, so that order is the order of the code. The
writer works through a dirty set; while a slow client blocks it, newer states replace older ones and nothing piles up. With a
`visit` the subscription is there from the start, and the visit knows when the peer leaves by itself.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable
from functools import partial

import orjson

from ..core import frames
from ..core.ids import random_id
from ..core.session import Close, Request, Say, Session, Subscribe, Unsubscribe, watched_id
from ..store.contract import StoreError
from .feed import Feed
from .hub import Hub
from .transport import DirectTransport, Transport, TransportClosed
from .visit import NO_FEEDS, Answered, Listener, Visit
from .watch import Watch

log = logging.getLogger("jindu.channels")

HINT_AFTER = 10.0  # seconds of silence about an open job after which a hint renews `stale_after`
WRITE_STALL = 10.0  # seconds one write may take; then the reader is gone, whatever the socket says


class Peer:
    def __init__(self, hub: Hub, transport: Transport, visit: Visit | None = None) -> None:
        self._hub = hub
        self._clock = hub.clock
        self._transport = transport
        self._direct = transport if isinstance(transport, DirectTransport) else None
        self._visit = visit
        self._live = visit is None or visit.live
        kind = Session if visit is None else Listener
        self._session = kind(epoch=hub.store.epoch, conn=random_id(), now=self._clock.monotonic())
        self._watches: dict[str, Watch] = {}
        self._wakes: dict[str, partial[None]] = {}
        self._feeds: dict[str, Feed] = {}
        self._unfeed: dict[str, Callable[[], None]] = {}
        self._requests: list[Request] = []
        self._dirty: dict[str, None] = {}
        self._wake = asyncio.Event()
        self._writing_since: float | None = None
        self._said = False  # anything since hello
        self._left = False
        self._idle = False  # the writer waits: nothing that it sends can be overtaken
        self._queued = False

    async def run(self) -> None:
        """Serve the connection to its end. Returns when it is closed; cancelling closes it without `bye`."""
        self._hub.enter(self)
        try:
            await self._send([orjson.dumps(self._session.hello(self._clock.wall()))])
            self._said = False
            if self._visit is not None:
                self._ask(self._session.receive(self._visit.subscribe, self._clock.monotonic()))
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
            self._drop((*self._watches, *self._feeds))

    def tick(self, now: float) -> None:
        """Once a second or so, from the node: pings, hints, the end of the silent and of the stalled."""
        if self._writing_since is not None and now - self._writing_since > WRITE_STALL:
            self._transport.abort()
            return
        if self._visit is not None and self._visit.late(now):
            self._wake.set()
        if not self._live:
            return
        self._ask(self._session.tick(now))
        for name, watch in self._watches.items():
            job = watch.topic.job
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
        if self._direct is None or not self._idle:
            self._wake.set()
        elif not self._queued:
            self._queued = True
            self._hub.pass_soon(self._write_now)

    # -- writing -----------------------------------------------------------------------------------------------

    def _write_now(self) -> None:
        """What is due and in memory, written in the hub's pass; the writer is woken only for what is not so simple."""
        self._queued = False
        if self._idle and not self._requests and self._direct is not None and self._direct.ready:
            due, laggards = self._due()
            self._said = self._said or bool(due)
            for message in frames.pack(due):
                self._direct.write_now(message)
            self._dirty.update(dict.fromkeys(laggards))
        if self._dirty or self._visit is not None:  # the end of a job may be the end of a visit
            self._wake.set()

    async def _write(self) -> None:
        try:
            while not self._left:
                await self._wait(self._next_due())
                self._wake.clear()
                await self._turn()
                await self._leave_if_over()
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
        self._idle = True
        try:
            if timeout is None:
                await self._wake.wait()
            elif timeout > 0:
                async with asyncio.timeout(timeout):
                    await self._wake.wait()
        except TimeoutError:
            pass
        finally:
            self._idle = False

    def _next_due(self) -> float | None:
        """Seconds until something that is held back may leave; None if nothing is."""
        until = None if self._visit is None else self._visit.until
        if not self._dirty and not self._feeds and until is None:
            return None
        now = self._clock.monotonic()
        waits = [self._watches[name].due_in(now) for name in self._dirty]
        waits += [feed.due_in(now) for feed in self._feeds.values() if feed.dirty]
        waits += [] if until is None else [until - now]
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
            if watched_id(name) is not None:
                seq = await self._watch(name, held, request)
                if seq is not None:
                    confirmed[name] = seq
            elif self._live:
                self._follow(name)
                confirmed[name] = 0
            else:
                await self._send([orjson.dumps(frames.problem("BAD_REQUEST", name, NO_FEEDS))])
        if self._live:
            await self._send([orjson.dumps(frames.subscribed(confirmed))])

    async def _watch(self, name: str, held: int, request: Subscribe) -> int | None:
        """Start or resume a watch and replay it; the seq it stands at, or None if it was refused."""
        self._drop([name], keep=True)
        job_id = watched_id(name) or ""
        wake = self._wakes[name] = partial(self._touch, name)
        topic = await self._hub.join(job_id, wake, batch=name.startswith("batch:"))
        if topic is None or topic.job is None:
            del self._wakes[name]
            self._dirty.pop(name, None)
            self._session.dropped(name)
            await self._send([orjson.dumps(frames.problem("NOT_FOUND", name))])
            return None
        seq, forget = self._session.resume(request.epoch, held, topic.job.seq)
        if forget:
            await self._send([orjson.dumps(frames.reset(job_id))])
        watch = Watch(topic, seq, request.pace)
        self._watches[name] = watch
        await self._catch_up(name, watch)
        return watch.seq

    def _follow(self, name: str) -> None:
        if name not in self._feeds:
            feed = self._feeds[name] = Feed(name, self._wake.set)
            self._unfeed[name] = self._hub.feed(feed.hear)

    def _drop(self, names: Iterable[str], *, keep: bool = False) -> None:
        """End subscriptions; with `keep` the session's count of them is left as it is."""
        for name in names:
            if name in self._watches:
                self._hub.part(self._watches.pop(name).topic, self._wakes.pop(name))
            if name in self._feeds:
                del self._feeds[name]
                self._unfeed.pop(name)()
            self._dirty.pop(name, None)
            if not keep:
                self._session.dropped(name)

    async def _flush(self) -> None:
        """Everything that may leave now, joined: what is due to one connection in one turn of the loop leaves in one write."""
        due, laggards = self._due()
        now = self._clock.monotonic()
        for feed in self._feeds.values():
            if feed.dirty and feed.due_in(now) <= 0:
                due += feed.flush(now)
        await self._send(due)
        for name in laggards:
            watch = self._watches[name]
            await self._catch_up(name, watch)
            if watch.topic.gone:
                self._drop([name])
                await self._send([orjson.dumps(frames.problem("NOT_FOUND", name))])

    def _due(self) -> tuple[list[bytes], list[str]]:
        """Frames of the dirty watches that may leave now, and the watches whose frames have to come from the log."""
        now = self._clock.monotonic()
        due: list[bytes] = []
        laggards: list[str] = []
        for name in tuple(self._dirty):
            watch = self._watches[name]
            if watch.due_in(now) > 0:
                continue
            del self._dirty[name]
            ready = watch.due(now)
            if ready is None or watch.topic.gone:
                laggards.append(name)
            else:
                due += ready
        return due, laggards

    async def _catch_up(self, name: str, watch: Watch) -> None:
        """Hand out what lies between the cursor and now, from the log as far as memory does not reach."""
        await watch.topic.refresh()
        goal = watch.topic.job.seq if watch.topic.job else 0
        while watch.seq < goal:
            now = self._clock.monotonic()
            due = watch.due(now)
            await self._send(await watch.due_from_log(now) if due is None else due)
        if watch.behind:  # it moved on meanwhile; others have waited long enough
            self._touch(name)

    async def _leave_if_over(self) -> None:
        if self._visit is not None and not self._left:
            done = not self._feeds and all(watch.finished for watch in self._watches.values())
            end = self._visit.end(self._clock.monotonic(), done=done, said=self._said)
            if end is not None:
                await self._close(end)

    async def _close(self, close: Close | Answered) -> None:
        self._left = True
        try:
            if isinstance(close, Close):
                await self._send([orjson.dumps(close.bye)])
            await self._transport.close(close.code)
        except TransportClosed:
            return

    async def _send(self, encoded: list[bytes]) -> None:
        for message in frames.pack(encoded):
            self._writing_since = self._clock.monotonic()
            await self._transport.send(message)
            self._writing_since = None
            self._said = True
