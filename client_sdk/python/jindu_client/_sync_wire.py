"""The blocking driver: carries out the commands of a watch with threads and sockets, no event loop. Decides nothing."""

import time
from collections.abc import Callable, Generator
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from threading import Thread

import httpx
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from ._requests import BACKUP_TIMEOUT, HTTP_TIMEOUT, SUBPROTOCOL, Api, Request, Response, Unreachable
from ._session import Output
from ._steps import (
    Closed,
    Command,
    Dial,
    Emit,
    Fetch,
    HangUp,
    Heard,
    Link,
    Opened,
    Receive,
    Refused,
    Send,
    Silence,
    Sleep,
    Steps,
    Tell,
)  # fmt: skip
from .errors import WaitTimeout

CLOSE_WITHIN = 2.0  # seconds a peer gets to answer our close


def answer_to(http: httpx.Client, request: Request, timeout: float = HTTP_TIMEOUT) -> Response | Unreachable:
    """One HTTP call; `timeout` is seconds for connecting, and between two pieces of the answer."""
    try:
        answer = http.request(
            request.method,
            request.url,
            headers=dict(request.headers),
            params=dict(request.query) or None,
            json=request.body,
            timeout=timeout,
        )
    except httpx.HTTPError as error:
        return Unreachable(str(error) or type(error).__name__)
    return Response(answer.status_code, dict(answer.headers), answer.content)


def download(http: httpx.Client, request: Request, target: Path) -> Response | Unreachable:
    """One HTTP call whose answer, if it is a success, goes to a new file, whole or not at all. Raises `OSError`."""
    part = target.with_name(f"{target.name}.part")
    try:
        with http.stream(request.method, request.url, headers=dict(request.headers), timeout=BACKUP_TIMEOUT) as answer:
            if not answer.is_success:
                return Response(answer.status_code, dict(answer.headers), answer.read())
            with part.open("wb") as file:
                for piece in answer.iter_bytes():
                    file.write(piece)
        part.rename(target)
        return Response(answer.status_code, dict(answer.headers), b"")
    except httpx.HTTPError as error:
        return Unreachable(str(error) or type(error).__name__)
    finally:
        part.unlink(missing_ok=True)


def new_http() -> httpx.Client:
    return httpx.Client(timeout=HTTP_TIMEOUT)


class SyncWire:
    """One watch's socket. `timeout` is seconds for the whole watch, None for ever; then it raises `WaitTimeout`."""

    def __init__(self, http: httpx.Client, api: Api, timeout: float | None, on_link: Callable[[Link], None] | None) -> None:
        self._http = http
        self._api = api
        self._timeout = timeout
        self._deadline = float("inf")
        self._on_link = on_link
        self._link: Link | None = None
        self._dialling: Future[ClientConnection] | None = None
        self._socket: ClientConnection | None = None

    def run(self, program: Steps[None]) -> Generator[Output, None, None]:
        """Outputs as they come. Closing the generator closes the socket; the job is not touched."""
        if self._timeout is not None:
            self._deadline = time.monotonic() + self._timeout
        answer: object = None
        try:
            while True:
                try:
                    command = program.send(answer)
                except StopIteration:
                    return
                if isinstance(command, Emit):
                    answer = None
                    yield command.output
                    continue
                answer = self._do(command)
        finally:
            program.close()
            self._hang_up()

    def _do(self, command: Command) -> object:
        match command:
            case Dial(timeout):
                self._dial(self._within(timeout))
            case Receive(timeout):
                return self._receive(self._within(timeout))
            case Send(texts):
                self._send(texts)
            case HangUp():
                self._hang_up()
            case Fetch(request):
                return answer_to(self._http, request, self._within(HTTP_TIMEOUT))
            case Sleep(seconds):
                time.sleep(self._within(seconds))
            case Tell(link) if self._on_link is not None and link != self._link:
                self._link = link
                self._on_link(link)
        return None

    def _within(self, seconds: float) -> float:
        """No longer than the caller waits; raises once that time is over."""
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise WaitTimeout(f"not ended within {self._timeout:g} s; the job goes on")
        return min(seconds, left)

    def _dial(self, timeout: float) -> None:
        # In a thread, because a handshake that hangs must not keep us from looking over HTTP meanwhile.
        self._dialling = future = Future[ClientConnection]()
        Thread(target=self._connect, args=(future, timeout), daemon=True, name="jindu-dial").start()

    def _connect(self, future: "Future[ClientConnection]", timeout: float) -> None:
        try:
            # Rule 6 is our own heartbeat, on frames that every platform can see: protocol pings add nothing.
            # Entered at once: since websockets 17.1 `connect` wants to be a context manager; closing it is its exit.
            socket = connect(
                self._api.socket_url,
                subprotocols=[Subprotocol(SUBPROTOCOL)],
                additional_headers=self._api.headers,
                open_timeout=timeout,
                close_timeout=CLOSE_WITHIN,
                ping_interval=None,
            ).__enter__()
        except (OSError, WebSocketException) as error:
            future.set_exception(error)
        else:
            future.set_result(socket)

    def _receive(self, timeout: float) -> Heard:
        if self._socket is None:
            return self._dialled(timeout)
        try:
            return self._socket.recv(timeout)
        except TimeoutError:
            return Silence()
        except ConnectionClosed:
            return Closed(self._socket.close_code or 1006)

    def _dialled(self, timeout: float) -> Heard:
        if self._dialling is None:
            return Refused(None)
        try:
            self._dialling.exception(timeout)
        except TimeoutError:
            return Silence()
        dialling, self._dialling = self._dialling, None
        try:
            self._socket = dialling.result()
        except InvalidStatus as error:
            return Refused(error.response.status_code)
        except (OSError, WebSocketException):
            return Refused(None)
        return Opened()

    def _send(self, texts: list[str]) -> None:
        with suppress(ConnectionClosed):  # the next receive says so
            for text in texts:
                if self._socket is not None:
                    self._socket.send(text)

    def _hang_up(self) -> None:
        dialling, self._dialling = self._dialling, None
        socket, self._socket = self._socket, None
        if dialling is not None:
            dialling.add_done_callback(_close_late)
        if socket is not None:
            socket.close()


def _close_late(dialling: "Future[ClientConnection]") -> None:
    """A handshake that nobody waits for any more has come through after all."""
    if dialling.exception() is None:
        dialling.result().close()
