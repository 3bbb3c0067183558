"""An application with routes of its own, taken over by another as `jindu serve` would find it."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from jindu import App, Context, UnknownJob

inner = App()


@inner.job
async def shout(ctx: Context, text: str) -> str:
    ctx.partial(len(text), key="length")
    return text.upper()


@inner.job
async def murmur(text: str) -> str:
    return text.lower()


async def submit(request: Request) -> Response:
    asked = await request.json()
    job = await shout.options(owner=inner.owner(request) or asked.get("owner")).submit(text=asked["text"])
    return JSONResponse({"id": job.id})


async def cancel(request: Request) -> Response:
    job = await shout.find(request.path_params["id"], owner=inner.owner(request))
    await job.cancel()
    return JSONResponse({"ok": True})


async def show(request: Request) -> Response:
    job = await shout.find(request.path_params["id"], owner=inner.owner(request))
    return JSONResponse(await job.status())


async def listed(request: Request) -> Response:
    owner = inner.owner(request)
    jobs = await shout.jobs(owner=owner, limit=2, offset=int(request.query_params.get("offset", 0)))
    return JSONResponse({"jobs": [job["id"] for job in jobs], "counts": await shout.counts(owner=owner)})


async def hello(request: Request) -> Response:
    return JSONResponse({"hello": "world"})


def told(frame: Mapping[str, Any]) -> Mapping[str, Any] | None:
    if frame["type"] in ("progress", "result", "complete", "error"):
        return {"event": frame["type"], "data": frame.get("data")}
    return None


def heard(message: Any) -> Mapping[str, Any] | None:
    return {"event": "alive"} if message == {"type": "heartbeat"} else None


async def view(socket: WebSocket) -> None:
    try:
        await inner.watch_socket(socket, socket.path_params["id"], told=told, heard=heard)
    except UnknownJob:
        await socket.close()


inner.add_routes([Route("/shouts", submit, methods=["POST"])], submits=True)
inner.add_routes(
    [Route("/shouts", listed), Route("/shouts/{id}", show), Route("/shouts/{id}/cancel", cancel, methods=["POST"])]
)
inner.add_routes([Route("/both", hello, methods=["POST"])], public=True)
inner.add_routes([Route("/both", hello)])
inner.add_routes([Route("/hello", hello), WebSocketRoute("/view/{id}", view)], public=True)

app = App()
app.include(inner)
