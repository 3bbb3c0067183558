"""The asyncio client."""

import random
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import aclosing
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ._async_operating import AsyncOperating
from ._async_wire import AsyncWire, answer_to, download, new_http
from ._bar import bar
from ._ladder import watching
from ._requests import LOOKS, Api, Query, Request, decoded, lines, page, succeeded, without_result
from ._session import Output, Problem, Session
from ._steps import Link
from ._watch import Watch
from .errors import Unavailable
from .updates import Key, Update, outcome, settled


class AsyncJob:
    """A job on the server. Making one asks nothing and promises nothing: `id` may be unknown there.

    `token` lets whoever holds it watch this job, and nothing else; None if the job was not submitted here."""

    def __init__(self, client: "AsyncClient", id: str, token: str | None = None) -> None:
        self.id = id
        self.client = client
        self.token = token

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


class AsyncClient(AsyncOperating):
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
        return self._made(await self._ask(self._api.submit(type, params, options)))

    def job(self, id: str) -> AsyncJob:
        """The handle of a job submitted before. Asks nothing."""
        return AsyncJob(self, id)

    def _made(self, snapshot: Mapping[str, Any]) -> AsyncJob:
        return AsyncJob(self, snapshot["id"], snapshot.get("token"))

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
        return self._made(await self._ask(self._api.retry(id)))

    async def why(self, id: str) -> dict[str, Any]:
        """Why it is not moving: `reasons`, each a `code` and a `text` in zh and en. Raises `NotFound`."""
        return await self._ask(self._api.why(id))

    async def list_keys(self) -> Sequence[dict[str, Any]]:
        """Every API key that was ever made, revoked ones too, without their secrets. For operators, as the next three."""
        found: Sequence[dict[str, Any]] = (await self._ask(self._api.keys()))["items"]
        return found

    async def create_key(
        self, name: str, scopes: Iterable[str], *, owner: str | None = None, expires_in: float | None = None
    ) -> dict[str, Any]:
        """A new key: its text is in `key`, now and never again. `expires_in` is seconds; an `owner`'s key knows the owner's
        jobs only. The first key that is made ends the time in which the server asked for none."""
        wished = {"name": name, "scopes": list(scopes), "owner": owner, "expires_in": expires_in}
        return await self._ask(self._api.create_key(wished))

    async def revoke_key(self, id: str) -> None:
        """End a key, and the connections that live by it. Raises `NotFound`."""
        decoded(await answer_to(self._http, self._api.revoke_key(id)))

    async def rotate_keys(self) -> None:
        """Sign tokens with a new secret; those of the secret before stay good, older ones do not."""
        decoded(await answer_to(self._http, self._api.rotate_keys()))

    async def create_token(
        self,
        *,
        job: str | None = None,
        batch: str | None = None,
        owner: str | None = None,
        cancel: bool = False,
        ttl: float | None = None,
    ) -> dict[str, Any]:
        """A capability to hand on: `token` lets its holder watch (and `cancel`) one job, one batch, or all that is an owner's,
        for `ttl` seconds. Raises `NotFound`, and `AccessDenied` for more than one has oneself."""
        wished = {"job": job, "batch": batch, "owner": owner, "scope": "watch cancel" if cancel else "watch", "ttl": ttl}
        return await self._ask(self._api.create_token(wished))

    async def create_ticket(self, channels: Iterable[str]) -> dict[str, Any]:
        """A `ticket` for `?ticket=`, good for a minute, for these channels ("job:ID"): for what cannot send a header."""
        return await self._ask(self._api.create_ticket(channels))

    async def backup(self, target: Path) -> None:
        """Fetch a backup of the server's store into a new file, while work goes on. Raises `AccessDenied`, `OSError`."""
        succeeded(await download(self._http, self._api.backup(), target))

    async def delete(self, id: str) -> None:
        """Remove an ended job with all that belongs to it. Raises `ApiError` (409) while it has not ended."""
        decoded(await answer_to(self._http, self._api.delete(id)))

    async def log(self, id: str, *, follow: bool = False) -> AsyncIterator[dict[str, Any]]:
        """The lines that the job logged, in order: each a mapping with `seq`, `at` (RFC 3339) and `line`.

        With `follow` those to come too, until the job has ended; lost connections and restarts of the server are waited out
        as by `watch`. Raises `NotFound`.
        """
        if not follow:
            for line in await self._lines(id, 0):
                yield line
            return
        after = 0
        # A line moves the job's seq as every change does, so the watch tells when to look.
        async with aclosing(self.watch(id, pace=LOOKS)) as updates:
            async for update in updates:
                try:
                    found = await self._lines(id, after)
                except Unavailable:
                    if update.is_end:
                        raise  # no further update will make us look again
                    continue
                for line in found:
                    after = line["seq"]
                    yield line

    async def cleanup(self, older_than: float | str, status: str | None = None) -> int:
        """Remove all jobs (of one status: completed, failed, cancelled) that ended at least `older_than` ago, in seconds or as
        "7d"; how many there were. For operators."""
        removed: int = (await self._ask(self._api.cleanup(older_than, status)))["removed"]
        return removed

    async def types(self) -> Sequence[dict[str, Any]]:
        """The job types of the server by name: schema of the parameters, stages, limits, counts, whether paused."""
        items: Sequence[dict[str, Any]] = (await self._ask(self._api.types()))["items"]
        return items

    async def pause(self, type: str) -> dict[str, Any]:
        """Start nothing of this type until `resume`, or the server's next start; what runs goes on. The type. For operators."""
        return await self._ask(self._api.pause(type))

    async def resume(self, type: str) -> dict[str, Any]:
        """End a `pause`; the type. Repeating is harmless. Raises `NotFound` for a type that is not there."""
        return await self._ask(self._api.resume(type))

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

    async def _lines(self, id: str, after: int | None) -> Sequence[dict[str, Any]]:
        found: Sequence[dict[str, Any]] = []
        while after is not None:
            items, after = lines(await answer_to(self._http, self._api.log(id, after)))
            found = [*found, *items]
        return found

    def _outputs(
        self, session: Session, timeout: float | None, on_link: Callable[[Link], None] | None = None
    ) -> AsyncGenerator[Output, None]:
        watch = Watch(session, self._api, time.monotonic, random.Random())  # spreads waiting; no secret # nosec B311
        return AsyncWire(self._http, self._api, timeout, on_link).run(watching(watch))

    async def _tell(self, request: Request) -> None:
        decoded(await answer_to(self._http, request))

    async def _ask(self, request: Request) -> dict[str, Any]:
        body: dict[str, Any] = decoded(await answer_to(self._http, request))
        return body
