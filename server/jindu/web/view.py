"""A WebSocket of an application's own as a view of one job: the same peer as on `/v1/ws`, other words.

The view is a visit (`channels.visit`): the subscription is there from the start and it ends with the job. Pings are not shown,
since clients of other protocols would not know them; what such a client says counts, and changes no subscription.
"""

import contextlib
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from starlette.websockets import WebSocket

from ..channels.peer import Peer
from ..channels.visit import Visit
from ..core.access import OPEN, WATCHING, Subject
from ..core.admission import Admission
from ..core.codec import NotJson, decode, decode_own, encode
from ..engine.refusals import UnknownJob
from ..node import Node
from . import access, asking
from .socket import SocketTransport

Told: TypeAlias = Callable[[Mapping[str, Any]], Mapping[str, Any] | None]
Heard: TypeAlias = Callable[[Any], Mapping[str, Any] | None]

SOMETHING = '{"type":"heard"}'  # what the session counts in place of a message in foreign words


class ViewTransport:
    """A socket whose frames are translated, each by itself."""

    def __init__(self, socket: SocketTransport, told: Told, heard: Heard | None) -> None:
        self._socket = socket
        self._told = told
        self._heard = heard

    async def send(self, message: bytes) -> None:
        frames = decode_own(message)
        for frame in frames if isinstance(frames, list) else [frames]:
            await self._say(self._told(frame))

    async def receive(self) -> str | bytes:
        message = await self._socket.receive()
        if self._heard is not None and isinstance(message, str):
            with contextlib.suppress(NotJson):  # of no known protocol: it counts as said, and is not answered
                await self._say(self._heard(decode(message)))
        return SOMETHING

    async def close(self, code: int) -> None:
        await self._socket.close(code)

    def abort(self) -> None:
        self._socket.abort()

    async def _say(self, answer: Mapping[str, Any] | None) -> None:
        if answer is not None:
            await self._socket.send(encode(answer))


async def serve_view(node: Node, socket: WebSocket, job_id: str, told: Told, heard: Heard | None, *, public: bool) -> None:
    """Accept and serve to the end of the job. Raises `UnknownJob` for a job that is not there, or not there for who asks."""
    job = (await node.jobs.read(job_id)).job
    who = OPEN if public else socket.scope[access.CALLER]
    if who is None or not who.may(WATCHING) or not who.reaches(Subject.of(job)):
        raise UnknownJob(job_id)
    await socket.accept()
    transport = ViewTransport(SocketTransport(socket), told, heard)
    visit = Visit({f"job:{job_id}": 0})
    admission, origin = Admission() if public else access.admission(socket), asking.origin(socket.scope, "ws")
    await Peer(node.hub, transport, visit, admission=admission, origin=origin).run()
