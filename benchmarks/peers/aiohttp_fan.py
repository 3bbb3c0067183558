"""aiohttp: `await socket.send_str(text)` for each who watches, on uvloop."""

import asyncio
import sys

import orjson
import uvloop
from aiohttp import web
from message import broadcast, publish

sockets: set[web.WebSocketResponse] = set()
tasks: set[asyncio.Task[None]] = set()


async def send(seq: int) -> None:
    text = orjson.dumps(broadcast(0, seq)).decode()
    for socket in list(sockets):
        await socket.send_str(text)


async def watch(request: web.Request) -> web.WebSocketResponse:
    socket = web.WebSocketResponse(compress=False)
    await socket.prepare(request)
    sockets.add(socket)
    async for arrived in socket:
        tasks.add(asyncio.create_task(publish(orjson.loads(arrived.data), send)))
    sockets.discard(socket)
    return socket


uvloop.install()
app = web.Application()
app.router.add_get("/ws/{id}", watch)
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), backlog=4096, access_log=None, print=None)
