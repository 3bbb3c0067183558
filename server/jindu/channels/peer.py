"""One connection, over any transport: what was asked, what is watched, what is due.

One task writes; what comes is heard as it comes, or by a second task where a transport cannot push. Whatever leaves, leaves
from the writer, so that order is the order of the code. The writer works through a dirty set; while a slow client blocks it,
newer states replace older ones and nothing piles up. With a `visit` the subscription is there from the start, and the visit
knows when the peer leaves by itself.
"""

import asyncio
import logging
from collections.abc import Iterable

import orjson

from ..core import frames
from ..core.admission import Admission
from ..core.ids import random_id
from ..core.session import Close, Request, Say, Session, Subscribe, Unsubscribe
from ..store.contract import StoreBusy, StoreError
from .hub import Hub
from .outlet import Outlet
from .pulling import first_of
from .replay import Replay
from .traffic import Link, Origin, Sent
from .transport import Transport, TransportClosed, pushing
from .visit import Answered, Listener, Visit
from .wake import Wake
from .watched import Watched

log = logging.getLogger("jindu.channels")

UNSERVED = 100  # requests of a client that asks faster than it reads; then it is not read further (one message may add 40)
AGAIN_AFTER = 0.5  # seconds until a store that was away is asked again


class Peer:
    """`admission`: the credentials that came with the connection, and who checks those that follow; without it all is open."""

    def __init__(
        self,
        hub: Hub,
        transport: Transport,
        visit: Visit | None = None,
        admission: Admission | None = None,
        origin: Origin | None = None,
    ) -> None:
        self._hub = hub
        self.origin = origin or Origin()
        self._since = hub.clock.wall()
        self._clock = hub.clock
        self._transport = transport
        self._pushes = pushing(transport)
        self._visit = visit
        self._live = visit is None or visit.live
        kind = Session if visit is None else Listener
        now = self._clock.monotonic()
        self._session = kind(epoch=hub.store.epoch, conn=random_id(), now=now, admission=admission, let_go=self._let_go)
        self._requests: list[Request] = []
        self._wake = Wake()
        self._taken = Wake()  # the writer took the requests that were there
        self._watched = Watched(hub, self._touch, self._rouse)
        self._out = Outlet(transport, hub.clock, self._session.ask, endless=visit is not None)
        self._replay = Replay(hub, self._session, self._watched, self._out, self._touch, live=self._live)
        self._stalled = False  # it took nothing for too long, and was dropped
        self._left = False
        self._gone = False  # the other end left first
        self._idle = False  # the writer waits: nothing that it sends can be overtaken
        self._queued = False
        self._touched_at = 0.0  # when the oldest of what the writer has to write was told, 0 if nothing was

    async def run(self) -> None:
        """Serve the connection to its end. Returns when it is closed; cancelling closes it without `bye`."""
        self._hub.enter(self)
        try:
            await self._out.send([orjson.dumps(self._session.hello(self._clock.wall()))])
            self._out.said = False
            if self._visit is not None:
                self._ask(self._session.receive(self._visit.subscribe, self._clock.monotonic()))
            if self._pushes is not None:
                self._pushes.heard_by(self._hear)
                self._hear()
                await self._write()
            else:
                await first_of(self._read(), self._write())
        except TransportClosed:
            pass
        finally:
            self._watched.close()
            self._hub.exit(self)
            if self._stalled or self._out.stalled:
                self._hub.observer.stalled()

    def tick(self, now: float) -> None:
        """Once a second or so, from the node: pings, hints, the end of the silent and of the stalled."""
        if self._out.stuck(now, self._hub.write_stall):
            self._transport.abort()
            self._stalled = True
            return
        over = self._session.review(self._clock.wall(), self._covered)
        if over is not None:
            self.leave(over)
        if self._visit is not None and self._visit.late(now):
            self._rouse()
        if not self._live:
            return
        if due := self._session.tick(now):
            self._ask(due)
        if hints := self._watched.hints(now):
            self._ask([Say(hint) for hint in hints])

    def _covered(self) -> bool:
        return self._watched.covered(self._session.admission)

    def _let_go(self) -> list[str]:
        """Watch no longer what has ended, as far as its end was handed out."""
        ended = [name for name, watch in self._watched.watches.items() if watch.finished]
        self._watched.drop(ended)
        return ended

    def leave(self, close: Close) -> None:
        self._ask([close])

    @property
    def sent(self) -> Sent:
        """What left over this connection so far."""
        return Sent(self._out.window.frames, self._out.window.bytes, self._watched.conflated)

    def link(self, now: float) -> Link:
        """This connection as it is now, for operators."""
        channels = len(self._watched.watches) + len(self._watched.feeds)
        return Link(self._session.conn, self.origin, self._since, self._out.lag(now), self.sent, channels)

    def anew(self) -> None:
        """Another history has begun: a second `hello` says so, and every cursor is 0."""
        self._session.epoch = self._hub.store.epoch
        self._watched.anew()
        self._ask([Say(self._session.hello(self._clock.wall()))])

    # -- reading -----------------------------------------------------------------------------------------------

    def _hear(self) -> None:
        """Take what has come, as much as is served of it."""
        try:
            while self._pushes and len(self._requests) < UNSERVED and (message := self._pushes.take()) is not None:
                self._receive(message)
        except TransportClosed:
            self._gone = True
            self._rouse()

    async def _read(self) -> None:
        try:
            while True:
                self._receive(await self._transport.receive())
                while len(self._requests) >= UNSERVED:
                    self._taken.clear()
                    await self._taken.wait()
        except TransportClosed:
            return

    def _receive(self, message: str | bytes) -> None:
        if self._out.heard():  # what was held back meanwhile may leave
            self._rouse()
        self._ask(self._session.receive(message, self._clock.monotonic()))

    def _ask(self, requests: Iterable[Request]) -> None:
        self._requests.extend(requests)
        if self._requests:
            self._rouse()

    def _rouse(self) -> None:
        """There is something for the writer, and until it has looked nothing leaves past it."""
        self._out.free = False
        self._wake.set()

    def _touch(self, name: str) -> None:
        """A watch has moved, and more is due than a state that the topic could hand over: it is joined behind the hub's pass
        with what else is due, or left to the writer."""
        watched, out = self._watched, self._out
        if not out.window.open and not ((watch := watched.watches.get(name)) and watch.final):
            watched.dirty[name] = None
            return
        watched.dirty[name] = None
        if out.direct is None or not self._idle:
            self._touched_at = self._touched_at or self._hub.now
            self._rouse()
        elif not self._queued:
            self._queued = True
            self._hub.pass_soon(self._write_now)

    # -- writing -----------------------------------------------------------------------------------------------

    def _write_now(self) -> None:
        """What is due and in memory, written in the hub's pass; the writer is woken only for what is not so simple."""
        self._queued = False
        if self._idle and not self._requests and self._out.ready:
            due, laggards = self._watched.due(self._clock.monotonic(), only_final=not self._out.window.open)
            for message in frames.pack(due):
                self._out.write_now(message)
            self._watched.dirty.update(dict.fromkeys(laggards))
        if self._watched.dirty or self._visit is not None:  # the end of a job may be the end of a visit
            self._rouse()

    async def _write(self) -> None:
        try:
            while not (self._left or self._gone):
                self._idle = True
                self._out.free = self._simple
                await self._wake.wait(self._next_due())
                self._idle = self._out.free = False
                self._wake.clear()
                await self._turn()
                await self._leave_if_over()
        except TransportClosed:
            return
        except StoreError as error:
            log.warning("connection %s: %s", self._session.conn, error)
            await self._close(Close(4103, "internal"))

    @property
    def _simple(self) -> bool:
        """Whether only one job is watched, of which nothing is due that this connection has not got."""
        watched = self._watched
        one = len(watched.watches) == 1 and not (watched.feeds or watched.dirty or self._requests)
        return one and self._visit is None and self._out.window.open and not self._wake.is_set

    async def _turn(self) -> None:
        requests, self._requests = self._requests, []
        self._taken.set()
        self._hear()
        self._out.join()
        for request in requests:
            if isinstance(request, Close):
                await self._close(request)
                return
            await self._serve(request)
        try:
            await self._flush()
            await self._out.part()
        except StoreBusy as error:  # away for a while: the cursors stand where they were sent to, so it is only later
            log.info("connection %s waits for the store: %s", self._session.conn, error)
            await self._out.part()
            await asyncio.sleep(AGAIN_AFTER)
            self._watched.all_dirty()
            self._rouse()

    def _next_due(self) -> float | None:
        """Seconds until something that is held back by time may leave; None if nothing is."""
        now = self._clock.monotonic()
        due_in, until = self._watched.due_in(now), None if self._visit is None else self._visit.until
        if not self._out.window.open:  # held back by the client, which is heard by the reader
            due_in = None
        if until is None:
            return due_in
        return until - now if due_in is None else min(due_in, until - now)

    async def _serve(self, request: Request) -> None:
        if isinstance(request, Say):
            frame = request.frame
            await self._out.send([frame if isinstance(frame, bytes) else orjson.dumps(frame)])
        elif isinstance(request, Unsubscribe):
            # The session stopped counting them when it read this; one asked for again since is counted already.
            self._watched.drop(request.channels)
        elif isinstance(request, Subscribe):
            await self._replay.subscribe(request)

    async def _flush(self) -> None:
        """Everything that may leave now, joined: what is due to one connection in one turn of the loop leaves in one write."""
        now = self._clock.monotonic()
        due, laggards = self._watched.due(now, only_final=not self._out.window.open)
        await self._out.send(due)
        if self._watched.feeds and self._out.window.open:
            await self._out.send_packed(self._watched.flushed(now))
        if due and self._touched_at:
            self._hub.observer.pushed(self._clock.monotonic() - self._touched_at)
        self._touched_at = 0.0
        for name in laggards:
            if (watch := self._watched.watches.get(name)) is None:  # let go of while another was read
                continue
            await self._replay.catch_up(name, watch)
            if watch.topic.gone:
                self._watched.drop([name])
                await self._replay.not_found(name)

    async def _leave_if_over(self) -> None:
        if self._visit is None or self._left:
            return
        if (end := self._visit.end(self._clock.monotonic(), done=self._watched.finished, said=self._out.said)) is not None:
            await self._close(end)

    async def _close(self, close: Close | Answered) -> None:
        self._left = True
        try:
            await self._out.part()
            if isinstance(close, Close):
                await self._out.send([orjson.dumps(close.bye)])
            await self._transport.close(close.code)
        except TransportClosed:
            return
