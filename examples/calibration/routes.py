"""The routes of the earlier system: `success`, `task_id` as a UUID, errors as one sentence; and its page."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from jindu import AlreadyEnded, App, Handle, InvalidParams, JobFunction, NotOpen, QueueFull, UnknownJob

from ..bodies import body_json
from ..page import page
from . import settings
from .notes import Notes

PAGE = Path(__file__).parent / "page"
TEXT = 1000  # characters of a title
BATCH = 100  # calibrations asked for at once
Endpoint = Callable[[Request], Awaitable[Response]]


class Refused(Exception):
    """Answered as `{success: false, error}`."""

    def __init__(self, text: str, status: int) -> None:
        super().__init__(text)
        self.status = status


class Routes:
    def __init__(self, app: App, calibrate: JobFunction[..., Any]) -> None:
        self._app = app
        self._calibrate = calibrate

    def add(self) -> None:
        def route(path: str, endpoint: Endpoint, method: str = "POST", *, switched: bool = False) -> Route:
            return Route(path, told(endpoint, switched=switched), methods=[method])

        submits = [
            route("/api/calibrate/async", self.submit, switched=True),
            route("/api/calibrate/batch", self.batch, switched=True),
            route("/api/calibrate/{task_id}/retry", self.retry, switched=True),
            route("/api/calibrate/{note_id:int}", self.at_once),
        ]
        self._app.add_routes(submits, submits=True)
        others = [
            route("/api/calibrate/status/{task_id}", self.status, "GET", switched=True),
            route("/api/calibrate/{task_id}/cancel", self.cancel, switched=True),
            route("/api/notes", add_note),
            route("/api/notes/{note_id:int}", show_note, "GET"),
        ]
        self._app.add_routes(others)
        # The page holds nothing; what it asks for wants a key where the server has some.
        self._app.add_routes([*page("/calibrate", PAGE), Route("/api/calibrate/settings", switch)], public=True)

    async def submit(self, request: Request) -> Response:
        job = await self._submit(request, await body_of(request))
        return JSONResponse({"success": True, "task_id": job.id, "status": "pending"})

    async def batch(self, request: Request) -> Response:
        """`{"note_ids": […]}`, `{"info_hashes": […]}`, `{"items": [{"note_id": n} or {"info_hash": "…"}]}`, or all of them.

        All are checked before the first is submitted.
        """
        body = await body_of(request)
        asked = [{"note_id": one} for one in listed(body, "note_ids")]
        asked += [{"info_hash": one} for one in listed(body, "info_hashes")]
        asked += [one if isinstance(one, Mapping) else {} for one in listed(body, "items")]
        if not asked or len(asked) > BATCH:
            raise Refused(f"note_ids、info_hashes 和 items 一共要有 1 到 {BATCH} 项", 400)
        wanted = [await params(one) for one in asked]
        jobs = [await self._new(request, one) for one in wanted]
        return JSONResponse({"success": True, "task_ids": [job.id for job in jobs], "count": len(jobs)})

    async def at_once(self, request: Request) -> Response:
        """The synchronous route: answers when the calibration has ended."""
        job = await self._submit(request, {"note_id": request.path_params["note_id"]})
        async for _ in job.updates():
            pass
        body = told_status(await job.status())
        if "error" not in body:
            return JSONResponse({"success": True, **body["result"], "result": body["result"]["name"]})
        late = (await job.status())["error"]["code"] == "CALIBRATION_TIMEOUT"
        raise Refused(body["error"], 504 if late else 500)

    async def status(self, request: Request) -> Response:
        return JSONResponse(told_status(await (await self._found(request)).status()))

    async def cancel(self, request: Request) -> Response:
        job = await self._found(request)
        try:
            await job.cancel("cancelled by route")
        except AlreadyEnded:
            raise Refused("任务已经结束，不能取消", 409) from None
        # A script is asked to end, and given a moment: until then the job still runs.
        return JSONResponse({"success": True, "task_id": job.id, "status": (await job.status())["status"]})

    async def retry(self, request: Request) -> Response:
        """A new task of one that failed or was cancelled, with an id of its own."""
        old = await (await self._found(request)).status()
        if old["status"] not in ("failed", "cancelled"):
            raise Refused("只有失败或已取消的任务可以重试", 409)
        job = await self._new(request, old["params"])
        return JSONResponse({"success": True, "task_id": job.id, "retry_of": old["id"], "status": "pending"})

    async def _submit(self, request: Request, asked: Mapping[str, Any]) -> Handle[Any]:
        return await self._new(request, await params(asked))

    async def _new(self, request: Request, wanted: Mapping[str, Any]) -> Handle[Any]:
        try:
            return await self._calibrate.options(id=str(uuid.uuid4()), owner=self._app.owner(request)).submit(**wanted)
        except InvalidParams:
            raise Refused("info_hash 只能有 1 到 128 个字母和数字", 400) from None

    async def _found(self, request: Request) -> Handle[Any]:
        return await self._calibrate.find(request.path_params["task_id"], owner=self._app.owner(request))


def told(endpoint: Endpoint, *, switched: bool) -> Endpoint:
    """The endpoint, whose refusals are told as of old; one that is `switched` answers 503 while `CALIBRATION_ASYNC` is off."""

    async def asked(request: Request) -> Response:
        if switched and not settings.asynchronous():
            return refusal("异步校准已关闭", 503)
        try:
            return await endpoint(request)
        except Refused as refused:
            return refusal(str(refused), refused.status)
        except UnknownJob:
            return refusal("任务不存在或已过期", 404)
        except (QueueFull, NotOpen):
            return refusal("服务器繁忙，请稍后重试", 503)

    return asked


def refusal(text: str, status: int) -> Response:
    return JSONResponse({"success": False, "error": text}, status)


async def body_of(request: Request) -> Mapping[str, Any]:
    try:
        body = await body_json(request)
    except ValueError:
        body = None
    if not isinstance(body, Mapping):
        raise Refused("请求体必须是 JSON 对象", 400)
    return body


def listed(body: Mapping[str, Any], name: str) -> list[Any]:
    value = body.get(name) or []
    if not isinstance(value, list):
        raise Refused(f"{name} 必须是数组", 400)
    return value


async def params(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters of the job from `note_id` or `info_hash`."""
    note_id, info_hash = asked.get("note_id"), asked.get("info_hash")
    if note_id is not None:
        if not isinstance(note_id, int) or isinstance(note_id, bool):
            raise Refused("note_id 必须是整数", 400)
        note = await asyncio.to_thread(Notes(settings.notes()).get, note_id)
        if note is None:
            raise Refused("笔记不存在", 404)
        return {"info_hash": note["info_hash"], "note_id": note_id}
    if not isinstance(info_hash, str) or not info_hash:
        raise Refused("需要 note_id 或 info_hash", 400)
    return {"info_hash": info_hash}


def told_status(snapshot: Mapping[str, Any]) -> dict[str, Any]:
    body = {
        "success": True,
        "task_id": snapshot["id"],
        "status": snapshot["status"],
        "info_hash": snapshot["params"]["info_hash"],
    }
    if snapshot["status"] == "completed":
        body["result"] = snapshot["result"]
    elif snapshot["is_completed"]:
        body["error"] = snapshot["error"]["message"]["zh"]
    return body


async def add_note(request: Request) -> Response:
    body = await body_of(request)
    info_hash, title = body.get("info_hash"), body.get("title", "")
    if not isinstance(info_hash, str) or not 0 < len(info_hash) <= TEXT or not isinstance(title, str) or len(title) > TEXT:
        raise Refused(f"需要 info_hash，title 是文本，都不超过 {TEXT} 个字符", 400)
    note = await asyncio.to_thread(Notes(settings.notes()).add, info_hash, title)
    return JSONResponse({"success": True, "note_id": note["id"], "note": note}, 201)


async def show_note(request: Request) -> Response:
    note = await asyncio.to_thread(Notes(settings.notes()).get, request.path_params["note_id"])
    if note is None:
        raise Refused("笔记不存在", 404)
    return JSONResponse({"success": True, "note": note})


async def switch(request: Request) -> Response:
    """What the page needs to know."""
    return JSONResponse({"async": settings.asynchronous(), "timeout": settings.timeout()})
