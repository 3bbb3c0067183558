"""What many would write: Starlette, jobs as tasks, aiosqlite with a commit for each update, `send_text` for each watcher."""

import asyncio
import itertools
import json
from typing import Any

import aiosqlite
from jobs_web import DATABASE, application, serve
from message import body
from starlette.websockets import WebSocket, WebSocketDisconnect

ids = itertools.count(1)
watchers: dict[str, list[WebSocket]] = {}
tasks: set[asyncio.Task[Any]] = set()
database: aiosqlite.Connection


async def report(told: dict[str, Any]) -> None:
    row = (told["progress"], told["stage"], json.dumps(told), told["job"])
    await database.execute("UPDATE job SET progress = ?, stage = ?, body = ? WHERE id = ?", row)
    await database.commit()
    for socket in list(watchers.get(told["job"], ())):
        await socket.send_text(json.dumps(told))


async def make(params: dict[str, Any]) -> str:
    job = f"job{next(ids):08d}"
    await database.execute("INSERT INTO job VALUES (?, 0.0, 'init', '{}')", (job,))
    await database.commit()
    task = asyncio.create_task(body(job, params, report))
    tasks.add(task)
    task.add_done_callback(tasks.discard)
    return job


async def watch(socket: WebSocket, job: str) -> None:
    watchers.setdefault(job, []).append(socket)
    try:
        while True:
            await socket.receive_text()
    except WebSocketDisconnect:
        watchers[job].remove(socket)


async def app(scope: Any, receive: Any, send: Any) -> None:
    global database
    if scope["type"] != "lifespan":
        await web(scope, receive, send)
        return
    await receive()
    database = await aiosqlite.connect(DATABASE)
    await database.execute("PRAGMA journal_mode = WAL")  # synchronous stays at SQLite's default, FULL
    await database.execute("CREATE TABLE job (id TEXT PRIMARY KEY, progress REAL, stage TEXT, body TEXT)")
    await database.commit()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.complete"})


web = application(make, watch)
serve(app)
