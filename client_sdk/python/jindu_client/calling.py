"""The calls about jobs and batches, for the blocking client: all but watching."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar

from . import _calls as calls
from ._requests import Call, Query
from .jobs import Batch, Job, Watches
from .updates import settled

T = TypeVar("T")


class Calling(Watches):
    """Part of `Client`."""

    def _do(self, call: Call[T]) -> T:
        raise NotImplementedError

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
        webhook: Mapping[str, Any] | str | None = None,
        key: str | None = None,
        id: str | None = None,
    ) -> Job:
        """As `submit`, with options: `priority` (seconds of head start), `delay` and `expires_in` in seconds; `key` makes
        repeats of this call give the same job, as does an `id` of your own (16 to 64 of A-Z, a-z, 0-9, _ and -)."""
        wished = {
            "priority": priority, "owner": owner, "tags": None if tags is None else [*tags], "delay": delay,
            "expires_in": expires_in, "webhook": webhook,
        }  # fmt: skip
        return self._made(self._do(calls.submit(type, params, wished, key, id)))

    def submit_many(
        self, jobs: Iterable[Mapping[str, Any]], *, atomic: bool = False, owner: str | None = None, key: str | None = None
    ) -> Batch:
        """Up to 1,000 jobs at once, each `{"type", "params", …}` as `POST /v1/jobs` takes it: those that are right are accepted
        in one transaction, the others are in `rejected`. With `atomic` one that is wrong refuses all (`InvalidParams`)."""
        wished = {"atomic": atomic or None, "owner": owner}
        return Batch(self, self._do(calls.submit_many(jobs, wished, key)))

    def job(self, id: str) -> Job:
        """The handle of a job submitted before. Asks nothing."""
        return Job(self, id)

    def batch(self, id: str) -> Batch:
        """The handle of a batch submitted before, without its jobs. Asks nothing."""
        return Batch(self, {"id": id})

    def status(self, id: str) -> dict[str, Any]:
        """The snapshot: state, stages, partial results, result or error. Raises `NotFound`."""
        return self._do(calls.status(id))

    get = status

    def batch_status(self, id: str) -> dict[str, Any]:
        """A batch with its counts, and the ids of its jobs. Raises `NotFound`."""
        return self._do(calls.batch(id))

    def result(self, id: str) -> Any:
        """The result of a completed job. Raises `NotEnded` while there is none, `JobFailed`, `JobCancelled`, `NotFound`."""
        there, value = self._do(calls.result(id))
        return value if there else settled(self.status(id), self.lang)

    def list(self, **query: Query) -> Iterator[dict[str, Any]]:
        """Jobs, newest first, page by page: `status`, `type`, `owner`, `tag`, `q`, `batch`, `created_after`, `limit` (of a
        page)."""
        yield from self._pages(calls.jobs, query)

    def batches(self, **query: Query) -> Iterator[dict[str, Any]]:
        """Batches, newest first, as jobs are listed."""
        yield from self._pages(calls.batches, query)

    def cancel(self, id: str, reason: str | None = None) -> dict[str, Any]:
        """Wish a job cancelled; the snapshot. Raises `Conflict` if it ended otherwise. Repeating is harmless."""
        return self._do(calls.cancel(id, reason))

    def cancel_batch(self, id: str, reason: str | None = None) -> dict[str, Any]:
        """Wish all open jobs of a batch cancelled; the batch. Raises `Conflict` if it ended otherwise."""
        return self._do(calls.cancel_batch(id, reason))

    def retry(self, id: str, *, from_start: bool = False) -> Job:
        """The new job that tries a failed or cancelled one again, `from_start` or from its last committed step; asking twice
        gives the same. Raises `Conflict` for one that did not fail."""
        return self._made(self._do(calls.retry(id, from_start=from_start)))

    def change(self, id: str, *, priority: int | None = None, tags: Iterable[str] | None = None) -> dict[str, Any]:
        """Another priority or other tags for a job that has not ended; the snapshot. Raises `Conflict` for one that has."""
        return self._do(calls.change(id, {"priority": priority, "tags": None if tags is None else [*tags]}))

    def why(self, id: str) -> dict[str, Any]:
        """Why it is not moving: `reasons`, each a `code` and a `text` in zh and en. Raises `NotFound`."""
        return self._do(calls.why(id))

    def delete(self, id: str) -> None:
        """Remove an ended job with all that belongs to it. Raises `Conflict` while it has not ended."""
        self._do(calls.delete(id))

    def events(self, id: str) -> Iterator[dict[str, Any]]:
        """Every kept event of a job, in order. Raises `NotFound`."""
        yield from self._entries(calls.events, id, 0)

    def _pages(self, ask: Callable[..., Call[calls.Page]], query: Mapping[str, Query]) -> Iterator[dict[str, Any]]:
        cursor: str | None = None
        while True:
            items, cursor = self._do(ask(query, cursor))
            yield from items
            if not cursor:
                return

    def _entries(self, ask: Callable[[str, int], Call[calls.Lines]], id: str, after: int) -> Iterator[dict[str, Any]]:
        place: int | None = after
        while place is not None:
            items, place = self._do(ask(id, place))
            yield from items

    def _made(self, snapshot: Mapping[str, Any]) -> Job:
        return Job(self, snapshot["id"], snapshot.get("token"))
