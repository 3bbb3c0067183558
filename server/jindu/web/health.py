"""`/healthz`, `/readyz`, and what `/` tells programs: is it there, may it be asked, what can be asked."""

from importlib.metadata import version
from typing import Literal

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from typing_extensions import TypedDict

from ..core.codec import encode
from ..core.frames import SUBPROTOCOL
from . import asking


class Index(TypedDict):
    """The ways in, as paths below this one."""

    name: str
    version: str
    jobs: str
    socket: str
    stream: str
    poll: str
    subprotocol: str
    health: str
    ready: str
    openapi: str
    asyncapi: str
    docs: str


class Health(TypedDict):
    """The process answers."""

    status: Literal["ok"]


class Ready(TypedDict):
    """Whether requests should come here; the reason when not. `running`: jobs at this moment."""

    status: Literal["ready", "not ready"]
    reason: str | None
    running: int


def routes() -> list[Route]:
    return [Route("/healthz", health), Route("/readyz", ready)]


async def index(request: Request) -> Response:
    """What is here, for programs; browsers get the page."""
    body: Index = {
        "name": "jindu",
        "version": version("jindu"),
        "jobs": "/v1/jobs",
        "socket": "/v1/ws",
        "stream": "/v1/stream",
        "poll": "/v1/poll",
        "subprotocol": SUBPROTOCOL,
        "health": "/healthz",
        "ready": "/readyz",
        "openapi": "/openapi.json",
        "asyncapi": "/asyncapi.json",
        "docs": "/docs",
    }
    return Response(encode(body), media_type="application/json")


async def health(request: Request) -> Response:
    """200 while the process answers."""
    body: Health = {"status": "ok"}
    return Response(encode(body), media_type="application/json")


async def ready(request: Request) -> Response:
    """200 when requests should come here, 503 with the reason when not."""
    node = asking.node(request)
    reason = node.ready
    body: Ready = {"status": "ready" if reason is None else "not ready", "reason": reason, "running": node.running}
    return Response(encode(body), 200 if reason is None else 503, media_type="application/json")
