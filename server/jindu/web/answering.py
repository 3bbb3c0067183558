"""How an answer leaves where we serve: the same bytes as uvicorn's, in less time.

uvicorn looks at each header of each answer for characters that may not be in it, and writes the head by itself. Most headers
are the same from answer to answer, so what is found out about a line is remembered; and a head waits for what follows it.
"""

import asyncio
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, cast

from uvicorn._types import ASGI3Application, ASGIReceiveCallable, ASGISendEvent, Scope
from uvicorn.protocols.http.httptools_impl import HEADER_RE, HEADER_VALUE_RE, STATUS_LINE, RequestResponseCycle
from websockets.http11 import Response

COPIED = 16 * 1024  # bytes of a body that cost less to copy behind the head than to hand over as a second piece
WITHOUT_BODY = (204, 304)
UNUSUAL = (b"connection", b"transfer-encoding")  # headers by which the rest of the answer is written in another way


class OneWrite:
    """The transport as one answer sees it: what is written first waits for what is written next, so that a short answer leaves
    in one system call and one packet; but not beyond this turn of the loop."""

    __slots__ = ("_begun", "_held", "_loop", "_transport")

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._begun = False
        self._held = b""

    def write(self, data: bytes) -> None:
        if not self._begun:
            self._begun, self._held = True, data
            self._loop.call_soon(self.flush)
        elif not self._held:
            self._transport.write(data)
        elif len(data) <= COPIED:
            held, self._held = self._held, b""
            self._transport.write(held + data)
        else:
            held, self._held = self._held, b""
            self._transport.writelines((held, data))

    def write_alone(self, data: bytes) -> None:
        """Write what nothing follows."""
        self._begun = True
        self._transport.write(data)

    def flush(self) -> None:
        """Nothing is held back behind this."""
        if self._held:
            held, self._held = self._held, b""
            self._transport.write(held)

    def close(self) -> None:
        self.flush()
        self._transport.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class Answering:
    """The application of one request, which is given a way to send that knows the usual heads. All else is uvicorn's."""

    __slots__ = ("_app", "_cycle", "_usual")

    def __init__(self, app: ASGI3Application, cycle: RequestResponseCycle) -> None:
        self._app = app
        self._cycle = cycle
        self._usual = False  # its head was written here

    def __call__(self, scope: Scope, receive: ASGIReceiveCallable, send: Any) -> Any:
        return self._app(scope, receive, self._send)

    async def _send(self, message: ASGISendEvent) -> None:
        if not (self._end(cast(Any, message)) if self._usual else self._begin(cast(Any, message))):
            await self._cycle.send(message)

    def _begin(self, message: dict[str, Any]) -> bool:
        """Write the head of a usual answer; whether it was one."""
        cycle = self._cycle
        if message["type"] != "http.response.start" or cycle.response_started or cycle.disconnected or cycle.access_log:
            return False
        head = self._head(message)
        if head is None:
            return False
        self._usual = True
        cycle.response_started, cycle.waiting_for_100_continue = True, False
        if cycle.expected_content_length:
            cycle.transport.write(head)
        else:
            cast(OneWrite, cycle.transport).write_alone(head)
        return True

    def _end(self, message: dict[str, Any]) -> bool:
        """Write the body of a usual answer if it comes whole; whether it did."""
        cycle = self._cycle
        body = message.get("body", b"")
        if (
            message["type"] != "http.response.body"
            or message.get("more_body", False)
            or len(body) != cycle.expected_content_length
            or cycle.response_complete
            or cycle.disconnected
            or cycle.flow.write_paused
            or not cycle.keep_alive  # the server has begun to end meanwhile
        ):
            return False
        if body:
            cycle.transport.write(body)
        cycle.expected_content_length, cycle.response_complete = 0, True
        cycle.message_event.set()
        cycle.on_response()
        return True

    def _head(self, message: dict[str, Any]) -> bytes | None:
        """The head of an answer that is short and leaves the connection open; None for any other."""
        cycle, status = self._cycle, message["status"]
        if not cycle.keep_alive or cycle.flow.write_paused or cycle.scope["method"] == "HEAD":
            return None
        lines, length = [STATUS_LINE[status]], None
        for name, value in (*cycle.default_headers, *message.get("headers", ())):
            kind, line = _line(name, value)
            if kind in UNUSUAL:
                return None
            if kind == b"content-length" and length is None:
                length = int(value)
            lines.append(line)
        if length is not None:
            cycle.expected_content_length, cycle.chunked_encoding = length, False
        elif status not in WITHOUT_BODY:
            return None
        lines.append(b"\r\n")
        return b"".join(lines)


def switching(response: Response, always: Iterable[tuple[bytes, bytes]], subprotocol: str | None) -> bytes:
    """The answer that opens a WebSocket, byte for byte uvicorn's, which goes through all headers three times for it.
    `response` is the library's; of its date the server's stands `always`."""
    lines = [b"HTTP/1.1 101 Switching Protocols\r\n"]
    lines += [f"{name}: {value}\r\n".encode("latin-1") for name, value in response.headers.raw_items() if name != "Date"]
    lines += [b"".join((name.lower(), b": ", value, b"\r\n")) for name, value in always]
    if subprotocol:
        lines.append(f"Sec-WebSocket-Protocol: {subprotocol}\r\n".encode("latin-1"))
    lines.append(b"\r\n")
    return b"".join(lines)


@lru_cache(maxsize=4096)
def _line(name: bytes, value: bytes) -> tuple[bytes, bytes]:
    """The name in small letters, and the header as it is written. Raises `RuntimeError` as uvicorn does."""
    if HEADER_RE.search(name):
        raise RuntimeError("Invalid HTTP header name.")
    if HEADER_VALUE_RE.search(value):
        raise RuntimeError("Invalid HTTP header value.")
    name = name.lower()
    return name, b"".join((name, b": ", value, b"\r\n"))
