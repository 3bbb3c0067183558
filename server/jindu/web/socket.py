"""`/v1/ws`: a WebSocket as a transport of the peer."""

from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from ..channels.peer import Peer
from ..channels.transport import TransportClosed
from ..core.admission import Admission
from ..core.codec import encode
from ..core.frames import SUBPROTOCOL, bye
from ..core.session import Close
from ..node import Node
from . import access, asking
from .guard import PLACE, path_of
from .problems import Problem
from .protocol import EXTENSION, JinduProtocol, framed

ADDRESS = "/v1/ws"


class SocketTransport:
    """A WebSocket on any ASGI server."""

    def __init__(self, socket: WebSocket) -> None:
        self._socket = socket

    async def send(self, message: bytes) -> None:
        try:
            await self._socket.send_text(message.decode())
        except (WebSocketDisconnect, RuntimeError) as error:
            raise TransportClosed from error

    async def receive(self) -> str | bytes:
        if self._socket.application_state is not WebSocketState.CONNECTED:
            raise TransportClosed
        message = await self._socket.receive()
        if message["type"] != "websocket.receive":
            raise TransportClosed
        text = message.get("text")
        return text if text is not None else bytes(message["bytes"])

    async def close(self, code: int) -> None:
        try:
            await self._socket.close(code)
        except (WebSocketDisconnect, RuntimeError) as error:
            raise TransportClosed from error

    def abort(self) -> None:
        """ASGI has no way to drop a connection; closing waits for the client, and the server's own limits end that."""


class DirectSocketTransport:
    """A WebSocket where we serve, from when it was accepted: encoded frames go straight to our protocol, and a stalled one can
    be dropped. Holds nothing of the request."""

    __slots__ = ("_over", "_protocol", "writable", "write")

    def __init__(self, protocol: JinduProtocol) -> None:
        self._protocol = protocol
        self.writable = protocol.writable
        self.write = protocol.transport.write
        self._over = False

    @property
    def ready(self) -> bool:
        return self.writable.open and not self._protocol.gone

    framed = staticmethod(framed)

    @property
    def stalled(self) -> bool:
        return self._protocol.stalled

    async def send(self, message: bytes) -> None:
        await self._protocol.writable.wait()
        if self._protocol.gone:
            raise TransportClosed
        self._protocol.say(framed(message))

    def heard_by(self, come: Callable[[], None]) -> None:
        self._protocol.queue.told = come

    def take(self) -> str | bytes | None:
        if self._over:
            raise TransportClosed
        message = self._protocol.take()
        return None if message is None else self._text_of(message)

    async def receive(self) -> str | bytes:
        if self._over:
            raise TransportClosed
        return self._text_of(await self._protocol.receive())

    def _text_of(self, message: Any) -> str | bytes:
        if message["type"] != "websocket.receive":
            self._over = True
            raise TransportClosed
        text: str | None = message.get("text")
        return text if text is not None else bytes(message["bytes"])

    async def close(self, code: int) -> None:
        self._over = True
        try:
            await self._protocol.send({"type": "websocket.close", "code": code})
        except (OSError, RuntimeError) as error:
            raise TransportClosed from error

    def abort(self) -> None:
        self._protocol.abort()


async def serve_socket(socket: WebSocket) -> None:
    """Accept and hand over to a peer. A client that offers other subprotocols only is told so, and closed with 4001."""
    node: Node = socket.app.state.node
    offered = socket.scope.get("subprotocols") or []
    await socket.accept(SUBPROTOCOL if SUBPROTOCOL in offered else None)
    if offered and SUBPROTOCOL not in offered:
        await socket.send_text(encode(bye(4001, f"speak {SUBPROTOCOL}", stop=True)).decode())
        await socket.close(4001)
        return
    protocol: JinduProtocol | None = (socket.scope.get("extensions") or {}).get(EXTENSION)
    admission = access.admission(socket)
    refused, origin = _refused(socket, admission), asking.origin(socket.scope, "ws")
    if protocol is None:
        await _serve(Peer(node.hub, SocketTransport(socket), admission=admission, origin=origin), refused)
    else:
        peer = Peer(node.hub, DirectSocketTransport(protocol), admission=admission, origin=origin)
        protocol.hand_on(_serve(peer, refused, socket.scope.pop(PLACE, None)))


async def _serve(peer: Peer, refused: Close | None, leave: Callable[[], None] | None = None) -> None:
    """Run the peer to its end, then `leave` the place that the connection took."""
    try:
        if refused is not None:
            peer.leave(refused)
        await peer.run()
    finally:
        if leave is not None:
            leave()


def _refused(socket: WebSocket, admission: Admission) -> Close | None:
    """Credentials that came with the upgrade and are no good are told after it, so that browsers can see why."""
    if socket.scope[access.GIVEN] and admission.needed:
        return Close(4009, "unauthorized", stop=True)
    return None if admission.needed or admission.watches else Close(4003, "this credential may not watch", stop=True)


async def not_upgraded(request: Request) -> Response:
    """426: this address speaks WebSocket only."""
    raise Problem(
        "UPGRADE_REQUIRED", "ask for an upgrade to websocket", headers={"Upgrade": "websocket", "Connection": "Upgrade"}
    )


def routes() -> list[BaseRoute]:
    return [Route(ADDRESS, not_upgraded, methods=["GET"])]


class Sockets:
    """Serves the address before any route is looked for: for who only connects and waits, routing is a tenth of all."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket" and path_of(scope) == ADDRESS:
            await serve_socket(WebSocket(scope, receive, send))
        else:
            await self._app(scope, receive, send)
