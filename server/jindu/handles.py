"""A job as the code that submitted it holds it, in the same process."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from .channels.watch import Watch
from .core.access import Scope
from .core.codec import decode_own, encode
from .core.durations import Duration, seconds
from .core.errors import JobError
from .core.shown import Snapshot
from .core.snapshot import snapshot

if TYPE_CHECKING:
    from .node import Node

R = TypeVar("R")


class NotOpen(RuntimeError):
    """The app was used before it was opened; the text says how to open it."""


@dataclass(frozen=True, slots=True)
class Update:
    """One frame about a job: ``kind`` is progress, result, complete or error; ``frame`` is all of it."""

    kind: str
    seq: int
    frame: dict[str, Any]

    @property
    def state(self) -> dict[str, Any]:
        """Status, stage, progress and the rest; empty for a partial result that is not the newest change."""
        return self.frame.get("state") or {}

    @property
    def key(self) -> str | int | None:
        """Of a partial result."""
        return self.frame.get("key")

    @property
    def data(self) -> Any:
        """Of a partial result."""
        return self.frame.get("data")


class Handle(Generic[R]):
    """A submitted job; R is what its function returns."""

    def __init__(self, node: "Node", job_id: str) -> None:
        self._node = node
        self.id = job_id

    async def updates(self) -> AsyncIterator[Update]:
        """What has happened to the job and what will, to its end: each partial result once, overtaken states are skipped."""
        moved = asyncio.Event()
        wake = moved.set
        topic = await self._node.hub.join(self.id, wake)
        if topic is None:
            return
        watch = Watch(topic, 0, None)
        self._node.watchers.add(wake)
        try:
            while not watch.ended and not topic.gone:
                if self._node.closed:
                    raise NotOpen("the app was closed before the job ended; it goes on when the app is opened again")
                moved.clear()
                now = self._node.clock.monotonic()
                due = watch.due(now)
                for frame in await watch.due_from_log(now) if due is None else due:
                    update = decode_own(frame)
                    yield Update(update["type"], update["seq"], update)
                if not (watch.ended or watch.behind or topic.stale or topic.gone):
                    await moved.wait()
        finally:
            self._node.watchers.discard(wake)
            self._node.hub.part(topic, wake)

    async def wait(self, timeout: float | None = None) -> R:
        """The result. Raises `JobError` with the code the job ended with, `TimeoutError` after `timeout` seconds (which
        does not cancel the job)."""
        async with asyncio.timeout(timeout):
            async for _ in self.updates():
                pass
        record = await self._node.jobs.read(self.id)
        if record.job.error is not None:
            raise JobError(record.job.error["code"], retry_after=record.job.error["retry_after"])
        result: R = decode_own(record.result or b"null")
        return result

    async def status(self) -> Snapshot:
        """The snapshot as `GET /v1/jobs/{id}` shows it, with params, partial results and result. Raises `UnknownJob`."""
        node = self._node
        record = await node.jobs.read(self.id)
        job = record.job
        kept = [(k.seq, k.key, k.data) for k in await node.jobs.results(job.id) if k.seq <= job.seq] if job.results else []
        retried_by = (await node.jobs.retried([job])).get(job.id)
        shown = snapshot(job, record.result, kept, node.store.epoch, node.clock.wall(), retried_by)
        node.consistency.check_against(shown, job)
        return cast(Snapshot, decode_own(encode(shown)))

    async def retry(self, *, from_start: bool = False) -> "Handle[R]":
        """A new job of this one, which failed or was cancelled, over its committed steps unless `from_start`; asked again, the
        same. Raises `NotRetryable`."""
        job, _ = await self._node.jobs.retry(self.id, from_start=from_start)
        return Handle(self._node, job.id)

    async def delete(self) -> None:
        """Remove it with all that is its own. Raises `NotEnded` while it is open."""
        await self._node.jobs.remove(self.id)

    async def cancel(self, reason: str | None = None) -> None:
        """Ask for its end. Raises `AlreadyEnded` when it completed or failed."""
        await self._node.jobs.cancel(self.id, reason)

    def token(self, *, cancel: bool = False, ttl: Duration | None = None) -> str:
        """A capability to hand on, say to a browser: it lets its holder watch this job, and with `cancel` cancel it, for
        `ttl`, or without one while the job is kept."""
        scopes = (Scope.WATCH, Scope.CANCEL) if cancel else (Scope.WATCH,)
        expires_at = None if ttl is None else self._node.clock.wall() + seconds(ttl)
        return self._node.keyring.token(f"job:{self.id}", scopes, expires_at)
