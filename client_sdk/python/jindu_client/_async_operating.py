"""What an operator sets up, for asyncio: schedules, webhooks and their deliveries, the report."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from . import _operations as ask
from ._requests import Api, Query, Request


class _AsyncAsking(Protocol):
    """The client that this is mixed into."""

    _api: Api

    async def _ask(self, request: Request) -> dict[str, Any]: ...
    async def _tell(self, request: Request) -> None: ...


class AsyncOperating:
    """For operators; each method raises `AccessDenied` for others, and `NotFound` for an id that is not there."""

    async def schedules(self: _AsyncAsking) -> Sequence[dict[str, Any]]:
        """All schedules by id, each with its next times."""
        items: Sequence[dict[str, Any]] = (await self._ask(ask.schedules(self._api)))["items"]
        return items

    async def schedule(self: _AsyncAsking, id: str) -> dict[str, Any]:
        """One schedule."""
        return await self._ask(ask.schedule(self._api, id))

    async def create_schedule(
        self: _AsyncAsking,
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
        return await self._ask(ask.create_schedule(self._api, wished))

    async def change_schedule(self: _AsyncAsking, id: str, **fields: Any) -> dict[str, Any]:
        """Change what is given. Raises `AccessDenied` for one that is declared in the server's code."""
        return await self._ask(ask.change_schedule(self._api, id, fields))

    async def remove_schedule(self: _AsyncAsking, id: str) -> None:
        """Run it no more; its runs stay. Raises as `change_schedule`."""
        await self._tell(ask.remove_schedule(self._api, id))

    async def pause_schedule(self: _AsyncAsking, id: str) -> dict[str, Any]:
        """Let nothing fall due until `resume_schedule`, also across restarts."""
        return await self._ask(ask.switch_schedule(self._api, id, "pause"))

    async def resume_schedule(self: _AsyncAsking, id: str) -> dict[str, Any]:
        """Count due times from now on."""
        return await self._ask(ask.switch_schedule(self._api, id, "resume"))

    async def run_schedule(self: _AsyncAsking, id: str) -> dict[str, Any]:
        """A run out of turn; the snapshot of its job."""
        return await self._ask(ask.switch_schedule(self._api, id, "run"))

    async def webhooks(self: _AsyncAsking) -> Sequence[dict[str, Any]]:
        """Where ends are told, without the secrets."""
        items: Sequence[dict[str, Any]] = (await self._ask(ask.webhooks(self._api)))["items"]
        return items

    async def create_webhook(
        self: _AsyncAsking,
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
        return await self._ask(ask.create_webhook(self._api, wished))

    async def change_webhook(self: _AsyncAsking, id: str, **fields: Any) -> dict[str, Any]:
        """Change what is given: `url`, `events`, `types`, `description`, `enabled`."""
        return await self._ask(ask.change_webhook(self._api, id, fields))

    async def rotate_webhook(self: _AsyncAsking, id: str) -> dict[str, Any]:
        """A new `secret`; for a day the one before signs as well."""
        return await self._ask(ask.rotate_webhook(self._api, id))

    async def remove_webhook(self: _AsyncAsking, id: str) -> None:
        """Tell nothing there any more."""
        await self._tell(ask.remove_webhook(self._api, id))

    async def deliveries(self: _AsyncAsking, **query: Query) -> Sequence[dict[str, Any]]:
        """What became of each telling, newest first: `state` (pending, delivered, dead), `webhook`, `job`, `limit`."""
        items: Sequence[dict[str, Any]] = (await self._ask(ask.deliveries(self._api, query)))["items"]
        return items

    async def delivery(self: _AsyncAsking, id: str) -> dict[str, Any]:
        """One delivery, with what is sent."""
        return await self._ask(ask.delivery(self._api, id))

    async def redeliver(self: _AsyncAsking, id: str) -> dict[str, Any]:
        """Send it again, whatever became of it."""
        return await self._ask(ask.redeliver(self._api, id))

    async def report(self: _AsyncAsking) -> dict[str, Any]:
        """The warm-up report of now."""
        return await self._ask(ask.report(self._api, save=False))

    async def save_report(self: _AsyncAsking) -> dict[str, Any]:
        """The same, saved on the server: `report`, and `saved`, the names of its files."""
        return await self._ask(ask.report(self._api, save=True))
