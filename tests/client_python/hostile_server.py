"""A small real server that does as it is told, also what no good server would: for the cases the real one never shows.

One thread for each connection, blocking sockets, the WebSocket protocol from `websockets` without its I/O. Each WebSocket
connection plays the next of `scripts` (the last one again and again); HTTP is answered by `answers`.
"""

import contextlib
import json
import socket
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol

Script = Callable[["Peer"], None]


@dataclass(frozen=True)
class Asked:
    """One HTTP request as it came."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    head: bytes


@dataclass
class Answer:
    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


class Gone(Exception):
    """The client has closed."""


class Peer:
    """The server's end of one WebSocket, or of one that is still asking to be."""

    def __init__(self, connection: socket.socket, asked: Asked, server: "HostileServer") -> None:
        self.server = server
        self._connection = connection
        self._protocol = ServerProtocol(subprotocols=[Subprotocol("jindu.v1")])
        self._protocol.receive_data(asked.head)
        self._events = deque(self._protocol.events_received())
        request = self._events.popleft()
        assert isinstance(request, Request)
        self.request = request

    def accept(self) -> "Peer":
        response = self._protocol.accept(self.request)
        self._protocol.send_response(response)
        self._flush()
        return self

    def refuse(self, status: int) -> None:
        self._protocol.send_response(self._protocol.reject(status, "no\n"))
        self._flush()

    def send(self, frame: Any) -> None:
        self._protocol.send_text(json.dumps(frame).encode())
        self._flush()

    def hello(self, epoch: str = "E1", **more: Any) -> None:
        self.send({"type": "hello", "v": 1, "epoch": epoch, "conn": "c", "ping": 20, "now": 0, "auth": "ok", **more})

    def receive(self) -> dict[str, Any]:
        """The next message of the client, as JSON; raises `Gone`."""
        while True:
            while self._events:
                event = self._events.popleft()
                if isinstance(event, Frame) and event.opcode is Opcode.TEXT:
                    value: dict[str, Any] = json.loads(bytes(event.data))
                    return value
                if isinstance(event, Frame) and event.opcode is Opcode.CLOSE:
                    self._flush()
                    raise Gone
            data = self._connection.recv(65536)
            if not data:
                raise Gone
            self._protocol.receive_data(data)
            self._events += self._protocol.events_received()

    def until_gone(self) -> None:
        with contextlib.suppress(Gone):
            while True:
                self.receive()

    def close(self, code: int) -> None:
        self._protocol.send_close(code, "")
        self._flush()
        self.until_gone()

    def cut(self) -> None:
        """The link breaks without a word."""
        self._connection.shutdown(socket.SHUT_RDWR)

    def _flush(self) -> None:
        for data in self._protocol.data_to_send():
            if data:
                self._connection.sendall(data)


class HostileServer:
    """Listens on a free port of this machine while it is entered as a context manager."""

    def __init__(self, *scripts: Script, answers: Callable[[Asked], Answer] | None = None) -> None:
        self.scripts = list(scripts)
        self.answers = answers or (lambda asked: Answer(404, {"code": "NOT_FOUND", "status": 404, "title": "Not found"}))
        self.asked: list[Asked] = []
        self.subscribed: list[dict[str, Any]] = []
        self.dialled = 0
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> "HostileServer":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Listen; after a `stop`, on the same port as before."""
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self.port = self._listener.getsockname()[1]
        self._begin(self._accept)

    def stop(self) -> None:
        # shutdown wakes the threads that wait in accept and recv.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            waiting = list(self._open)
        for connection in waiting:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join()

    def _begin(self, target: Callable[..., None], *args: Any) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self._open.add(connection)
            self._begin(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        try:
            with connection, contextlib.suppress(OSError, Gone):
                self._talk(connection)
        finally:
            with self._lock:
                self._open.discard(connection)

    def _talk(self, connection: socket.socket) -> None:
        for asked in requests(connection):
            if asked.headers.get("upgrade", "").lower() == "websocket":
                script = self.scripts[min(self.dialled, len(self.scripts) - 1)]
                self.dialled += 1
                script(Peer(connection, asked, self))
                return
            self.asked.append(asked)
            connection.sendall(written(self.answers(asked)))


def requests(connection: socket.socket) -> Iterator[Asked]:
    """The HTTP requests of one kept-alive connection."""
    data = b""
    while True:
        while b"\r\n\r\n" not in data:
            more = connection.recv(65536)
            if not more:
                return
            data += more
        head, _, data = data.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        length = int(headers.get("content-length", 0))
        while len(data) < length:
            data += connection.recv(65536)
        body, data = data[:length], data[length:]
        yield Asked(first.split()[0], first.split()[1], headers, body, head + b"\r\n\r\n")


def written(answer: Answer) -> bytes:
    body = b"" if answer.body is None else json.dumps(answer.body).encode()
    headers = {"content-type": "application/json", "content-length": str(len(body)), **answer.headers}
    lines = [f"HTTP/1.1 {answer.status} X", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
