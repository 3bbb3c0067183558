"""The asyncio driver: carries out the commands of a watch. Decides nothing."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from pathlib import Path

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
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


async def answer_to(http: httpx.AsyncClient, request: Request) -> Response | Unreachable:
    """One HTTP call."""
    try:
        answer = await http.request(
            request.method, request.url, headers=dict(request.headers), params=dict(request.query) or None, json=request.body
        )
    except httpx.HTTPError as error:
        return Unreachable(str(error) or type(error).__name__)
    return Response(answer.status_code, dict(answer.headers), answer.content)


async def download(http: httpx.AsyncClient, request: Request, target: Path) -> Response | Unreachable:
    """One HTTP call whose answer, if it is a success, goes to a new file, whole or not at all. Raises `OSError`."""
    part = target.with_name(f"{target.name}.part")
    try:
        async with http.stream(request.method, request.url, headers=dict(request.headers), timeout=BACKUP_TIMEOUT) as answer:
            if not answer.is_success:
                return Response(answer.status_code, dict(answer.headers), await answer.aread())
            with part.open("wb") as file:
                async for piece in answer.aiter_bytes():
                    file.write(piece)
        part.rename(target)
        return Response(answer.status_code, dict(answer.headers), b"")
    except httpx.HTTPError as error:
        return Unreachable(str(error) or type(error).__name__)
    finally:
        part.unlink(missing_ok=True)


def new_http() -> httpx.AsyncClient:
    return httpx.AsyncClient(timeout=HTTP_TIMEOUT)


class AsyncWire:
    """One watch's socket. `timeout` is seconds for the whole watch, None for ever; then it raises `WaitTimeout`."""

    def __init__(
        self, http: httpx.AsyncClient, api: Api, timeout: float | None, on_link: Callable[[Link], None] | None
    ) -> None:
        self._http = http
        self._api = api
        self._timeout = timeout
        self._on_link = on_link
        self._link: Link | None = None
        self._dialling: asyncio.Task[ClientConnection] | None = None
        self._socket: ClientConnection | None = None

    async def run(self, program: Steps[None]) -> AsyncGenerator[Output, None]:
        """Outputs as they come. Closing the generator closes the socket; the job is not touched."""
        deadline = None if self._timeout is None else asyncio.get_running_loop().time() + self._timeout
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
                try:
                    async with asyncio.timeout_at(deadline):
                        answer = await self._do(command)
                except TimeoutError:
                    raise WaitTimeout(f"not ended within {self._timeout:g} s; the job goes on") from None
        finally:
            program.close()
            await self._hang_up()

    async def _do(self, command: Command) -> object:
        match command:
            case Dial(timeout):
                self._dialling = asyncio.create_task(self._connect(timeout))
            case Receive(timeout):
                return await self._receive(timeout)
            case Send(texts):
                await self._send(texts)
            case HangUp():
                await self._hang_up()
            case Fetch(request):
                return await answer_to(self._http, request)
            case Sleep(seconds):
                await asyncio.sleep(seconds)
            case Tell(link) if self._on_link is not None and link != self._link:
                self._link = link
                self._on_link(link)
        return None

    async def _connect(self, timeout: float) -> ClientConnection:
        # Rule 6 is our own heartbeat, on frames that every platform can see: protocol pings add nothing.
        return await connect(
            self._api.socket_url,
            subprotocols=[Subprotocol(SUBPROTOCOL)],
            additional_headers=self._api.headers,
            open_timeout=timeout,
            close_timeout=CLOSE_WITHIN,
            ping_interval=None,
        )

    async def _receive(self, timeout: float) -> Heard:
        if self._socket is None:
            return await self._dialled(timeout)
        try:
            async with asyncio.timeout(timeout):
                return await self._socket.recv()
        except TimeoutError:
            return Silence()
        except ConnectionClosed:
            return Closed(self._socket.close_code or 1006)

    async def _dialled(self, timeout: float) -> Heard:
        if self._dialling is None:
            return Refused(None)
        await asyncio.wait([self._dialling], timeout=timeout)
        if not self._dialling.done():
            return Silence()
        dialling, self._dialling = self._dialling, None
        try:
            self._socket = dialling.result()
        except InvalidStatus as error:
            return Refused(error.response.status_code)
        except (OSError, WebSocketException):
            return Refused(None)
        return Opened()

    async def _send(self, texts: list[str]) -> None:
        try:
            for text in texts:
                if self._socket is not None:
                    await self._socket.send(text)
        except ConnectionClosed:
            pass  # the next receive says so

    async def _hang_up(self) -> None:
        dialling, self._dialling = self._dialling, None
        socket, self._socket = self._socket, None
        if dialling is not None:
            dialling.cancel()
            await asyncio.wait([dialling])
            if not dialling.cancelled() and dialling.exception() is None:
                socket = dialling.result()
        if socket is not None:
            await socket.close()
