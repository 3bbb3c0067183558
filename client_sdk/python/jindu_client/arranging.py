"""What an operator sets up, for the blocking client: schedules, webhooks and their deliveries, the report.

Each method raises `AccessDenied` for who is no operator, and `NotFound` for an id that is not there.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from . import _arranging_calls as calls
from ._requests import Call, Query

T = TypeVar("T")


class Arranging:
    """Part of `Client`."""

    def _do(self, call: Call[T]) -> T:
        raise NotImplementedError

    def schedules(self) -> Sequence[dict[str, Any]]:
        """All schedules by id, each with its next times."""
        return self._do(calls.schedules())

    def schedule(self, id: str) -> dict[str, Any]:
        """One schedule."""
        return self._do(calls.schedule(id))

    def create_schedule(
        self,
        type: str,
        params: Mapping[str, Any] | None = None,
        *,
        id: str | None = None,
        cron: str | None = None,
        every: float | str | None = None,
        **options: Any,
    ) -> dict[str, Any]:
        """Run a job again and again: by `cron` ("*/10 * * * *") or `every` ("10m", or seconds). Further: `timezone`, `overlap`
        (skip, queue), `missed` (once, skip), `owner`, `priority`, `tags`, `paused`. Raises `InvalidParams`."""
        wished = {"type": type, "params": params, "id": id, "cron": cron, "every": every, **options}
        return self._do(calls.create_schedule(wished))

    def change_schedule(self, id: str, **fields: Any) -> dict[str, Any]:
        """Change what is given. Raises `AccessDenied` for one that is declared in the server's code."""
        return self._do(calls.change_schedule(id, fields))

    def remove_schedule(self, id: str) -> None:
        """Run it no more; its runs stay. Raises as `change_schedule`."""
        self._do(calls.remove_schedule(id))

    def pause_schedule(self, id: str) -> dict[str, Any]:
        """Let nothing fall due until `resume_schedule`, also across restarts."""
        return self._do(calls.switch_schedule(id, "pause"))

    def resume_schedule(self, id: str) -> dict[str, Any]:
        """Count due times from now on."""
        return self._do(calls.switch_schedule(id, "resume"))

    def run_schedule(self, id: str) -> dict[str, Any]:
        """A run out of turn; the snapshot of its job."""
        return self._do(calls.switch_schedule(id, "run"))

    def webhooks(self) -> Sequence[dict[str, Any]]:
        """Where ends are told, without the secrets."""
        return self._do(calls.webhooks())

    def create_webhook(
        self,
        url: str,
        *,
        events: Iterable[str] | None = None,
        owner: str | None = None,
        types: Iterable[str] | None = None,
        description: str | None = None,
        secret: str | None = None,
    ) -> dict[str, Any]:
        """Have ends told there, of an owner's jobs, of some types, or all. Its `secret` is in the answer, and never again."""
        wished = {
            "url": url, "events": None if events is None else list(events), "owner": owner,
            "types": None if types is None else list(types), "description": description, "secret": secret,
        }  # fmt: skip
        return self._do(calls.create_webhook(wished))

    def change_webhook(self, id: str, **fields: Any) -> dict[str, Any]:
        """Change what is given: `url`, `events`, `types`, `description`, `enabled`."""
        return self._do(calls.change_webhook(id, fields))

    def rotate_webhook(self, id: str) -> dict[str, Any]:
        """A new `secret`; for a day the one before signs as well."""
        return self._do(calls.rotate_webhook(id))

    def remove_webhook(self, id: str) -> None:
        """Tell nothing there any more."""
        self._do(calls.remove_webhook(id))

    def deliveries(self, **query: Query) -> Sequence[dict[str, Any]]:
        """What became of each telling, newest first: `state` (pending, delivered, dead), `webhook`, `job`, `limit`."""
        return self._do(calls.deliveries(query))

    def delivery(self, id: str) -> dict[str, Any]:
        """One delivery, with what is sent."""
        return self._do(calls.delivery(id))

    def redeliver(self, id: str) -> dict[str, Any]:
        """Send it again, whatever became of it."""
        return self._do(calls.redeliver(id))

    def report(self) -> dict[str, Any]:
        """The warm-up report of now."""
        return self._do(calls.report(save=False))

    def save_report(self) -> dict[str, Any]:
        """The same, saved on the server: `report`, and `saved`, the names of its files."""
        return self._do(calls.report(save=True))
