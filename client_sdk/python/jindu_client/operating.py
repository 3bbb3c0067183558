"""The calls of operators, for the blocking client. Each raises `AccessDenied` for who may not, beside what it names."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from . import _operator_calls as calls
from ._requests import Call, Query

T = TypeVar("T")


class Operating:
    """Part of `Client`."""

    def _do(self, call: Call[T]) -> T:
        raise NotImplementedError

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None, **query: Query) -> Any:
        """Any route below `/v1/`, such as `call("GET", "stats")`: the JSON value of its answer, None if it has none."""
        return self._do(calls.other(method, path, body, query))

    def types(self) -> Sequence[dict[str, Any]]:
        """The job types of the server by name: schema of the parameters, stages, limits, counts, whether paused."""
        return self._do(calls.types())

    def pause(self, type: str) -> dict[str, Any]:
        """Start nothing of this type until `resume`, or the server's next start; what runs goes on. The type."""
        return self._do(calls.pause(type))

    def resume(self, type: str) -> dict[str, Any]:
        """End a `pause`; the type. Repeating is harmless. Raises `NotFound` for a type that is not there."""
        return self._do(calls.resume(type))

    def stats(self) -> dict[str, Any]:
        """Figures of the server: jobs by status, queues, connections."""
        return self._do(calls.stats())

    def cleanup(self, older_than: float | str, status: str | None = None) -> int:
        """Remove all jobs (of one status: completed, failed, cancelled) that ended at least `older_than` ago, in seconds or as
        "7d"; how many there were."""
        return self._do(calls.cleanup(older_than, status))

    def list_keys(self) -> Sequence[dict[str, Any]]:
        """Every API key that was ever made, revoked ones too, without their secrets."""
        return self._do(calls.keys())

    def create_key(
        self, name: str, scopes: Iterable[str], *, owner: str | None = None, expires_in: float | None = None
    ) -> dict[str, Any]:
        """A new key: its text is in `key`, now and never again. `expires_in` is seconds; an `owner`'s key knows the owner's
        jobs only. The first key that is made ends the time in which the server asked for none."""
        wished = {"name": name, "scopes": list(scopes), "owner": owner, "expires_in": expires_in}
        return self._do(calls.create_key(wished))

    def revoke_key(self, id: str) -> None:
        """End a key, and the connections that live by it. Raises `NotFound`."""
        self._do(calls.revoke_key(id))

    def rotate_keys(self) -> None:
        """Sign tokens with a new secret; those of the secret before stay good, older ones do not."""
        self._do(calls.rotate_keys())

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
        return self._do(calls.create_token(wished))

    def create_ticket(self, channels: Iterable[str]) -> dict[str, Any]:
        """A `ticket` for `?ticket=`, good for a minute, for these channels ("job:ID"): for what cannot send a header."""
        return self._do(calls.create_ticket(channels))

    def error(self, id: str) -> dict[str, Any]:
        """The context of an error id, with its traceback. Raises `NotFound`."""
        return self._do(calls.error(id))

    def errors(self, **query: Query) -> Sequence[dict[str, Any]]:
        """Contexts of failed attempts, newest first: `job`, `code`, `limit`."""
        return self._do(calls.errors(query))

    def backup(self, target: Path) -> None:
        """Fetch a backup of the server's store into a new file, while work goes on. Raises `OSError`."""
        raise NotImplementedError
