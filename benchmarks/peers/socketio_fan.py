"""python-socketio on uvicorn: emit to a room."""

import asyncio
import sys
from typing import Any

import socketio
import uvicorn
from message import broadcast, publish

server = socketio.AsyncServer(async_mode="asgi", cors_allowed_origins="*")
tasks: set[asyncio.Task[None]] = set()


@server.event
async def connect(sid: str, environ: dict[str, Any]) -> None:
    await server.enter_room(sid, "all")


async def send(seq: int) -> None:
    await server.emit("progress", broadcast(0, seq), room="all")


def congested() -> bool:
    """emit only queues: wait until a few clients have taken theirs."""
    clients = list(server.eio.sockets.values())
    return bool(clients) and max(clients[n].queue.qsize() for n in (0, len(clients) // 2, -1)) > 2


@server.event
async def go(sid: str, data: dict[str, Any]) -> None:
    tasks.add(asyncio.create_task(publish(data, send, congested)))


uvicorn.run(
    socketio.ASGIApp(server), host="127.0.0.1", port=int(sys.argv[1]), ws="websockets-sansio", loop="uvloop", log_level="error",
    access_log=False, backlog=4096, ws_per_message_deflate=False,
)  # fmt: skip
