"""The seven routes and the socket of the earlier system, over the job `diagnose`: old clients see no difference.

`execution_id` is `task_id` is the job's id. What is wrong is answered as `{"error": …}`.
"""

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from jindu import App, Handle, JobFunction, NotOpen, QueueFull, UnknownJob

from ..bodies import body_json
from ..page import page
from . import platforms, words
from .asking import ANONYMOUS, BadBody, asked

PAGE = Path(__file__).parent / "page"
PUBLIC_VARIABLE = "BRAND_PUBLIC"
HISTORY, HISTORY_LIMIT, OFFSET_LIMIT = 20, 100, 100_000  # entries
LOOKED_AT = 200  # jobs read at once in search of those that have ended


class OldRoutes:
    """The endpoints. With `BRAND_PUBLIC=on` they ask for no key, also where the server has some."""

    def __init__(self, app: App, diagnose: JobFunction[..., Any]) -> None:
        self._app = app
        self._diagnose = diagnose

    def add(self) -> None:
        public = os.environ.get(PUBLIC_VARIABLE, "").strip().casefold() in ("1", "on", "true", "yes")
        # The page holds nothing; what it asks for wants a key where the server has some.
        self._app.add_routes([Route("/health", health), Route("/api/test", working), *page("/diagnosis", PAGE)], public=True)
        submit = Route("/api/perform-brand-test", told(self.perform), methods=["POST"])
        self._app.add_routes([submit], public=public, submits=True)
        reads = [
            Route("/test/status/{task_id}", told(self.status)),
            Route("/api/deep-intelligence/{task_id}", told(self.deep_intelligence)),
            Route("/api/test-progress", told(self.progress)),
            Route("/api/test-history", told(self.history)),
        ]
        self._app.add_routes(reads, public=public)
        # The view of a job asks by itself who may watch it; for who has no key it is open with the rest.
        self._public = public
        self._app.add_routes([WebSocketRoute("/ws/diagnosis/{execution_id}", self.socket)], public=True)

    async def perform(self, request: Request) -> Response:
        try:
            wanted = asked(await body_json(request))
        except BadBody as wrong:
            return error(str(wrong), 400)
        except ValueError:
            return error("请求体不是 JSON", 400)
        known = [platform.name for platform in await asyncio.to_thread(platforms.configured)]
        owner = self._app.owner(request) or wanted.owner
        job = await self._diagnose.options(owner=owner).submit(**wanted.params(known))
        return JSONResponse({"status": "success", "execution_id": job.id, "message": "诊断任务已创建"})

    async def status(self, request: Request) -> Response:
        job = await self._found(request, request.path_params["task_id"])
        return JSONResponse(words.status_body(await job.status()))

    async def progress(self, request: Request) -> Response:
        execution_id = request.query_params.get("executionId", "")
        if not execution_id:
            return error("缺少参数 executionId", 400)
        job = await self._found(request, execution_id)
        return JSONResponse({"execution_id": job.id, **words.status_body(await job.status())})

    async def deep_intelligence(self, request: Request) -> Response:
        shown = await (await self._found(request, request.path_params["task_id"])).status()
        if shown["status"] != "completed":
            return error("诊断失败，没有完整结果" if shown["is_completed"] else "诊断尚未完成", 400)
        return JSONResponse(words.intelligence(shown))

    async def history(self, request: Request) -> Response:
        asks = request.query_params
        limit, offset = number(asks, "limit", HISTORY, HISTORY_LIMIT), number(asks, "offset", 0, OFFSET_LIMIT)
        if limit is None or offset is None:
            return error(f"limit 是 0 到 {HISTORY_LIMIT} 的整数，offset 是 0 到 {OFFSET_LIMIT} 的整数", 400)
        owner = self._app.owner(request) or asks.get("userOpenid") or ANONYMOUS
        ids = await self._ended(owner, limit, offset)
        shown = [await (await self._diagnose.find(job_id)).status() for job_id in ids]
        entries = [words.history_entry(snapshot) for snapshot in shown]
        return JSONResponse({"status": "success", "history": entries, "count": len(entries)})

    async def socket(self, socket: WebSocket) -> None:
        execution_id = socket.path_params["execution_id"]
        try:
            await self._diagnose.find(execution_id)
            await self._app.watch_socket(
                socket,
                execution_id,
                told=lambda frame: words.update(execution_id, frame),
                heard=lambda said: {"type": "heartbeat_ack"} if is_heartbeat(said) else None,
                public=self._public,
            )
        except UnknownJob:
            await socket.close()

    async def _found(self, request: Request, job_id: str) -> Handle[Any]:
        return await self._diagnose.find(job_id, owner=self._app.owner(request))

    async def _ended(self, owner: str, limit: int, offset: int) -> list[str]:
        """Ids of diagnoses of one owner that have ended, newest first. Open ones are few, so they are skipped in reading."""
        found: list[str] = []
        seen = 0
        while len(found) < offset + limit:
            page = await self._diagnose.jobs(owner=owner, limit=LOOKED_AT, offset=seen)
            found += [job["id"] for job in page if job["is_completed"]]
            seen += len(page)
            if len(page) < LOOKED_AT:
                break
        return found[offset : offset + limit]


async def health(request: Request) -> Response:
    return JSONResponse({"status": "healthy", "service": "brand_diagnosis"})


async def working(request: Request) -> Response:
    return JSONResponse({"status": "success", "message": "Backend is working!"})


def told(endpoint: Any) -> Any:
    """The endpoint, whose refusals are told as of old."""

    async def asked_for(request: Request) -> Response:
        try:
            answer: Response = await endpoint(request)
        except UnknownJob:
            return error(words.NOT_FOUND, 404)
        except (QueueFull, NotOpen):
            return error("服务器繁忙，请稍后重试", 503)
        return answer

    return asked_for


def error(text: str, status: int) -> Response:
    return JSONResponse({"error": text}, status)


def number(asked_for: Mapping[str, str], name: str, usual: int, most: int) -> int | None:
    """A whole number of the query from 0 to `most`; None for anything else."""
    text = asked_for.get(name, str(usual))
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 and int(text) <= most else None


def is_heartbeat(said: Any) -> bool:
    return isinstance(said, Mapping) and said.get("type") == "heartbeat"
