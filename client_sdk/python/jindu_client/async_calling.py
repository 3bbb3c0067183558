"""The calls about jobs and batches, for the asyncio client: all but watching."""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from typing import Any, TypeVar

from . import _calls as calls
from ._requests import Call, Query
from .async_jobs import AsyncBatch, AsyncJob, Watches
from .updates import settled

T = TypeVar("T")


class AsyncCalling(Watches):
    """Part of `AsyncClient`."""

    async def _do(self, call: Call[T]) -> T:
        raise NotImplementedError

    async def submit(self, type: str, /, **params: Any) -> AsyncJob:
        """A new job; raises `InvalidParams` with a pointer for each wrong field, `NotFound` for an unknown type."""
        return await self.submit_with(type, params)

    async def submit_with(
        self,
        type: str,
        params: Mapping[str, Any],
        *,
        priority: int | None = None,
        owner: str | None = None,
        tags: Iterable[str] | None = None,
        delay: float | None = None,
        expires_in: float | None = None,
        webhook: Mapping[str, Any] | str | None = None,
        key: str | None = None,
        id: str | None = None,
    ) -> AsyncJob:
        """As `submit`, with options: `priority` (seconds of head start), `delay` and `expires_in` in seconds; `key` makes
        repeats of this call give the same job, as does an `id` of your own (16 to 64 of A-Z, a-z, 0-9, _ and -)."""
        wished = {
            "priority": priority, "owner": owner, "tags": None if tags is None else [*tags], "delay": delay,
            "expires_in": expires_in, "webhook": webhook,
        }  # fmt: skip
        return self._made(await self._do(calls.submit(type, params, wished, key, id)))

    async def submit_many(
        self, jobs: Iterable[Mapping[str, Any]], *, atomic: bool = False, owner: str | None = None, key: str | None = None
    ) -> AsyncBatch:
        """Up to 1,000 jobs at once, each `{"type", "params", …}` as `POST /v1/jobs` takes it: those that are right are accepted
        in one transaction, the others are in `rejected`. With `atomic` one that is wrong refuses all (`InvalidParams`)."""
        wished = {"atomic": atomic or None, "owner": owner}
        return AsyncBatch(self, await self._do(calls.submit_many(jobs, wished, key)))

    def job(self, id: str) -> AsyncJob:
        """The handle of a job submitted before. Asks nothing."""
        return AsyncJob(self, id)

    def batch(self, id: str) -> AsyncBatch:
        """The handle of a batch submitted before, without its jobs. Asks nothing."""
        return AsyncBatch(self, {"id": id})

    async def status(self, id: str) -> dict[str, Any]:
        """The snapshot: state, stages, partial results, result or error. Raises `NotFound`."""
        return await self._do(calls.status(id))

    get = status

    async def batch_status(self, id: str) -> dict[str, Any]:
        """A batch with its counts, and the ids of its jobs. Raises `NotFound`."""
        return await self._do(calls.batch(id))

    async def result(self, id: str) -> Any:
        """The result of a completed job. Raises `NotEnded` while there is none, `JobFailed`, `JobCancelled`, `NotFound`."""
        there, value = await self._do(calls.result(id))
        return value if there else settled(await self.status(id), self.lang)

    async def list(self, **query: Query) -> AsyncIterator[dict[str, Any]]:
        """Jobs, newest first, page by page: `status`, `type`, `owner`, `tag`, `q`, `batch`, `created_after`, `limit` (of a
        page)."""
        async for item in self._pages(calls.jobs, query):
            yield item

    async def batches(self, **query: Query) -> AsyncIterator[dict[str, Any]]:
        """Batches, newest first, as jobs are listed."""
        async for item in self._pages(calls.batches, query):
            yield item

    async def cancel(self, id: str, reason: str | None = None) -> dict[str, Any]:
        """Wish a job cancelled; the snapshot. Raises `Conflict` if it ended otherwise. Repeating is harmless."""
        return await self._do(calls.cancel(id, reason))

    async def cancel_batch(self, id: str, reason: str | None = None) -> dict[str, Any]:
        """Wish all open jobs of a batch cancelled; the batch. Raises `Conflict` if it ended otherwise."""
        return await self._do(calls.cancel_batch(id, reason))

    async def retry(self, id: str, *, from_start: bool = False) -> AsyncJob:
        """The new job that tries a failed or cancelled one again, `from_start` or from its last committed step; asking twice
        gives the same. Raises `Conflict` for one that did not fail."""
        return self._made(await self._do(calls.retry(id, from_start=from_start)))

    async def change(self, id: str, *, priority: int | None = None, tags: Iterable[str] | None = None) -> dict[str, Any]:
        """Another priority or other tags for a job that has not ended; the snapshot. Raises `Conflict` for one that has."""
        return await self._do(calls.change(id, {"priority": priority, "tags": None if tags is None else [*tags]}))

    async def why(self, id: str) -> dict[str, Any]:
        """Why it is not moving: `reasons`, each a `code` and a `text` in zh and en. Raises `NotFound`."""
        return await self._do(calls.why(id))

    async def delete(self, id: str) -> None:
        """Remove an ended job with all that belongs to it. Raises `Conflict` while it has not ended."""
        await self._do(calls.delete(id))

    async def events(self, id: str) -> AsyncIterator[dict[str, Any]]:
        """Every kept event of a job, in order. Raises `NotFound`."""
        async for entry in self._entries(calls.events, id, 0):
            yield entry

    async def _pages(self, ask: Callable[..., Call[calls.Page]], query: Mapping[str, Query]) -> AsyncIterator[dict[str, Any]]:
        cursor: str | None = None
        while True:
            items, cursor = await self._do(ask(query, cursor))
            for item in items:
                yield item
            if not cursor:
                return

    async def _entries(
        self, ask: Callable[[str, int], Call[calls.Lines]], id: str, after: int
    ) -> AsyncIterator[dict[str, Any]]:
        place: int | None = after
        while place is not None:
            items, place = await self._do(ask(id, place))
            for item in items:
                yield item

    def _made(self, snapshot: Mapping[str, Any]) -> AsyncJob:
        return AsyncJob(self, snapshot["id"], snapshot.get("token"))
