"""The lines of a blocking watch: each use of one is a thread that hears and tells the mailbox. No event loop."""

import contextlib
import socket
import threading
from collections.abc import Mapping
from typing import Any

import httpx
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from ._api import SUBPROTOCOL
from ._commands import Answered, Ask, Closed, Dial, Line, Listen, Opened, Refused
from ._events import Events
from ._mailbox import Mailbox
from ._requests import Response
from ._sync_http import SyncHttp, answer_to, credited, unreached

CLOSE_WITHIN = 2.0  # seconds a peer gets to answer our close
STREAM_SILENCE = 600.0  # seconds after which a stream's thread gives up by itself; the watch does so before


class Use:
    """One use of one line, from its command to its end. `run` is the thread's; `drop` may come at any time, from another."""

    def __init__(self, line: Line, http: SyncHttp, mailbox: Mailbox, token: str | None) -> None:
        self._line = line
        self._http = http
        self._mailbox = mailbox
        self._token = token
        self._use = mailbox.use(line)
        self.thread = threading.Thread(target=self.run, daemon=True, name=f"jindu-{line}")

    def begin(self) -> None:
        self.thread.start()

    @property
    def dropped(self) -> bool:
        return not self._mailbox.current(self._line, self._use)

    def tell(self, what: Any) -> bool:
        return self._mailbox.put(self._line, self._use, what)

    def run(self) -> None:
        raise NotImplementedError

    def drop(self) -> None:
        """Nothing more is heard of it; the thread ends as soon as it can."""
        if not self.dropped:
            self._mailbox.use(self._line)
            self.wake()

    def wake(self) -> None:
        """Make a thread that waits notice that it was let go."""


class SocketUse(Use):
    def __init__(self, command: Dial, http: SyncHttp, mailbox: Mailbox, token: str | None) -> None:
        super().__init__("ws", http, mailbox, token)
        self._timeout = command.timeout
        self._socket: ClientConnection | None = None

    def run(self) -> None:
        try:
            with self._connect() as self._socket:
                self._hear(self._socket)
        except InvalidStatus as error:
            self.tell(Refused(error.response.status_code))
        except (OSError, WebSocketException):
            self.tell(Refused())

    def send(self, texts: list[str]) -> None:
        with contextlib.suppress(ConnectionClosed):  # its thread says so
            for text in texts:
                if self._socket is not None:
                    self._socket.send(text)

    def wake(self) -> None:
        if self._socket is not None:
            # Closing waits for the other side, which may be gone: not our caller's time.
            threading.Thread(target=self._socket.close, daemon=True, name="jindu-close").start()

    def _connect(self) -> ClientConnection:
        # Rule 6 is our own heartbeat, on frames that every platform can see: protocol pings add nothing.
        # Entered at once: since websockets 17.1 `connect` wants to be a context manager; closing it is its exit.
        api = self._http.api
        return connect(
            api.socket_url,
            subprotocols=[Subprotocol(SUBPROTOCOL)],
            additional_headers={**api.headers, **_bearer(self._token)},
            open_timeout=self._timeout,
            close_timeout=CLOSE_WITHIN,
            ping_interval=None,
            ssl=self._http.tls if api.socket_url.startswith("wss") else None,
        ).__enter__()

    def _hear(self, socket: ClientConnection) -> None:
        if not self.tell(Opened(self._token)):
            return
        try:
            while self.tell(socket.recv()):
                pass
        except ConnectionClosed:
            self.tell(Closed(socket.close_code or 1006))


class HttpUse(Use):
    """With a connection of its own, so that letting it go ends it at once; `short` ones share the client's."""

    def __init__(self, line: Line, http: SyncHttp, mailbox: Mailbox, token: str | None) -> None:
        super().__init__(line, http, mailbox, token)
        self._socket: socket.socket | None = None

    def wake(self) -> None:
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)

    def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """httpcore tells of what it connects: the newest socket is the one to end."""
        if event.endswith((".connect_tcp.complete", ".start_tls.complete")):
            self._socket = info["return_value"].get_extra_info("socket")
            if self.dropped:
                self.wake()


class StreamUse(HttpUse):
    def __init__(self, command: Listen, http: SyncHttp, mailbox: Mailbox, token: str | None) -> None:
        super().__init__("stream", http, mailbox, token)
        self._request = command.request

    def run(self) -> None:
        request = self._request
        with self._http.new_client() as client:
            try:
                with client.stream(
                    request.method,
                    request.url,
                    headers={**credited(request, self._token), "accept": "text/event-stream"},
                    params=dict(request.query) or None,
                    json=request.body,
                    timeout=STREAM_SILENCE,
                    extensions={"trace": self.trace},
                ) as answer:
                    self._hear(answer)
            except httpx.HTTPError as error:
                self.tell(Answered(unreached(error)))

    def _hear(self, answer: httpx.Response) -> None:
        if not is_stream(answer):
            self.tell(Answered(Response(answer.status_code, dict(answer.headers), answer.read())))
            return
        events = Events()
        try:
            heard = self.tell(Opened(self._token))
            pieces = answer.iter_bytes()
            while heard and (piece := next(pieces, None)) is not None:
                heard = all(self.tell(event) for event in events.feed(piece))
        except httpx.HTTPError:
            pass  # cut: the end says it
        self.tell(Closed())


class AskUse(HttpUse):
    """One call. A long-poll keeps its connection from call to call, in `client`; others share that of the application."""

    def __init__(self, command: Ask, http: SyncHttp, mailbox: Mailbox, token: str | None, client: httpx.Client) -> None:
        super().__init__(command.line, http, mailbox, token)
        self._command = command
        self._client = client

    def run(self) -> None:
        command = self._command
        answer = answer_to(self._client, command.request, self._token, command.timeout, {"trace": self.trace})
        self.tell(Answered(answer))


def is_stream(answer: httpx.Response) -> bool:
    """Whether it is events that come; not the page of somebody before the server."""
    return answer.status_code == 200 and answer.headers.get("content-type", "").startswith("text/event-stream")


def _bearer(token: str | None) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"} if token else {}
