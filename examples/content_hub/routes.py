"""The seven endpoints of the earlier system, and its accounts. What is wrong is answered as `{"error": …}`."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from jindu import AlreadyEnded, App, InvalidParams, NotEnded, NotOpen, NotRetryable, QueueFull, UnknownJob

from ..page import page
from . import settings
from .asking import BASE, DAYS, DAYS_LIMIT, ID_LIMIT, LIST, LIST_LIMIT, Account, Generate, Refused, model, number
from .database import Database
from .document import document
from .tasks import STATUSES, Tasks, view

PAGE = Path(__file__).parent / "page"
Endpoint = Callable[[Request], Awaitable[Response]]


class Routes:
    def __init__(self, app: App, tasks: Tasks) -> None:
        self._app = app
        self._tasks = tasks

    def add(self) -> None:
        def route(path: str, endpoint: Endpoint, method: str = "GET") -> Route:
            return Route(path, told(endpoint), methods=[method])

        one = f"{BASE}/tasks/{{task_id}}"
        submits = [route(f"{BASE}/generate/async", self.generate, "POST"), route(f"{one}/retry", self.retry, "POST")]
        self._app.add_routes(submits, submits=True)
        # `stats` and `cleanup` come before the route of one task: they are never read as ids.
        others = [
            route(f"{BASE}/tasks/stats", self.stats),
            route(f"{BASE}/tasks/cleanup", self.cleanup, "DELETE"),
            route(f"{BASE}/tasks/cleanup", only_delete),
            route(f"{BASE}/tasks", self.listed),
            route(one, self.show),
            route(f"{one}/cancel", self.cancel, "POST"),
            Route("/api/v1/accounts", told(accounts), methods=["GET", "POST"]),
        ]
        self._app.add_routes(others)
        told_of = document()

        async def openapi(request: Request) -> Response:
            return JSONResponse(told_of)

        # The page holds nothing; what it asks for wants a key where the server has some.
        self._app.add_routes([Route(f"{BASE}/openapi.json", openapi), *page("/content", PAGE)], public=True, openapi=told_of)

    async def generate(self, request: Request) -> Response:
        asked = await model(request, Generate)
        if not await asyncio.to_thread(database().has_account, asked.account_id):
            raise Refused("账号不存在", 404)
        task_id = await self._tasks.create(asked.model_dump(), owner=self._app.owner(request))
        return JSONResponse({"task_id": task_id, "status": "pending"})

    async def show(self, request: Request) -> Response:
        return JSONResponse(view(await (await self._found(request)).status()))

    async def listed(self, request: Request) -> Response:
        asks = request.query_params
        status, account = asks.get("status"), asks.get("account_id")
        if status is not None and status not in STATUSES:
            raise Refused(f"status 是 {', '.join(STATUSES)} 之一", 400)
        account_id = None if account is None else number(asks, "account_id", 0, ID_LIMIT)
        limit = number(asks, "limit", LIST, LIST_LIMIT)
        owner = self._app.owner(request)
        total, items = await self._tasks.listed(owner=owner, account_id=account_id, status=status, limit=limit)
        return JSONResponse({"total": total, "items": items})

    async def cancel(self, request: Request) -> Response:
        job = await self._found(request)
        try:
            await job.cancel()
        except AlreadyEnded:
            raise Refused("任务已经结束，不能取消", 409) from None
        shown = view(await job.status())
        return JSONResponse({"task_id": shown["task_id"], "status": shown["status"]})

    async def retry(self, request: Request) -> Response:
        """A new job for the same task."""
        try:
            job = await (await self._found(request)).retry()
        except NotRetryable:
            raise Refused("只有失败或已取消的任务可以重试", 409) from None
        shown = view(await job.status())
        return JSONResponse({"task_id": shown["task_id"], "status": shown["status"]})

    async def stats(self, request: Request) -> Response:
        return JSONResponse(await self._tasks.stats(owner=self._app.owner(request)))

    async def cleanup(self, request: Request) -> Response:
        days = number(request.query_params, "days", DAYS, DAYS_LIMIT)
        before = datetime.now(UTC) - timedelta(days=days)
        removed = 0
        for task_id in await self._tasks.ended_before(before, owner=self._app.owner(request)):
            try:
                await self._tasks.remove(task_id)
                removed += 1
            except (NotEnded, UnknownJob):
                continue  # retried, or removed by somebody else
        return JSONResponse({"deleted": removed, "days": days})

    async def _found(self, request: Request) -> Any:
        return await self._tasks.find(request.path_params["task_id"], owner=self._app.owner(request))


async def only_delete(request: Request) -> Response:
    return JSONResponse({"error": "清理用 DELETE"}, 405, headers={"Allow": "DELETE"})


async def accounts(request: Request) -> Response:
    if request.method == "POST":
        asked = await model(request, Account)
        return JSONResponse(await asyncio.to_thread(database().add_account, asked.name), 201)
    found = await asyncio.to_thread(database().accounts)
    return JSONResponse({"total": len(found), "items": found})


def told(endpoint: Endpoint) -> Endpoint:
    """The endpoint, whose refusals are told as of old."""

    async def asked(request: Request) -> Response:
        try:
            return await endpoint(request)
        except Refused as refused:
            return refusal(str(refused), refused.status)
        except UnknownJob:
            return refusal("任务不存在", 404)
        except InvalidParams as wrong:
            return refusal(str(wrong), 400)
        except (QueueFull, NotOpen):
            return refusal("服务器繁忙，请稍后重试", 503)

    return asked


def refusal(text: str, status: int) -> Response:
    return JSONResponse({"error": text}, status)


def database() -> Database:
    return Database(settings.database())
