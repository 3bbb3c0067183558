"""`/v1/ws`: a WebSocket as a transport of the peer."""

from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from ..channels.peer import Peer, TransportClosed
from ..core.codec import encode
from ..core.frames import SUBPROTOCOL, bye
from ..node import Node
from .protocol import EXTENSION, JinduProtocol


class SocketTransport:
    def __init__(self, socket: WebSocket) -> None:
        self._socket = socket
        # Ours when we serve; on another ASGI server the plain path works, without abort.
        self._protocol: JinduProtocol | None = (socket.scope.get("extensions") or {}).get(EXTENSION)

    async def send(self, message: bytes) -> None:
        if self._protocol is not None:
            if not await self._protocol.send_text(message):
                raise TransportClosed
            return
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
        if self._protocol is not None:
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
    await Peer(node.hub, SocketTransport(socket)).run()


def routes() -> list[WebSocketRoute]:
    return [WebSocketRoute("/v1/ws", serve_socket)]
