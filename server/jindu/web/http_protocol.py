"""Our subclass of uvicorn's HTTP protocol: time and size limits for what arrives, and refusals that reach the client."""

import asyncio
from typing import Any, cast

import httptools
from uvicorn._types import ASGI3Application
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle
from websockets.datastructures import Headers
from websockets.http11 import Request

from .answering import Answering, OneWrite
from .limits import full
from .protocol import EXTENSION
from .resting import Resting
from .stall import StallGuard

HEAD_BYTES = 64 * 1024  # of a request's line and headers; uvicorn's parser has no limit
MAX_HEADERS = 100  # of an opening, and the bytes of a line of it, that the library surely reads
MAX_LINE = 8_000
TOO_LARGE_HEAD = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class JinduHttpProtocol(StallGuard, Resting):
    """HTTP; a stream finds it in the scope, to hand the connection over.

    uvicorn sets no time for a request to arrive (RELIABILITY trap 5). Here the head of the first request must have come
    within `header` seconds of connecting, that of a later one within as many of its first byte, and while a body is due
    and we read, each piece within `body` seconds of the one before.
    """

    _due: asyncio.TimerHandle | None = None
    _head_bytes = 0
    _in_head = True  # no request is being read, or its head is not complete
    _crowded = False
    _answer: OneWrite | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > self.limits.told:
            self.abort()
            return
        if len(self.connections) > self.limits.served:
            self._crowded, self.app = True, full
        self._expect(self.limits.header)

    def connection_lost(self, exc: Exception | None) -> None:
        self._expect_nothing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """As uvicorn's, which loses what came in the same flight as an upgrade (PROTOCOL section 2 allows frames there)."""
        self._unset_keepalive_if_required()
        if self._in_head:
            self._head_bytes += len(data)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._upgrade(data[upgrade.args[0] :])
        except httptools.HttpParserError:
            self.send_400_response("Invalid HTTP request received.")
        else:
            self._wait_for_the_rest()
            if self._in_head and self._head_bytes > HEAD_BYTES:
                self._flush()
                self.transport.write(TOO_LARGE_HEAD)
                self.transport.close()

    def send_400_response(self, msg: str) -> None:
        self._flush()
        super().send_400_response(msg)

    def _flush(self) -> None:
        """What is written past the answer under way comes behind its head."""
        if self._answer is not None:
            self._answer.flush()

    def _wait_for_the_rest(self) -> None:
        """Set a time for what is still to come; a request that came whole needs none."""
        if not self._in_head:
            self._expect(self.limits.body)
        elif self._head_bytes and self._due is None:
            self._expect(self.limits.header)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head = True
        scope: Any = self.scope
        scope["extensions"] = {EXTENSION: self}

    def on_headers_complete(self) -> None:
        self._in_head = False
        super().on_headers_complete()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self._answer = OneWrite(self.transport, self.loop)
        cycle.transport = cast(asyncio.Transport, self._answer)
        super()._start_asgi_task(cycle, Answering(app, cycle))

    def on_message_complete(self) -> None:
        self._expect_nothing()
        self._in_head, self._head_bytes = True, 0
        super().on_message_complete()

    def _upgrade(self, rest: bytes) -> None:
        self._expect_nothing()
        self._rest_no_more()
        if not self._should_upgrade():
            self._unsupported_upgrade_warning()
            return
        self.handle_websocket_upgrade()
        upgraded: Any = self.transport.get_protocol()
        if self._crowded:
            upgraded.app = full
        # Nobody needs this one any more; without its circles (parser, scope) it goes at once.
        self.parser = self.scope = self.headers = self._answer = None  # type: ignore[assignment]
        if rest:
            upgraded.data_received(rest)

    def handle_websocket_upgrade(self) -> None:
        """As uvicorn's, which writes the request out again for the library to parse what is parsed already. What the library
        may want to refuse for its form still takes that way."""
        opening = _opening(self.scope, self.url)
        if opening is None:
            super().handle_websocket_upgrade()
            return
        self.connections.discard(self)
        upgraded: Any = cast(Any, self.ws_protocol_class)(
            config=self.config, server_state=self.server_state, app_state=self.app_state
        )
        upgraded.connection_made(self.transport)
        self.transport.set_protocol(upgraded)
        upgraded.open(opening)

    def _expect(self, seconds: float) -> None:
        self._expect_nothing()
        self._due = self.loop.call_later(seconds, self._late)

    def _expect_nothing(self) -> None:
        if self._due is not None:
            self._due.cancel()
            self._due = None

    def _late(self) -> None:
        self._due = None
        if self.flow.read_paused:  # nothing can come: it is we who do not read
            self._expect(self.limits.body)
        else:
            self.abort()


def _opening(scope: Any, target: bytes) -> Request | None:
    """The request as the library would have parsed it; None if it might have had something to say about its form."""
    headers = scope["headers"]
    if scope["method"] != "GET" or scope["http_version"] != "1.1" or len(headers) > MAX_HEADERS or len(target) > MAX_LINE:
        return None
    if any(len(name) + len(value) > MAX_LINE for name, value in headers):
        return None
    try:
        named = [(name.decode("ascii"), value.decode("latin-1")) for name, value in headers]
        return Request(target.decode("ascii"), Headers(named))
    except (UnicodeDecodeError, ValueError):
        return None
