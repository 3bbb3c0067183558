"""`/v1/ws`: a WebSocket as a transport of the peer."""

from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from ..channels.peer import Peer
from ..channels.transport import TransportClosed
from ..core.codec import encode
from ..core.frames import SUBPROTOCOL, bye
from ..node import Node
from .protocol import EXTENSION, JinduProtocol


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


class DirectSocketTransport(SocketTransport):
    """A WebSocket where we serve: encoded frames go straight to our protocol, and a stalled one can be dropped."""

    def __init__(self, socket: WebSocket, protocol: JinduProtocol) -> None:
        super().__init__(socket)
        self._protocol = protocol

    @property
    def ready(self) -> bool:
        return self._protocol.ready

    def write_now(self, message: bytes) -> None:
        self._protocol.write_text(message)

    async def send(self, message: bytes) -> None:
        await self._protocol.writable.wait()
        if self._protocol.gone:
            raise TransportClosed
        self._protocol.write_text(message)

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
    protocol = (socket.scope.get("extensions") or {}).get(EXTENSION)
    transport = SocketTransport(socket) if protocol is None else DirectSocketTransport(socket, protocol)
    await Peer(node.hub, transport).run()


def routes() -> list[WebSocketRoute]:
    return [WebSocketRoute("/v1/ws", serve_socket)]
