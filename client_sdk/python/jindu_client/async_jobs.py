"""Handles of the asyncio client: what was submitted, or is known by its id. Making one asks nothing."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from typing import Any, Literal, Protocol

from ._bar import Progress, bar
from .updates import Key, Update, outcome


class Watches(Protocol):
    """What a handle needs of its client."""

    lang: Literal["zh", "en"]

    def watch(self, id: str, pace: float | None = None, timeout: float | None = None) -> AsyncGenerator[Update, None]: ...

    def watch_batch(self, id: str, pace: float | None = None, timeout: float | None = None) -> AsyncGenerator[Update, None]: ...

    async def status(self, id: str) -> dict[str, Any]: ...

    async def result(self, id: str) -> Any: ...

    async def cancel(self, id: str, reason: str | None = None) -> dict[str, Any]: ...

    async def retry(self, id: str, *, from_start: bool = False) -> "AsyncJob": ...

    async def batch_status(self, id: str) -> dict[str, Any]: ...

    async def cancel_batch(self, id: str, reason: str | None = None) -> dict[str, Any]: ...


class _AsyncWatched:
    """What jobs and batches have in common."""

    def __init__(self, client: Watches, id: str, token: str | None = None) -> None:
        self.id = id
        self.client = client
        self.token = token

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.id}>"

    def updates(self, pace: float | None = None, timeout: float | None = None) -> AsyncGenerator[Update, None]:
        """Every change to the end; as `AsyncClient.watch`."""
        raise NotImplementedError

    async def wait(self, timeout: float | None = None, progress: Progress = False, pace: float | None = None) -> Any:
        """The result; raises `JobFailed`, `JobCancelled`, `NotFound`, or `WaitTimeout` after `timeout` seconds (the job
        goes on, and may be waited for again). Safe to cancel.

        `progress`: True for a bar in terminals and notebooks, "rich", "tqdm", or a callable that takes each `Update`.
        """
        results: dict[Key, Any] = {}
        with bar(self.id, progress, self.client.lang) as show:
            async with aclosing(self.updates(pace, timeout)) as updates:
                async for update in updates:
                    show(update)
                    if update.key is not None:
                        results[update.key] = update.data
                    if update.is_end:
                        return outcome(update, results, self.client.lang)
        raise AssertionError("a watch ends with an end or an error")


class AsyncJob(_AsyncWatched):
    """A job on the server; `id` may be unknown there.

    `token` lets whoever holds it watch this job, and nothing else; None if the job was not submitted here."""

    def updates(self, pace: float | None = None, timeout: float | None = None) -> AsyncGenerator[Update, None]:
        """As `AsyncClient.watch`."""
        return self.client.watch(self.id, pace, timeout)

    async def partials(self, timeout: float | None = None) -> AsyncGenerator[tuple[Key, Any], None]:
        """The partial results as (key, data), each once, as they come, to the end of the job; then raises as `wait`."""
        results: dict[Key, Any] = {}
        async with aclosing(self.updates(timeout=timeout)) as updates:
            async for update in updates:
                if update.key is not None:
                    results[update.key] = update.data
                    yield update.key, update.data
                if update.is_end:
                    outcome(update, results, self.client.lang)

    async def result(self) -> Any:
        """As `AsyncClient.result`: the result if there is one already."""
        return await self.client.result(self.id)

    async def status(self) -> dict[str, Any]:
        """The snapshot."""
        return await self.client.status(self.id)

    async def cancel(self, reason: str | None = None) -> dict[str, Any]:
        """As `AsyncClient.cancel`."""
        return await self.client.cancel(self.id, reason)

    async def retry(self, *, from_start: bool = False) -> "AsyncJob":
        """As `AsyncClient.retry`: the new job."""
        return await self.client.retry(self.id, from_start=from_start)


class AsyncBatch(_AsyncWatched):
    """Many jobs submitted at once, with their progress as one.

    `jobs` are in the order asked for, None where one was rejected; `rejected` says why, each `{index, error}`. Both are empty
    for a batch that is only known by its id.
    """

    def __init__(self, client: Watches, shown: Mapping[str, Any]) -> None:
        super().__init__(client, shown["id"], shown.get("token"))
        self.jobs: Sequence[AsyncJob | None] = [None if id is None else AsyncJob(client, id) for id in shown.get("jobs") or ()]
        self.rejected: Sequence[Mapping[str, Any]] = list(shown.get("rejected") or ())

    def updates(self, pace: float | None = None, timeout: float | None = None) -> AsyncGenerator[Update, None]:
        """As `AsyncClient.watch_batch`; `update.state["counts"]` says how many jobs there are of each status."""
        return self.client.watch_batch(self.id, pace, timeout)

    async def status(self) -> dict[str, Any]:
        """The batch as it stands."""
        return await self.client.batch_status(self.id)

    async def cancel(self, reason: str | None = None) -> dict[str, Any]:
        """Wish all its open jobs cancelled."""
        return await self.client.cancel_batch(self.id, reason)
