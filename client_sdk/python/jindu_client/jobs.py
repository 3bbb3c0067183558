"""Handles of the blocking client: what was submitted, or is known by its id. Making one asks nothing."""

from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from typing import Any, Literal, Protocol

from ._bar import Progress, bar
from .updates import Key, Update, outcome


class Watches(Protocol):
    """What a handle needs of its client."""

    lang: Literal["zh", "en"]

    def watch(self, id: str, pace: float | None = None, timeout: float | None = None) -> Generator[Update, None, None]: ...

    def watch_batch(
        self, id: str, pace: float | None = None, timeout: float | None = None
    ) -> Generator[Update, None, None]: ...

    def status(self, id: str) -> dict[str, Any]: ...

    def result(self, id: str) -> Any: ...

    def cancel(self, id: str, reason: str | None = None) -> dict[str, Any]: ...

    def retry(self, id: str, *, from_start: bool = False) -> "Job": ...

    def batch_status(self, id: str) -> dict[str, Any]: ...

    def cancel_batch(self, id: str, reason: str | None = None) -> dict[str, Any]: ...


class _Watched:
    """What jobs and batches have in common."""

    def __init__(self, client: Watches, id: str, token: str | None = None) -> None:
        self.id = id
        self.client = client
        self.token = token

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.id}>"

    def updates(self, pace: float | None = None, timeout: float | None = None) -> Generator[Update, None, None]:
        """Every change to the end; as `Client.watch`."""
        raise NotImplementedError

    def wait(self, timeout: float | None = None, progress: Progress = False, pace: float | None = None) -> Any:
        """The result; raises `JobFailed`, `JobCancelled`, `NotFound`, or `WaitTimeout` after `timeout` seconds (the job
        goes on, and may be waited for again).

        `progress`: True for a bar in terminals and notebooks, "rich", "tqdm", or a callable that takes each `Update`.
        """
        results: dict[Key, Any] = {}
        with bar(self.id, progress, self.client.lang) as show:
            with closing(self.updates(pace, timeout)) as updates:
                for update in updates:
                    show(update)
                    if update.key is not None:
                        results[update.key] = update.data
                    if update.is_end:
                        return outcome(update, results, self.client.lang)
        raise AssertionError("a watch ends with an end or an error")


class Job(_Watched):
    """A job on the server; `id` may be unknown there.

    `token` lets whoever holds it watch this job, and nothing else; None if the job was not submitted here."""

    def updates(self, pace: float | None = None, timeout: float | None = None) -> Generator[Update, None, None]:
        """As `Client.watch`."""
        return self.client.watch(self.id, pace, timeout)

    def partials(self, timeout: float | None = None) -> Generator[tuple[Key, Any], None, None]:
        """The partial results as (key, data), each once, as they come, to the end of the job; then raises as `wait`."""
        results: dict[Key, Any] = {}
        with closing(self.updates(timeout=timeout)) as updates:
            for update in updates:
                if update.key is not None:
                    results[update.key] = update.data
                    yield update.key, update.data
                if update.is_end:
                    outcome(update, results, self.client.lang)

    def result(self) -> Any:
        """As `Client.result`: the result if there is one already."""
        return self.client.result(self.id)

    def status(self) -> dict[str, Any]:
        """The snapshot."""
        return self.client.status(self.id)

    def cancel(self, reason: str | None = None) -> dict[str, Any]:
        """As `Client.cancel`."""
        return self.client.cancel(self.id, reason)

    def retry(self, *, from_start: bool = False) -> "Job":
        """As `Client.retry`: the new job."""
        return self.client.retry(self.id, from_start=from_start)


class Batch(_Watched):
    """Many jobs submitted at once, with their progress as one.

    `jobs` are in the order asked for, None where one was rejected; `rejected` says why, each `{index, error}`. Both are empty
    for a batch that is only known by its id.
    """

    def __init__(self, client: Watches, shown: Mapping[str, Any]) -> None:
        super().__init__(client, shown["id"], shown.get("token"))
        self.jobs: Sequence[Job | None] = [None if id is None else Job(client, id) for id in shown.get("jobs") or ()]
        self.rejected: Sequence[Mapping[str, Any]] = list(shown.get("rejected") or ())

    def updates(self, pace: float | None = None, timeout: float | None = None) -> Generator[Update, None, None]:
        """As `Client.watch_batch`; `update.state["counts"]` says how many jobs there are of each status."""
        return self.client.watch_batch(self.id, pace, timeout)

    def status(self) -> dict[str, Any]:
        """The batch as it stands."""
        return self.client.batch_status(self.id)

    def cancel(self, reason: str | None = None) -> dict[str, Any]:
        """Wish all its open jobs cancelled."""
        return self.client.cancel_batch(self.id, reason)
