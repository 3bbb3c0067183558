"""Our subclass of uvicorn's HTTP protocol: time and size limits for what arrives, and refusals that reach the client."""

import asyncio
from typing import Any, cast

import httptools
from uvicorn._types import ASGI3Application
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from .answering import Answering, OneWrite
from .limits import full
from .protocol import EXTENSION
from .stall import StallGuard

HEAD_BYTES = 64 * 1024  # of a request's line and headers; uvicorn's parser has no limit
TOO_LARGE_HEAD = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class JinduHttpProtocol(StallGuard, HttpToolsProtocol):
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
                if self._answer is not None:
                    self._answer.flush()
                self.transport.write(TOO_LARGE_HEAD)
                self.transport.close()

    def send_400_response(self, msg: str) -> None:
        if self._answer is not None:
            self._answer.flush()  # this comes behind the head of the answer under way
        super().send_400_response(msg)

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
