"""A request that is held until its job has moved: woken by the job's topic as a socket is, never by asking the store."""

import asyncio
from collections.abc import Callable

from ..channels.topic import Topic
from ..channels.traffic import Link, Origin, Sent
from ..core.admission import Admission
from ..core.clock import Clock
from ..core.ids import random_id
from ..core.job import Job
from ..core.session import Close
from ..node import Node
from .light import Gate


class Waiting:
    """To the hub a connection like others: when the node drains it is sent away, and answers with what there is; when its
    credential is over it waits no longer."""

    origin = Origin("longpoll")

    def __init__(self, admission: Admission, clock: Clock) -> None:
        self.sent = Sent()
        self._id = random_id()
        self._admission = admission
        self._clock = clock
        self._since = clock.wall()
        self._moved = Gate()
        self._sent_away = False

    @property
    def let_in(self) -> bool:
        """Whether the credential that it came with is still good."""
        self._admission.drop_revoked()
        self._admission.drop_expired(self._clock.wall())
        return not self._admission.needed

    def tick(self, now: float) -> None:
        if not self.let_in:
            self._sent_away = True
            self._moved.set()

    def leave(self, close: Close) -> None:
        self._sent_away = True
        self._moved.set()

    def link(self, now: float) -> Link:
        return Link(self._id, self.origin, self._since, 0.0, self.sent, 1)

    def anew(self) -> None:
        self._moved.set()

    def wake(self) -> None:
        self._moved.set()

    async def watch(self, topic: Topic, enough: Callable[[Job], bool]) -> None:
        while not (topic.gone or self._sent_away):
            self._moved.clear()
            await topic.refresh()
            if topic.job is not None and enough(topic.job):
                return
            if not topic.stale:
                await self._moved.wait()


async def until(
    node: Node, job_id: str, seconds: float, enough: Callable[[Job], bool], admission: Admission, *, batch: bool = False
) -> bool:
    """Return when the job (or `batch`) is `enough`, is gone or unknown, the node drains, or `seconds` have passed; False if
    what let the asker in is revoked or over. The caller reads the job afterwards: what woke us is committed. Safe to cancel."""
    waiting = Waiting(admission, node.clock)
    topic = await node.hub.join(job_id, waiting.wake, batch=batch)
    if topic is None:
        return True
    node.hub.enter(waiting)
    try:
        async with asyncio.timeout(seconds):
            await waiting.watch(topic, enough)
    except TimeoutError:
        pass
    finally:
        node.hub.exit(waiting)
        node.hub.part(topic, waiting.wake)
    return waiting.let_in
