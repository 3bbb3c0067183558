"""The blocking client. No event loop inside: it works in notebooks, threads and callbacks."""

import random
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from types import TracebackType
from typing import Any, Self

from ._bar import bar
from ._ladder import watching
from ._requests import Api, Query, Request, decoded, page, without_result
from ._session import Output, Problem, Session
from ._steps import Link
from ._sync_wire import SyncWire, answer_to, new_http
from ._watch import Watch
from .updates import Key, Update, outcome, settled


class Job:
    """A job on the server. Making one asks nothing and promises nothing: `id` may be unknown there."""

    def __init__(self, client: "Client", id: str) -> None:
        self.id = id
        self.client = client

    def __repr__(self) -> str:
        return f"<Job {self.id}>"

    def updates(self, pace: float | None = None, timeout: float | None = None) -> Generator[Update, None, None]:
        """As `Client.watch`."""
        return self.client.watch(self.id, pace, timeout)

    def wait(self, timeout: float | None = None, progress: bool = False) -> Any:
        """The result; raises `JobFailed`, `JobCancelled`, `NotFound`, or `WaitTimeout` after `timeout` seconds (the job
        goes on). `progress` shows a bar in terminals and notebooks."""
        results: dict[Key, Any] = {}
        with bar(self.id, shown=progress) as show:
            with closing(self.updates(timeout=timeout)) as updates:
                for update in updates:
                    show(update)
                    if update.key is not None:
                        results[update.key] = update.data
                    if update.is_end:
                        return outcome(update, results)
        raise AssertionError("a watch ends with an end or an error")

    def cancel(self, reason: str | None = None) -> dict[str, Any]:
        """As `Client.cancel`."""
        return self.client.cancel(self.id, reason)

    def retry(self) -> "Job":
        """As `Client.retry`."""
        return self.client.retry(self.id)

    def status(self) -> dict[str, Any]:
        """The snapshot."""
        return self.client.status(self.id)


class Client:
    """A Jindu server.

    `url` defaults to `JINDU_URL`, then to http://127.0.0.1:8765. Every call raises `Unavailable` when the server cannot be
    reached, and `ApiError` when it refuses. Use it as a context manager, or call `close`.
    """

    def __init__(self, url: str | None = None, *, token: str | None = None) -> None:
        self._api = Api(url, token)
        self._http = new_http()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections. Watches that still run fail; jobs are not touched."""
        self._http.close()

    def submit(self, type: str, /, **params: Any) -> Job:
        """A new job; raises `InvalidParams` with a pointer for each wrong field, `NotFound` for an unknown type."""
        return self.submit_with(type, params)

    def submit_with(
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
    ) -> Job:
        """As `submit`, with options: `priority` (seconds of head start), `delay` and `expires_in` in seconds; `key` makes
        repeats of this call give the same job."""
        tagged = None if tags is None else list(tags)
        options = {
            "priority": priority, "owner": owner, "tags": tagged, "delay": delay, "expires_in": expires_in, "key": key,
        }  # fmt: skip
        return self.job((self._ask(self._api.submit(type, params, options)))["id"])

    def job(self, id: str) -> Job:
        """The handle of a job submitted before. Asks nothing."""
        return Job(self, id)

    def status(self, id: str) -> dict[str, Any]:
        """The snapshot: state, stages, partial results, result or error. Raises `NotFound`."""
        return self._ask(self._api.job(id))

    get = status

    def result(self, id: str) -> Any:
        """The result of a completed job. Raises `NotEnded` while there is none, `JobFailed`, `JobCancelled`, `NotFound`."""
        response = answer_to(self._http, self._api.result(id))
        return settled(self.status(id)) if without_result(response) else decoded(response)

    def list(self, **query: Query) -> Iterator[dict[str, Any]]:
        """Jobs, newest first, page by page: `status`, `type`, `owner`, `tag`, `q`, `created_after`, `limit` (of a page)."""
        cursor: str | None = None
        while True:
            items, cursor = page(answer_to(self._http, self._api.jobs(query, cursor)))
            yield from items
            if not cursor:
                return

    def cancel(self, id: str, reason: str | None = None) -> dict[str, Any]:
        """Wish a job cancelled; the snapshot. Raises `ApiError` (409) if it ended otherwise. Repeating is harmless."""
        return self._ask(self._api.cancel(id, reason))

    def retry(self, id: str) -> Job:
        """The new job that tries a failed or cancelled one again; asking twice gives the same. Raises `ApiError` (409) for
        one that did not fail."""
        return self.job((self._ask(self._api.retry(id)))["id"])

    def why(self, id: str) -> dict[str, Any]:
        """Why it is not moving: `reasons`, each a `code` and a `text` in zh and en. Raises `NotFound`."""
        return self._ask(self._api.why(id))

    def delete(self, id: str) -> None:
        """Remove an ended job with all that belongs to it. Raises `ApiError` (409) while it has not ended."""
        decoded(answer_to(self._http, self._api.delete(id)))

    def error(self, id: str) -> dict[str, Any]:
        """For operators: the context of an error id, with its traceback. Raises `NotFound`, `AccessDenied`."""
        return self._ask(self._api.error(id))

    def errors(self, **query: Query) -> Sequence[dict[str, Any]]:
        """For operators: contexts of failed attempts, newest first: `job`, `code`, `limit`. Raises `AccessDenied`."""
        return page(answer_to(self._http, self._api.errors(query)))[0]

    def watch(
        self, id: str, pace: float | None = None, timeout: float | None = None, *, on_link: Callable[[Link], None] | None = None
    ) -> Generator[Update, None, None]:
        """Every change from now to the end, partial results from the first; `pace`: at most so many a second (0.2 to 10).

        `on_link` is told how it is connected: "connecting", "live", "polling", "waiting".

        Survives lost connections and restarts of the server. Raises `NotFound`, `AccessDenied`, `WatchStopped`, or
        `WaitTimeout` after `timeout` seconds. Leaving early closes the connection and leaves the job alone.
        """
        with closing(self._outputs(Session([id], pace=pace, token=self._api.token), timeout, on_link)) as outputs:
            for output in outputs:
                if isinstance(output, Problem):
                    raise output.error
                yield output

    def as_completed(self, jobs: Iterable[Job], timeout: float | None = None) -> Generator[Job, None, None]:
        """Each job once, in the order in which they end, over one connection; `wait` then answers at once.

        A job that cannot be watched comes too: its `wait` raises why. Raises `WaitTimeout` after `timeout` seconds.
        """
        waiting = {job.id: job for job in jobs}
        session = Session(waiting, token=self._api.token)
        with closing(self._outputs(session, timeout)) as outputs:
            for output in outputs:
                if isinstance(output, Problem) or output.is_end:
                    yield waiting[output.job]

    def _outputs(
        self, session: Session, timeout: float | None, on_link: Callable[[Link], None] | None = None
    ) -> Generator[Output, None, None]:
        watch = Watch(session, self._api, time.monotonic, random.Random())
        return SyncWire(self._http, self._api, timeout, on_link).run(watching(watch))

    def _ask(self, request: Request) -> dict[str, Any]:
        body: dict[str, Any] = decoded(answer_to(self._http, request))
        return body
