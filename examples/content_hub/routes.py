"""The seven endpoints of the earlier system, and its accounts. What is wrong is answered as `{"error": …}`."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from jindu import AlreadyEnded, App, InvalidParams, NotEnded, NotOpen, NotRetryable, QueueFull, UnknownJob

from . import settings
from .database import Database
from .tasks import STATUSES, Tasks, view

BASE = "/api/v1/content"
LIST, LIST_LIMIT, DAYS, DAYS_LIMIT = 20, 200, 30, 36_500
Endpoint = Callable[[Request], Awaitable[Response]]
Text = Annotated[str, Field(min_length=1, max_length=500, pattern=r"\S")]


class Generate(BaseModel):
    """The body of a submit. `keywords` may also be one text, divided by commas."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    account_id: int = Field(strict=True)
    topic: Text
    keywords: Annotated[list[Text], Field(max_length=20)] = []
    priority: Annotated[int, Field(ge=0, le=10)] = 5
    auto_approve: bool = False
    callback_url: Annotated[str, Field(max_length=2000)] | None = None

    @field_validator("keywords", mode="before")
    @classmethod
    def _divided(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value or []
        return [part.strip() for part in value.replace("，", ",").split(",") if part.strip()]


class Account(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    name: Text


class Refused(Exception):
    def __init__(self, text: str, status: int) -> None:
        super().__init__(text)
        self.status = status


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
            route(f"{BASE}/tasks", self.listed),
            route(one, self.show),
            route(f"{one}/cancel", self.cancel, "POST"),
            route("/api/v1/accounts", accounts),
            route("/api/v1/accounts", add_account, "POST"),
        ]
        self._app.add_routes(others)

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
        account_id = None if account is None else number(asks, "account_id", 0, 2**53)
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


async def accounts(request: Request) -> Response:
    found = await asyncio.to_thread(database().accounts)
    return JSONResponse({"total": len(found), "items": found})


async def add_account(request: Request) -> Response:
    asked = await model(request, Account)
    return JSONResponse(await asyncio.to_thread(database().add_account, asked.name), 201)


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


async def model(request: Request, kind: Any) -> Any:
    try:
        return kind.model_validate(json.loads(await request.body()))
    except ValidationError as wrong:
        fields = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in wrong.errors(include_url=False))
        raise Refused(f"请求体不符合要求：{fields}", 422) from None
    except ValueError:
        raise Refused("请求体不是 JSON", 400) from None


def number(asks: Mapping[str, str], name: str, usual: int, most: int) -> int:
    text = asks.get(name, str(usual))
    if not text.isascii() or not text.isdigit() or len(text) > 16 or int(text) > most:
        raise Refused(f"{name} 是 0 到 {most} 的整数", 400)
    return int(text)
