"""What the peers that run jobs have in common on the web: `POST /jobs` makes one and answers its id, `/ws/{id}` watches it."""

import os
from collections.abc import Awaitable, Callable
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

PORT = int(os.environ.get("PEER_PORT", "0"))
REDIS = int(os.environ.get("PEER_REDIS", "0"))
DATABASE = os.environ.get("PEER_DATABASE", "")
JOBS = int(os.environ.get("PEER_JOBS", "100"))


def application(
    make: Callable[[dict[str, Any]], Awaitable[str]], watch: Callable[[WebSocket, str], Awaitable[None]] | None
) -> Starlette:
    async def submit(request: Request) -> JSONResponse:
        return JSONResponse({"id": await make(await request.json())})

    async def socket(socket: WebSocket) -> None:
        assert watch is not None
        await socket.accept()
        await watch(socket, socket.path_params["id"])

    routes: list[Any] = [Route("/jobs", submit, methods=["POST"])]
    if watch is not None:
        routes.append(WebSocketRoute("/ws/{id}", socket))
    return Starlette(routes=routes)


def serve(app: Any, **options: Any) -> None:
    uvicorn.run(
        app, host="127.0.0.1", port=PORT, loop="uvloop", log_level="error", access_log=False, backlog=4096,
        ws_per_message_deflate=False, **{"ws": "websockets-sansio", **options},
    )  # fmt: skip
