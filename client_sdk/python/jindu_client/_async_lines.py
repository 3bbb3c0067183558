"""The lines of an asyncio watch: each use of one is a coroutine that hears and tells. Cancelling it ends the connection."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.typing import Subprotocol

from ._api import SUBPROTOCOL
from ._async_http import AsyncHttp
from ._commands import Answered, Ask, Closed, Dial, Heard, Listen, Opened, Refused
from ._events import Events
from ._requests import Response
from ._sync_http import credited, unreached
from ._sync_lines import CLOSE_WITHIN, STREAM_SILENCE, is_stream

TellHeard: TypeAlias = Callable[[Heard], Awaitable[None]]


class SocketLine:
    """`connection` is there once it is open."""

    def __init__(self) -> None:
        self.connection: ClientConnection | None = None

    async def run(self, command: Dial, http: AsyncHttp, token: str | None, tell: TellHeard) -> None:
        credit = {"authorization": f"Bearer {token}"} if token else {}
        try:
            # Rule 6 is our own heartbeat, on frames that every platform can see: protocol pings add nothing.
            async with connect(
                http.api.socket_url,
                subprotocols=[Subprotocol(SUBPROTOCOL)],
                additional_headers={**http.api.headers, **credit},
                open_timeout=command.timeout,
                close_timeout=CLOSE_WITHIN,
                ping_interval=None,
                ssl=http.tls if http.api.socket_url.startswith("wss") else None,
            ) as self.connection:
                await tell(Opened(token))
                await self._hear(self.connection, tell)
        except InvalidStatus as error:
            await tell(Refused(error.response.status_code))
        except (OSError, WebSocketException):
            await tell(Refused())

    async def send(self, texts: list[str]) -> None:
        try:
            for text in texts:
                if self.connection is not None:
                    await self.connection.send(text)
        except ConnectionClosed:
            pass  # its coroutine says so

    async def _hear(self, connection: ClientConnection, tell: TellHeard) -> None:
        try:
            while True:
                await tell(await connection.recv())
        except ConnectionClosed:
            await tell(Closed(connection.close_code or 1006))


async def listen(command: Listen, http: AsyncHttp, token: str | None, tell: TellHeard) -> None:
    """A stream, from its request to its end."""
    request = command.request
    try:
        async with http.client.stream(
            request.method,
            request.url,
            headers={**credited(request, token), "accept": "text/event-stream"},
            params=dict(request.query) or None,
            json=request.body,
            timeout=STREAM_SILENCE,
        ) as answer:
            if is_stream(answer):
                await _hear_events(answer, token, tell)
            else:
                await tell(Answered(Response(answer.status_code, dict(answer.headers), await answer.aread())))
    except httpx.HTTPError as error:
        await tell(Answered(unreached(error)))


async def _hear_events(answer: httpx.Response, token: str | None, tell: TellHeard) -> None:
    events = Events()
    await tell(Opened(token))
    try:
        async for piece in answer.aiter_bytes():
            for event in events.feed(piece):
                await tell(event)
    except httpx.HTTPError:
        pass  # cut: the end says it
    await tell(Closed())


async def ask(command: Ask, http: AsyncHttp, token: str | None, tell: TellHeard) -> None:
    await tell(Answered(await http.answer_to(command.request, token, command.timeout)))
