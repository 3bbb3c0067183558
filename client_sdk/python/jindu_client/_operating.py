"""What an operator sets up, for the blocking client: schedules, webhooks and their deliveries, the report."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from . import _operations as ask
from ._requests import Api, Query, Request


class _Asking(Protocol):
    """The client that this is mixed into."""

    _api: Api

    def _ask(self, request: Request) -> dict[str, Any]: ...
    def _tell(self, request: Request) -> None: ...


class Operating:
    """For operators; each method raises `AccessDenied` for others, and `NotFound` for an id that is not there."""

    def schedules(self: _Asking) -> Sequence[dict[str, Any]]:
        """All schedules by id, each with its next times."""
        items: Sequence[dict[str, Any]] = (self._ask(ask.schedules(self._api)))["items"]
        return items

    def schedule(self: _Asking, id: str) -> dict[str, Any]:
        """One schedule."""
        return self._ask(ask.schedule(self._api, id))

    def create_schedule(
        self: _Asking,
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
        return self._ask(ask.create_schedule(self._api, wished))

    def change_schedule(self: _Asking, id: str, **fields: Any) -> dict[str, Any]:
        """Change what is given. Raises `AccessDenied` for one that is declared in the server's code."""
        return self._ask(ask.change_schedule(self._api, id, fields))

    def remove_schedule(self: _Asking, id: str) -> None:
        """Run it no more; its runs stay. Raises as `change_schedule`."""
        self._tell(ask.remove_schedule(self._api, id))

    def pause_schedule(self: _Asking, id: str) -> dict[str, Any]:
        """Let nothing fall due until `resume_schedule`, also across restarts."""
        return self._ask(ask.switch_schedule(self._api, id, "pause"))

    def resume_schedule(self: _Asking, id: str) -> dict[str, Any]:
        """Count due times from now on."""
        return self._ask(ask.switch_schedule(self._api, id, "resume"))

    def run_schedule(self: _Asking, id: str) -> dict[str, Any]:
        """A run out of turn; the snapshot of its job."""
        return self._ask(ask.switch_schedule(self._api, id, "run"))

    def webhooks(self: _Asking) -> Sequence[dict[str, Any]]:
        """Where ends are told, without the secrets."""
        items: Sequence[dict[str, Any]] = (self._ask(ask.webhooks(self._api)))["items"]
        return items

    def create_webhook(
        self: _Asking,
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
        return self._ask(ask.create_webhook(self._api, wished))

    def change_webhook(self: _Asking, id: str, **fields: Any) -> dict[str, Any]:
        """Change what is given: `url`, `events`, `types`, `description`, `enabled`."""
        return self._ask(ask.change_webhook(self._api, id, fields))

    def rotate_webhook(self: _Asking, id: str) -> dict[str, Any]:
        """A new `secret`; for a day the one before signs as well."""
        return self._ask(ask.rotate_webhook(self._api, id))

    def remove_webhook(self: _Asking, id: str) -> None:
        """Tell nothing there any more."""
        self._tell(ask.remove_webhook(self._api, id))

    def deliveries(self: _Asking, **query: Query) -> Sequence[dict[str, Any]]:
        """What became of each telling, newest first: `state` (pending, delivered, dead), `webhook`, `job`, `limit`."""
        items: Sequence[dict[str, Any]] = (self._ask(ask.deliveries(self._api, query)))["items"]
        return items

    def delivery(self: _Asking, id: str) -> dict[str, Any]:
        """One delivery, with what is sent."""
        return self._ask(ask.delivery(self._api, id))

    def redeliver(self: _Asking, id: str) -> dict[str, Any]:
        """Send it again, whatever became of it."""
        return self._ask(ask.redeliver(self._api, id))

    def report(self: _Asking) -> dict[str, Any]:
        """The warm-up report of now."""
        return self._ask(ask.report(self._api, save=False))

    def save_report(self: _Asking) -> dict[str, Any]:
        """The same, saved on the server: `report`, and `saved`, the names of its files."""
        return self._ask(ask.report(self._api, save=True))
