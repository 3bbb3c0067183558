"""The bus between nodes: hints over Redis pub/sub, of which any may be lost (RELIABILITY trap 10).

A message names a job and a seq and says: read. Nobody is told more, so nobody believes more. Here, in the process that
committed, listeners hear at once and whole, as on the local bus.

Channels: `{jS}:hint:ID` for who watches a job, `{j}:feed` for who watches all, `{j}:work` when something may be claimed,
`{j}:node:BOOT` for the node that holds the job. In a cluster any server takes a message and passes it on to all others;
not all versions of the client library that we serve with can hear sharded channels on an event loop.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from redis import exceptions

from ..core.ids import home_of, random_id
from ..core.states import HELD, Kind
from .contract import Listener, Notice
from .doors import Doors
from .local import LocalBus

log = logging.getLogger("jindu.bus")

FEED, WORK = "{j}:feed", "{j}:work"
WAKING = frozenset({Kind.SUBMIT, Kind.RETRY, Kind.HAND_BACK, Kind.LOST, Kind.CHANGE, Kind.CANCEL, Kind.FAIL, Kind.RETURN})
AGAIN_AFTER = 0.5  # seconds between two tries to reach Redis
TOLD_AT_ONCE = 1_000  # hints in one pipeline
WAITING = 20_000  # hints that wait while Redis is slow or away; then the oldest go
LISTEN = 1.0  # seconds that one look at the line takes


class RedisBus:
    def __init__(self, url: str) -> None:
        self._here = LocalBus()
        self._name = random_id()  # what comes back of our own is known already
        self._boot = ""
        self._wake_work: Callable[[], None] | None = None
        self._watched: Counter[str] = Counter()  # channels
        self._waiting: list[tuple[str, str]] = []
        self._something = asyncio.Event()
        self._changed = asyncio.Event()
        self._closed = False
        self._doors = Doors(url)

    # -- telling -----------------------------------------------------------------------------------------------

    def publish(self, notice: Notice) -> None:
        self._here.publish(notice)
        if notice.event is None and notice.seq:  # a hint that came from elsewhere, or of what was read
            return
        text = f"{self._name} {notice.seq} {notice.id}"
        self._waiting += [(_channel(notice.id), text), (FEED, text)]
        job, event = notice.job, notice.event
        if event is not None and event.kind in WAKING:
            self._waiting.append((WORK, text))
        if job is not None and job.phase in HELD and job.holder not in (None, self._boot):
            self._waiting.append((f"{{j}}:node:{job.holder}", text))
        if len(self._waiting) > WAITING:
            del self._waiting[: WAITING // 2]
        self._something.set()

    def listen(self, listener: Listener, *, progress: bool = True) -> Callable[[], None]:
        return self._here.listen(listener, progress=progress)

    async def _tell(self) -> None:
        while not self._closed:
            await self._something.wait()
            self._something.clear()
            while self._waiting:
                told, self._waiting = self._waiting[:TOLD_AT_ONCE], self._waiting[TOLD_AT_ONCE:]
                client = self._doors.client
                try:
                    pipe = client.pipeline(transaction=False)
                    for channel, text in told:
                        pipe.publish(channel, text)
                    await pipe.execute()
                except (exceptions.RedisError, OSError) as error:  # they were only hints
                    log.debug("%d hints were not told: %s", len(told), error)
                    self._doors.broke(client)
                    await asyncio.sleep(AGAIN_AFTER)

    # -- hearing -----------------------------------------------------------------------------------------------

    def watch(self, job_id: str | None) -> Callable[[], None]:
        channel = FEED if job_id is None else _channel(job_id)
        self._watched[channel] += 1
        self._changed.set()
        done = False

        def stop() -> None:
            nonlocal done
            if not done:
                done = True
                self._watched[channel] -= 1
                self._changed.set()

        return stop

    def at_work(self, boot: str, wake: Callable[[], None]) -> None:
        self._boot, self._wake_work = boot, wake
        self._watched[WORK] += 1
        self._watched[f"{{j}}:node:{boot}"] += 1
        self._changed.set()

    async def _hear(self) -> None:
        while not self._closed:
            client = self._doors.client
            pubsub = client.pubsub()
            following: asyncio.Future[None] | None = None
            try:
                await self._doors.learn()
                await pubsub.subscribe("{j}:bus")  # a line that is subscribed to nothing cannot be read
                following = asyncio.ensure_future(self._follow(pubsub))
                while not self._closed and not following.done():
                    if (message := await pubsub.get_message(timeout=LISTEN)) is not None:
                        self._heard(message)
            except (exceptions.RedisError, OSError) as error:
                log.debug("no hints for now: %s", error)
                self._doors.broke(client)
            finally:
                if following is not None:
                    following.cancel()
                    await asyncio.wait([following])
                with suppress(exceptions.RedisError, OSError):
                    await pubsub.aclose()
            if not self._closed:
                await asyncio.sleep(AGAIN_AFTER)

    async def _follow(self, pubsub: Any) -> None:
        """Subscribe to what is watched, and to nothing else, while the line lasts."""
        subscribed: set[str] = set()
        with suppress(exceptions.RedisError, OSError):  # `_hear` begins anew
            while True:
                self._changed.clear()
                wanted = {channel for channel, number in self._watched.items() if number > 0}
                self._watched = Counter({channel: self._watched[channel] for channel in wanted})
                if new := wanted - subscribed:
                    await pubsub.subscribe(*new)
                if old := subscribed - wanted:
                    await pubsub.unsubscribe(*old)
                subscribed = wanted
                await self._changed.wait()

    def _heard(self, message: dict[str, Any]) -> None:
        channel = message["channel"].decode()
        if message["type"] == "subscribe":
            if ":hint:" in channel:  # what was read before this moment may be old
                self._here.publish(Notice(channel.partition(":hint:")[2], 1))
        elif message["type"] == "message":
            name, seq, job_id = message["data"].decode().split(" ", 2)
            if name == self._name:
                return
            if channel != WORK:
                self._here.publish(Notice(job_id, int(seq)))
            elif self._wake_work is not None:
                self._wake_work()

    # -- the task ----------------------------------------------------------------------------------------------

    async def run(self) -> None:
        telling = asyncio.ensure_future(self._tell())
        try:
            await self._hear()
        finally:
            self._something.set()
            await telling
            await self._doors.close()

    async def close(self) -> None:
        self._closed = True
        self._something.set()
        self._changed.set()


def _channel(job_id: str) -> str:
    return f"{{j{home_of(job_id)}}}:hint:{job_id}"
