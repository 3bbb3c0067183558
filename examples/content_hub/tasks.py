"""Tasks over jobs. A task is named by the tag `task:ID` of its jobs; the newest of them is what it stands at.

So there is one truth: a task cannot say what its job does not.
"""

import asyncio
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any

from jindu import App, Handle, Hook, JobFunction, UnknownJob

from . import settings
from .database import Database

STATUSES = ("pending", "running", "completed", "failed", "cancelled")
PAGE = 500  # jobs read at once
USUAL_PRIORITY, HEAD_START = 5, 360  # seconds of head start for each step of priority above the usual one


class Tasks:
    def __init__(self, app: App, generate: JobFunction[..., Any]) -> None:
        self._app = app
        self._generate = generate

    async def create(self, asked: Mapping[str, Any], *, owner: str | None) -> str:
        """Make a task; its id. Raises `InvalidParams` for a webhook that cannot be told."""
        url = asked["callback_url"]
        task_id, account_id, priority = str(uuid.uuid4()), asked["account_id"], asked["priority"]
        options = self._generate.options(
            owner=owner,
            priority=(priority - USUAL_PRIORITY) * HEAD_START,
            tags=(f"task:{task_id}", f"account:{account_id}", f"priority:{priority}"),
            webhook=url and Hook(url, secret=settings.webhook_secret()),
        )
        given = {name: asked[name] for name in ("account_id", "topic", "keywords", "auto_approve")}
        await options.submit(task_id=task_id, **given)
        return task_id

    async def find(self, task_id: str, *, owner: str | None = None) -> Handle[Any]:
        """The newest job of a task. Raises `UnknownJob`."""
        found = await self._generate.jobs(tag=f"task:{task_id}", owner=owner, limit=1)
        if not found:
            raise UnknownJob(task_id)
        return await self._generate.find(found[0]["id"])

    async def listed(
        self, *, owner: str | None, account_id: int | None, status: str | None, limit: int
    ) -> tuple[int, list[dict[str, Any]]]:
        """How many tasks there are of an account and status, and the newest of them."""
        tag = None if account_id is None else f"account:{account_id}"
        ids = [job["id"] async for job in self._newest(owner=owner, tag=tag, status=status)]
        shown = [await (await self._generate.find(job_id)).status() for job_id in ids[:limit]]
        return len(ids), [view(snapshot) for snapshot in shown]

    async def stats(self, *, owner: str | None) -> dict[str, Any]:
        """`success_rate` from 0 to 1 of what completed or failed; 1 before the first."""
        counts = Counter({status: 0 for status in STATUSES})
        async for job in self._newest(owner=owner):
            counts[job["status"]] += 1
        ended = counts["completed"] + counts["failed"]
        rate = counts["completed"] / ended if ended else 1.0
        return {"total": counts.total(), "by_status": dict(counts), "success_rate": round(rate, 4)}

    async def ended_before(self, before: datetime, *, owner: str | None = None) -> list[str]:
        """Ids of tasks that ended before a time."""
        return [
            task_of(job)
            async for job in self._newest(owner=owner)
            if job["is_completed"] and datetime.fromisoformat(job["finished_at"]) < before
        ]

    async def remove(self, task_id: str) -> None:
        """Remove a task with all its jobs and its content. Raises `NotEnded` while it is open."""
        for job in await self._generate.jobs(tag=f"task:{task_id}", limit=PAGE):
            await (await self._generate.find(job["id"])).delete()
        await asyncio.to_thread(Database(settings.database()).remove, task_id)

    async def _newest(self, **which: Any) -> AsyncIterator[Any]:
        """The newest job of each task: one that was retried is not what its task stands at."""
        seen = 0
        while page := await self._generate.jobs(**which, limit=PAGE, offset=seen):
            for job in page:
                if job["retried_by"] is None:
                    yield job
            seen += len(page)


def task_of(job: Mapping[str, Any]) -> str:
    return next(tag.removeprefix("task:") for tag in job["tags"] if tag.startswith("task:"))


def view(snapshot: Mapping[str, Any]) -> dict[str, Any]:
    """A task as its routes show it."""
    params, error = snapshot["params"], snapshot["error"]
    advised = snapshot["poll_after_ms"]
    return {
        "task_id": task_of(snapshot),
        "status": snapshot["status"],
        "stage": snapshot["stage"],
        "progress": snapshot["progress"],
        "account_id": params["account_id"],
        "topic": params["topic"],
        "keywords": params.get("keywords", []),
        "priority": next((int(tag[9:]) for tag in snapshot["tags"] if tag.startswith("priority:")), USUAL_PRIORITY),
        "auto_approve": params.get("auto_approve", False),
        "result": snapshot["result"],
        "error": error["message"]["zh"] if error and snapshot["is_completed"] else None,
        "created_at": snapshot["created_at"],
        "updated_at": snapshot["updated_at"],
        "poll_after": None if advised is None else min(advised / 1000, settings.poll_interval()),
        "job_id": snapshot["id"],
    }
