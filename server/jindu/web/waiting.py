"""A request that is held until its job has moved: woken by the job's topic as a socket is, never by asking the store."""

import asyncio
from collections.abc import Callable

from ..channels.topic import Topic
from ..core.job import Job
from ..core.session import Close
from ..node import Node


class Waiting:
    """To the hub a connection like others: when the node drains it is sent away, and answers with what there is."""

    def __init__(self) -> None:
        self._moved = asyncio.Event()
        self._sent_away = False

    def tick(self, now: float) -> None:
        """Nothing is due by time."""

    def leave(self, close: Close) -> None:
        self._sent_away = True
        self._moved.set()

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


async def until(node: Node, job_id: str, seconds: float, enough: Callable[[Job], bool], *, batch: bool = False) -> None:
    """Return when the job (or `batch`) is `enough`, is gone or unknown, the node drains, or `seconds` have passed. The caller
    reads it afterwards: what woke us is committed. Safe to cancel."""
    waiting = Waiting()
    topic = await node.hub.join(job_id, waiting.wake, batch=batch)
    if topic is None:
        return
    node.hub.enter(waiting)
    try:
        async with asyncio.timeout(seconds):
            await waiting.watch(topic, enough)
    except TimeoutError:
        return
    finally:
        node.hub.exit(waiting)
        node.hub.part(topic, waiting.wake)
