"""The asyncio client."""

import random
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import aclosing
from types import TracebackType
from typing import Any, Self

from ._async_wire import AsyncWire, answer_to, new_http
from ._bar import bar
from ._ladder import watching
from ._requests import Api, Query, Request, decoded, page, without_result
from ._session import Output, Problem, Session
from ._steps import Link
from ._watch import Watch
from .updates import Key, Update, outcome, settled


class AsyncJob:
    """A job on the server. Making one asks nothing and promises nothing: `id` may be unknown there."""

    def __init__(self, client: "AsyncClient", id: str) -> None:
        self.id = id
        self.client = client

    def __repr__(self) -> str:
        return f"<AsyncJob {self.id}>"

    def updates(self, pace: float | None = None, timeout: float | None = None) -> AsyncGenerator[Update, None]:
        """As `AsyncClient.watch`."""
        return self.client.watch(self.id, pace, timeout)

    async def wait(self, timeout: float | None = None, progress: bool = False) -> Any:
        """The result; raises `JobFailed`, `JobCancelled`, `NotFound`, or `WaitTimeout` after `timeout` seconds (the job
        goes on). `progress` shows a bar in terminals and notebooks. Safe to cancel."""
        results: dict[Key, Any] = {}
        with bar(self.id, shown=progress) as show:
            async with aclosing(self.updates(timeout=timeout)) as updates:
                async for update in updates:
                    show(update)
                    if update.key is not None:
                        results[update.key] = update.data
                    if update.is_end:
                        return outcome(update, results)
        raise AssertionError("a watch ends with an end or an error")

    async def cancel(self, reason: str | None = None) -> dict[str, Any]:
        """As `AsyncClient.cancel`."""
        return await self.client.cancel(self.id, reason)

    async def retry(self) -> "AsyncJob":
        """As `AsyncClient.retry`."""
        return await self.client.retry(self.id)

    async def status(self) -> dict[str, Any]:
        """The snapshot."""
        return await self.client.status(self.id)


class AsyncClient:
    """A Jindu server, from asyncio.

    `url` defaults to `JINDU_URL`, then to http://127.0.0.1:8765. Every call raises `Unavailable` when the server cannot be
    reached, and `ApiError` when it refuses. Use it as an async context manager, or call `close`.
    """

    def __init__(self, url: str | None = None, *, token: str | None = None) -> None:
        self._api = Api(url, token)
        self._http = new_http()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections. Watches that still run fail; jobs are not touched."""
        await self._http.aclose()

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
        key: str | None = None,
    ) -> AsyncJob:
        """As `submit`, with options: `priority` (seconds of head start), `delay` and `expires_in` in seconds; `key` makes
        repeats of this call give the same job."""
        tagged = None if tags is None else list(tags)
        options = {
            "priority": priority, "owner": owner, "tags": tagged, "delay": delay, "expires_in": expires_in, "key": key,
        }  # fmt: skip
        return self.job((await self._ask(self._api.submit(type, params, options)))["id"])

    def job(self, id: str) -> AsyncJob:
        """The handle of a job submitted before. Asks nothing."""
        return AsyncJob(self, id)

    async def status(self, id: str) -> dict[str, Any]:
        """The snapshot: state, stages, partial results, result or error. Raises `NotFound`."""
        return await self._ask(self._api.job(id))

    get = status

    async def result(self, id: str) -> Any:
        """The result of a completed job. Raises `NotEnded` while there is none, `JobFailed`, `JobCancelled`, `NotFound`."""
        response = await answer_to(self._http, self._api.result(id))
        return settled(await self.status(id)) if without_result(response) else decoded(response)

    async def list(self, **query: Query) -> AsyncIterator[dict[str, Any]]:
        """Jobs, newest first, page by page: `status`, `type`, `owner`, `tag`, `q`, `created_after`, `limit` (of a page)."""
        cursor: str | None = None
        while True:
            items, cursor = page(await answer_to(self._http, self._api.jobs(query, cursor)))
            for item in items:
                yield item
            if not cursor:
                return

    async def cancel(self, id: str, reason: str | None = None) -> dict[str, Any]:
        """Wish a job cancelled; the snapshot. Raises `ApiError` (409) if it ended otherwise. Repeating is harmless."""
        return await self._ask(self._api.cancel(id, reason))

    async def retry(self, id: str) -> AsyncJob:
        """The new job that tries a failed or cancelled one again; asking twice gives the same. Raises `ApiError` (409) for
        one that did not fail."""
        return self.job((await self._ask(self._api.retry(id)))["id"])

    async def why(self, id: str) -> dict[str, Any]:
        """Why it is not moving: `reasons`, each a `code` and a `text` in zh and en. Raises `NotFound`."""
        return await self._ask(self._api.why(id))

    async def delete(self, id: str) -> None:
        """Remove an ended job with all that belongs to it. Raises `ApiError` (409) while it has not ended."""
        decoded(await answer_to(self._http, self._api.delete(id)))

    async def error(self, id: str) -> dict[str, Any]:
        """For operators: the context of an error id, with its traceback. Raises `NotFound`, `AccessDenied`."""
        return await self._ask(self._api.error(id))

    async def errors(self, **query: Query) -> Sequence[dict[str, Any]]:
        """For operators: contexts of failed attempts, newest first: `job`, `code`, `limit`. Raises `AccessDenied`."""
        return page(await answer_to(self._http, self._api.errors(query)))[0]

    async def watch(
        self, id: str, pace: float | None = None, timeout: float | None = None, *, on_link: Callable[[Link], None] | None = None
    ) -> AsyncGenerator[Update, None]:
        """Every change from now to the end, partial results from the first; `pace`: at most so many a second (0.2 to 10).

        `on_link` is told how it is connected: "connecting", "live", "polling", "waiting".

        Survives lost connections and restarts of the server. Raises `NotFound`, `AccessDenied`, `WatchStopped`, or
        `WaitTimeout` after `timeout` seconds. Leaving early closes the connection and leaves the job alone.
        """
        async with aclosing(self._outputs(Session([id], pace=pace, token=self._api.token), timeout, on_link)) as outputs:
            async for output in outputs:
                if isinstance(output, Problem):
                    raise output.error
                yield output

    async def as_completed(self, jobs: Iterable[AsyncJob], timeout: float | None = None) -> AsyncGenerator[AsyncJob, None]:
        """Each job once, in the order in which they end, over one connection; `wait` then answers at once.

        A job that cannot be watched comes too: its `wait` raises why. Raises `WaitTimeout` after `timeout` seconds.
        """
        waiting = {job.id: job for job in jobs}
        session = Session(waiting, token=self._api.token)
        async with aclosing(self._outputs(session, timeout)) as outputs:
            async for output in outputs:
                if isinstance(output, Problem) or output.is_end:
                    yield waiting[output.job]

    def _outputs(
        self, session: Session, timeout: float | None, on_link: Callable[[Link], None] | None = None
    ) -> AsyncGenerator[Output, None]:
        watch = Watch(session, self._api, time.monotonic, random.Random())
        return AsyncWire(self._http, self._api, timeout, on_link).run(watching(watch))

    async def _ask(self, request: Request) -> dict[str, Any]:
        body: dict[str, Any] = decoded(await answer_to(self._http, request))
        return body
