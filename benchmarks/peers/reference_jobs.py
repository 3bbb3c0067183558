"""A bare reference: shared frames written through a subclass of uvicorn's protocol, one writer thread that commits what came
together (row and event, WAL, synchronous=FULL), and none of the promises of a server. Updates of a job that meet are merged."""

import asyncio
import itertools
import sqlite3
import threading
from typing import Any

import orjson
from jobs_web import DATABASE, application, serve
from message import body
from starlette.websockets import WebSocket, WebSocketDisconnect
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

UPDATE = (
    "UPDATE job SET seq = e.s, progress = e.p, stage = e.g, body = e.b FROM (SELECT value->>0 AS i, value->>1 AS s, "
    "value->>2 AS p, value->>3 AS g, value->>4 AS b FROM json_each(?)) AS e WHERE job.id = e.i"
)
INSERT = "INSERT INTO event (job, seq, body) SELECT value->>0, value->>1, value->>4 FROM json_each(?)"


class Direct(WebSocketsSansIOProtocol):
    paused = False

    def handle_connect(self, event: Any) -> None:
        super().handle_connect(event)
        self.scope["extensions"]["direct"] = self  # type: ignore[typeddict-item]

    def pause_writing(self) -> None:
        self.paused = True
        super().pause_writing()

    def resume_writing(self) -> None:
        self.paused = False
        super().resume_writing()

    def write_frame(self, data: bytes) -> None:
        if not (self.paused or self.close_sent or self.disconnected):
            self.transport.write(data)


class Job:
    __slots__ = ("due", "id", "watchers")

    def __init__(self, id: int) -> None:
        self.id, self.watchers, self.due = id, [], None  # type: ignore[var-annotated]


class Store:
    def __init__(self) -> None:
        self.queue: list[Job] = []
        self.lock, self.some = threading.Lock(), threading.Event()
        self.loop: asyncio.AbstractEventLoop
        self.database = sqlite3.connect(DATABASE, isolation_level=None, check_same_thread=False)
        for statement in (
            "PRAGMA journal_mode = WAL",
            "PRAGMA synchronous = FULL",
            "CREATE TABLE job (id INTEGER PRIMARY KEY, seq INTEGER, progress REAL, stage TEXT, body BLOB)",
            "CREATE TABLE event (id INTEGER PRIMARY KEY, job INTEGER, seq INTEGER, body BLOB)",
            "CREATE UNIQUE INDEX event_job ON event (job, seq)",
        ):
            self.database.execute(statement)

    def report(self, job: Job, told: dict[str, Any]) -> None:
        with self.lock:
            merged, job.due = job.due is not None, told
            if not merged:
                self.queue.append(job)
        self.some.set()

    def run(self) -> None:
        while True:
            self.some.wait()
            self.some.clear()
            with self.lock:
                taken, self.queue = [(job, job.due) for job in self.queue], []
                for job, _ in taken:
                    job.due = None
            if not taken:
                continue
            out = [(job, told, orjson.dumps(told)) for job, told in taken]
            rows = [(job.id, told["seq"], told["progress"], told["stage"], text.decode()) for job, told, text in out]
            group = orjson.dumps(rows).decode()
            self.database.execute("BEGIN IMMEDIATE")
            self.database.execute(UPDATE, (group,))
            self.database.execute(INSERT, (group,))
            self.database.execute("COMMIT")
            self.loop.call_soon_threadsafe(send, [(job, text) for job, _, text in out])


def send(out: list[tuple[Job, bytes]]) -> None:
    for job, payload in out:
        frame = bytes((0x81, 126, len(payload) >> 8, len(payload) & 255)) + payload
        for watcher in job.watchers:
            watcher.write_frame(frame)


store = Store()
ids = itertools.count(1)
jobs: dict[int, Job] = {}
tasks: set[asyncio.Task[Any]] = set()


async def make(params: dict[str, Any]) -> str:
    job = Job(next(ids))
    jobs[job.id] = job
    store.database.execute("INSERT INTO job VALUES (?, -1, 0.0, 'init', x'')", (job.id,))
    task = asyncio.create_task(body(str(job.id), params, lambda told: store.report(job, told)))
    tasks.add(task)
    task.add_done_callback(tasks.discard)
    return str(job.id)


async def watch(socket: WebSocket, id: str) -> None:
    job, direct = jobs[int(id)], socket.scope["extensions"]["direct"]
    job.watchers.append(direct)
    try:
        while True:
            await socket.receive_text()
    except WebSocketDisconnect:
        job.watchers.remove(direct)


async def app(scope: Any, receive: Any, send_: Any) -> None:
    if scope["type"] != "lifespan":
        await web(scope, receive, send_)
        return
    await receive()
    store.loop = asyncio.get_running_loop()
    threading.Thread(target=store.run, daemon=True).start()
    await send_({"type": "lifespan.startup.complete"})
    await receive()
    await send_({"type": "lifespan.shutdown.complete"})


web = application(make, watch)
serve(app, ws=Direct)
