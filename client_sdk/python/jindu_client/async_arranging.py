"""What an operator sets up, for asyncio: schedules, webhooks and their deliveries, the report.

Each method raises `AccessDenied` for who is no operator, and `NotFound` for an id that is not there.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from . import _arranging_calls as calls
from ._requests import Call, Query

T = TypeVar("T")


class AsyncArranging:
    """Part of `AsyncClient`."""

    async def _do(self, call: Call[T]) -> T:
        raise NotImplementedError

    async def schedules(self) -> Sequence[dict[str, Any]]:
        """All schedules by id, each with its next times."""
        return await self._do(calls.schedules())

    async def schedule(self, id: str) -> dict[str, Any]:
        """One schedule."""
        return await self._do(calls.schedule(id))

    async def create_schedule(
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
        return await self._do(calls.create_schedule(wished))

    async def change_schedule(self, id: str, **fields: Any) -> dict[str, Any]:
        """Change what is given. Raises `AccessDenied` for one that is declared in the server's code."""
        return await self._do(calls.change_schedule(id, fields))

    async def remove_schedule(self, id: str) -> None:
        """Run it no more; its runs stay. Raises as `change_schedule`."""
        await self._do(calls.remove_schedule(id))

    async def pause_schedule(self, id: str) -> dict[str, Any]:
        """Let nothing fall due until `resume_schedule`, also across restarts."""
        return await self._do(calls.switch_schedule(id, "pause"))

    async def resume_schedule(self, id: str) -> dict[str, Any]:
        """Count due times from now on."""
        return await self._do(calls.switch_schedule(id, "resume"))

    async def run_schedule(self, id: str) -> dict[str, Any]:
        """A run out of turn; the snapshot of its job."""
        return await self._do(calls.switch_schedule(id, "run"))

    async def webhooks(self) -> Sequence[dict[str, Any]]:
        """Where ends are told, without the secrets."""
        return await self._do(calls.webhooks())

    async def create_webhook(
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
        return await self._do(calls.create_webhook(wished))

    async def change_webhook(self, id: str, **fields: Any) -> dict[str, Any]:
        """Change what is given: `url`, `events`, `types`, `description`, `enabled`."""
        return await self._do(calls.change_webhook(id, fields))

    async def rotate_webhook(self, id: str) -> dict[str, Any]:
        """A new `secret`; for a day the one before signs as well."""
        return await self._do(calls.rotate_webhook(id))

    async def remove_webhook(self, id: str) -> None:
        """Tell nothing there any more."""
        await self._do(calls.remove_webhook(id))

    async def deliveries(self, **query: Query) -> Sequence[dict[str, Any]]:
        """What became of each telling, newest first: `state` (pending, delivered, dead), `webhook`, `job`, `limit`."""
        return await self._do(calls.deliveries(query))

    async def delivery(self, id: str) -> dict[str, Any]:
        """One delivery, with what is sent."""
        return await self._do(calls.delivery(id))

    async def redeliver(self, id: str) -> dict[str, Any]:
        """Send it again, whatever became of it."""
        return await self._do(calls.redeliver(id))

    async def report(self) -> dict[str, Any]:
        """The warm-up report of now."""
        return await self._do(calls.report(save=False))

    async def save_report(self) -> dict[str, Any]:
        """The same, saved on the server: `report`, and `saved`, the names of its files."""
        return await self._do(calls.report(save=True))
