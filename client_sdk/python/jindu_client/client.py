"""The blocking client. No event loop inside: it works in notebooks, threads and callbacks."""

import random
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ._bar import bar
from ._ladder import watching
from ._operating import Operating
from ._requests import LOOKS, Api, Query, Request, decoded, lines, page, succeeded, without_result
from ._session import Output, Problem, Session
from ._steps import Link
from ._sync_wire import SyncWire, answer_to, download, new_http
from ._watch import Watch
from .errors import Unavailable
from .updates import Key, Update, outcome, settled


class Job:
    """A job on the server. Making one asks nothing and promises nothing: `id` may be unknown there.

    `token` lets whoever holds it watch this job, and nothing else; None if the job was not submitted here."""

    def __init__(self, client: "Client", id: str, token: str | None = None) -> None:
        self.id = id
        self.client = client
        self.token = token

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


class Client(Operating):
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
        return self._made(self._ask(self._api.submit(type, params, options)))

    def job(self, id: str) -> Job:
        """The handle of a job submitted before. Asks nothing."""
        return Job(self, id)

    def _made(self, snapshot: Mapping[str, Any]) -> Job:
        return Job(self, snapshot["id"], snapshot.get("token"))

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
        return self._made(self._ask(self._api.retry(id)))

    def why(self, id: str) -> dict[str, Any]:
        """Why it is not moving: `reasons`, each a `code` and a `text` in zh and en. Raises `NotFound`."""
        return self._ask(self._api.why(id))

    def list_keys(self) -> Sequence[dict[str, Any]]:
        """Every API key that was ever made, revoked ones too, without their secrets. For operators, as the next three."""
        found: Sequence[dict[str, Any]] = (self._ask(self._api.keys()))["items"]
        return found

    def create_key(
        self, name: str, scopes: Iterable[str], *, owner: str | None = None, expires_in: float | None = None
    ) -> dict[str, Any]:
        """A new key: its text is in `key`, now and never again. `expires_in` is seconds; an `owner`'s key knows the owner's
        jobs only. The first key that is made ends the time in which the server asked for none."""
        wished = {"name": name, "scopes": list(scopes), "owner": owner, "expires_in": expires_in}
        return self._ask(self._api.create_key(wished))

    def revoke_key(self, id: str) -> None:
        """End a key, and the connections that live by it. Raises `NotFound`."""
        decoded(answer_to(self._http, self._api.revoke_key(id)))

    def rotate_keys(self) -> None:
        """Sign tokens with a new secret; those of the secret before stay good, older ones do not."""
        decoded(answer_to(self._http, self._api.rotate_keys()))

    def create_token(
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
        return self._ask(self._api.create_token(wished))

    def create_ticket(self, channels: Iterable[str]) -> dict[str, Any]:
        """A `ticket` for `?ticket=`, good for a minute, for these channels ("job:ID"): for what cannot send a header."""
        return self._ask(self._api.create_ticket(channels))

    def backup(self, target: Path) -> None:
        """Fetch a backup of the server's store into a new file, while work goes on. Raises `AccessDenied`, `OSError`."""
        succeeded(download(self._http, self._api.backup(), target))

    def delete(self, id: str) -> None:
        """Remove an ended job with all that belongs to it. Raises `ApiError` (409) while it has not ended."""
        decoded(answer_to(self._http, self._api.delete(id)))

    def log(self, id: str, *, follow: bool = False) -> Iterator[dict[str, Any]]:
        """The lines that the job logged, in order: each a mapping with `seq`, `at` (RFC 3339) and `line`.

        With `follow` those to come too, until the job has ended; lost connections and restarts of the server are waited out
        as by `watch`. Raises `NotFound`.
        """
        if not follow:
            yield from self._lines(id, 0)
            return
        after = 0
        # A line moves the job's seq as every change does, so the watch tells when to look.
        with closing(self.watch(id, pace=LOOKS)) as updates:
            for update in updates:
                try:
                    found = self._lines(id, after)
                except Unavailable:
                    if update.is_end:
                        raise  # no further update will make us look again
                    continue
                for line in found:
                    after = line["seq"]
                    yield line

    def cleanup(self, older_than: float | str, status: str | None = None) -> int:
        """Remove all jobs (of one status: completed, failed, cancelled) that ended at least `older_than` ago, in seconds or as
        "7d"; how many there were. For operators."""
        removed: int = (self._ask(self._api.cleanup(older_than, status)))["removed"]
        return removed

    def types(self) -> Sequence[dict[str, Any]]:
        """The job types of the server by name: schema of the parameters, stages, limits, counts, whether paused."""
        items: Sequence[dict[str, Any]] = (self._ask(self._api.types()))["items"]
        return items

    def pause(self, type: str) -> dict[str, Any]:
        """Start nothing of this type until `resume`, or the server's next start; what runs goes on. The type. For operators."""
        return self._ask(self._api.pause(type))

    def resume(self, type: str) -> dict[str, Any]:
        """End a `pause`; the type. Repeating is harmless. Raises `NotFound` for a type that is not there."""
        return self._ask(self._api.resume(type))

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

    def _lines(self, id: str, after: int | None) -> Sequence[dict[str, Any]]:
        found: Sequence[dict[str, Any]] = []
        while after is not None:
            items, after = lines(answer_to(self._http, self._api.log(id, after)))
            found = [*found, *items]
        return found

    def _outputs(
        self, session: Session, timeout: float | None, on_link: Callable[[Link], None] | None = None
    ) -> Generator[Output, None, None]:
        watch = Watch(session, self._api, time.monotonic, random.Random())  # spreads waiting; no secret # nosec B311
        return SyncWire(self._http, self._api, timeout, on_link).run(watching(watch))

    def _tell(self, request: Request) -> None:
        decoded(answer_to(self._http, request))

    def _ask(self, request: Request) -> dict[str, Any]:
        body: dict[str, Any] = decoded(answer_to(self._http, request))
        return body
