"""python-socketio: jobs are background tasks of the same process and emit to a room; nothing is stored."""

import itertools
from typing import Any

import socketio
from jobs_web import application, serve
from message import body

server = socketio.AsyncServer(async_mode="asgi", cors_allowed_origins="*")
ids = itertools.count(1)


async def make(params: dict[str, Any]) -> str:
    job = f"job{next(ids):08d}"
    server.start_background_task(body, job, params, lambda told: server.emit("progress", told, room=job))
    return job


@server.event
async def connect(sid: str, environ: dict[str, Any]) -> None:
    await server.enter_room(sid, environ["QUERY_STRING"].rpartition("job=")[2])


serve(socketio.ASGIApp(server, application(make, None)))
