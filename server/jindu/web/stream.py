"""`/v1/stream`: server-sent events as a transport of the peer."""

from typing import Annotated, Any, Literal, NotRequired

import orjson
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send
from typing_extensions import TypedDict

from ..channels.peer import Peer
from ..channels.transport import TransportClosed
from ..channels.visit import Visit, nothing_follows
from ..core.access import WATCHING
from ..core.admission import Admission
from ..core.session import watched_id
from ..node import Node
from . import access, asking, watching
from .http_protocol import JinduHttpProtocol
from .problems import Problem
from .protocol import EXTENSION

COME_BACK_AFTER = 1000  # milliseconds that a browser's EventSource waits before it comes back by itself
HEADERS = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-store, no-transform",
    "X-Accel-Buffering": "no",
    "Connection": "close",  # its send buffer was made small: not for other answers
}
MOVES = ("progress", "result", "complete", "error")


class StreamEvent(TypedDict):
    """One server-sent event. `data` is the JSON text of a frame, or of an array of frames."""

    data: Annotated[str, Field(json_schema_extra={"contentMediaType": "application/json"})]
    event: NotRequired[Literal["message"]]
    id: NotRequired[Annotated[str, Field(description="the cursor epoch:seq, while one job is watched")]]
    retry: NotRequired[Annotated[int, Field(description="milliseconds before coming back")]]


class StreamTransport:
    """Events on any ASGI server; where we serve, a stalled one can be dropped.

    With a `cursor` (epoch and job) each event that moves the job carries the place it leaves the client at: of the last
    frame in it, not of the watch, which may be further on than what was sent.
    """

    def __init__(
        self, receive: Receive, send: Send, cursor: tuple[str, str] | None, protocol: JinduHttpProtocol | None = None
    ) -> None:
        self._receive = receive
        self._send = send
        self._cursor = cursor
        self._protocol = protocol
        self._begun = False

    async def send(self, message: bytes) -> None:
        event = b"data: " + b"\ndata: ".join(message.splitlines()) + b"\n\n"
        if (place := self._place(message)) is not None:
            event = b"id: " + place + b"\n" + event
        if (pause := self._pause(message)) is not None:
            event = b"retry: %d\n" % pause + event
        await self._write(event, more=True)

    async def receive(self) -> str | bytes:
        await watching.gone(self._receive)
        raise TransportClosed

    async def close(self, code: int) -> None:
        await self._write(b"", more=False)

    def abort(self) -> None:
        """Drop it; on other servers only their own limits end a reader that stalls."""
        if self._protocol is not None:
            self._protocol.abort()

    @property
    def stalled(self) -> bool:
        return self._protocol is not None and self._protocol.stalled

    async def _write(self, body: bytes, *, more: bool) -> None:
        try:
            await self._send({"type": "http.response.body", "body": body, "more_body": more})
        except OSError as error:
            raise TransportClosed from error

    def _place(self, message: bytes) -> bytes | None:
        """The cursor after a message, if it moves the one job that is watched."""
        if self._cursor is None:
            return None
        epoch, job_id = self._cursor
        seqs = [f["seq"] for f in _frames(message) if f["type"] in MOVES and f["job"] == job_id and "feed" not in f]
        return f"{epoch}:{seqs[-1]}".encode() if seqs else None

    def _pause(self, message: bytes) -> int | None:
        """What `retry` should say: at first our pause, at the end the one in `bye`."""
        if not self._begun:
            self._begun = True
            return COME_BACK_AFTER
        if message.startswith(b'{"type":"bye"'):
            pause: int | None = orjson.loads(message)["retry_ms"]
            return pause
        return None


class StreamResponse(Response):
    def __init__(self, node: Node, visit: Visit, admission: Admission) -> None:
        super().__init__(headers=HEADERS)
        del self.headers["content-length"]
        self._node = node
        self._visit = visit
        self._admission = admission

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        protocol: JinduHttpProtocol | None = (scope.get("extensions") or {}).get(EXTENSION)
        if protocol is not None:
            protocol.hand_over()
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        job = _only_job(self._visit.channels)
        cursor = None if job is None else (self._node.store.epoch, watched_id(job) or "")
        transport = StreamTransport(receive, send, cursor, protocol)
        await Peer(self._node.hub, transport, self._visit, self._admission, asking.origin(scope, "stream")).run()


async def stream(request: Request) -> Response:
    """200 and events to the end of all that is watched; 204, which a browser does not come back from, if nothing can follow."""
    asked = await watching.read(watching.AskedStream, request)
    node = asking.node(request)
    channels, epoch = asked.channels, asked.epoch or ""
    last = request.headers.get("last-event-id") or asked.last_event_id
    job = _only_job(channels)
    if last and job is not None:
        epoch, held = _last_event(last)
        channels = {**channels, job: held}
    until = None if asked.rotate is None else node.clock.monotonic() + asked.rotate
    visit = Visit(channels, epoch, asked.pace, until)
    admission = access.admission(request)
    if await nothing_follows(node.hub, visit, admission):
        return Response(status_code=204, headers={"Cache-Control": "no-store"})
    if request.method == "HEAD":
        return Response(headers=HEADERS)
    return StreamResponse(node, visit, admission)


def _only_job(channels: dict[str, int] | Any) -> str | None:
    """The one job or batch that is watched, feeds aside; None if there are more or none."""
    jobs = [name for name in channels if watched_id(name) is not None]
    return jobs[0] if len(jobs) == 1 else None


def _last_event(text: str) -> tuple[str, int]:
    epoch, _, held = text.rpartition(":")
    if not epoch or not held.isascii() or not held.isdigit() or len(held) > 18:
        raise Problem("BAD_REQUEST", "Last-Event-ID is not one of ours: send the id of the last event as it is, epoch:seq")
    return epoch, int(held)


def _frames(message: bytes) -> list[dict[str, Any]]:
    value = orjson.loads(message)
    return value if isinstance(value, list) else [value]


def routes() -> list[Route]:
    return [Route("/v1/stream", access.needs(WATCHING, stream), methods=["GET", "POST"])]
