"""Plain Starlette on uvicorn: `await socket.send_text(text)` for each who watches, as its documentation shows."""

import asyncio
import sys

import orjson
import uvicorn
from message import broadcast, publish
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

sockets: set[WebSocket] = set()
tasks: set[asyncio.Task[None]] = set()


async def send(seq: int) -> None:
    text = orjson.dumps(broadcast(0, seq)).decode()
    for socket in list(sockets):
        await socket.send_text(text)


async def watch(socket: WebSocket) -> None:
    await socket.accept()
    sockets.add(socket)
    try:
        while True:
            go = orjson.loads(await socket.receive_text())
            tasks.add(asyncio.create_task(publish(go, send)))
    except WebSocketDisconnect:
        sockets.discard(socket)


app = Starlette(routes=[WebSocketRoute("/ws/{id}", watch)])
uvicorn.run(
    app, host="127.0.0.1", port=int(sys.argv[1]), ws="websockets-sansio", loop="uvloop", log_level="error", access_log=False,
    backlog=4096, ws_per_message_deflate=False,
)  # fmt: skip
