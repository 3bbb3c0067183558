"""The ASGI application around a node."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib.metadata import version
from typing import Any, TypeAlias

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ..core.codec import encode
from ..core.frames import SUBPROTOCOL
from ..node import Node
from ..settings import Settings
from . import batches, cors, jobs, keys, page, poll, problems, socket, stream, tokens, types
from .cors import Cors
from .guard import Guard
from .places import Places
from .rates import Rates

Opening: TypeAlias = Callable[[], AbstractAsyncContextManager[Node]]


def build(opening: Opening, settings: Settings) -> Starlette:
    """An application whose lifespan opens the node."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> Any:
        async with opening() as node:
            app.state.node = node
            yield

    async def accident(request: Request, error: Exception) -> Response:
        # Starlette answers this one outside of all middleware; the page that asked should still be able to read it.
        answer = await problems.handle(request, error)
        if settings.origins:
            cors.allow(answer.headers, request.headers.get("origin", ""), settings.origins)
        return answer

    routes: list[BaseRoute] = [
        *page.routes(index),
        Route("/healthz", health),
        Route("/readyz", ready),
        *jobs.routes(),
        *batches.routes(),
        *types.routes(),
        *keys.routes(),
        *tokens.routes(),
        *socket.routes(),
        *stream.routes(),
        *poll.routes(),
    ]
    return Starlette(
        routes=routes,
        lifespan=lifespan,
        middleware=[
            Middleware(Cors, origins=settings.origins),
            Middleware(Guard, origins=settings.origins, rates=Rates(settings), places=Places(settings)),
        ],
        exception_handlers={Exception: accident, **dict.fromkeys((HTTPException, *problems.TOLD), problems.handle)},
    )


async def index(request: Request) -> Response:
    """What is here, for programs; browsers get the page."""
    body = {
        "name": "jindu",
        "version": version("jindu"),
        "jobs": "/v1/jobs",
        "batches": "/v1/batches",
        "socket": "/v1/ws",
        "stream": "/v1/stream",
        "poll": "/v1/poll",
        "subprotocol": SUBPROTOCOL,
        "health": "/healthz",
        "ready": "/readyz",
    }
    return Response(encode(body), media_type="application/json")


async def health(request: Request) -> Response:
    """200 while the process answers."""
    return Response(encode({"status": "ok"}), media_type="application/json")


async def ready(request: Request) -> Response:
    """200 when requests should come here, 503 with the reason when not."""
    node: Node = request.app.state.node
    reason = node.ready
    body = {"status": "ready" if reason is None else "not ready", "reason": reason, "running": node.running}
    return Response(encode(body), 200 if reason is None else 503, media_type="application/json")
