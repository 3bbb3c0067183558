"""Our subclass of uvicorn's WebSocket protocol: limits for what arrives, refusals that reach the client, and encoded frames
written as they are."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, cast

from uvicorn.protocols.utils import ClientDisconnected, get_client_addr, get_path_with_query_string
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Close, CloseCode
from websockets.http11 import Request
from websockets.protocol import Protocol, State

from ..core.codec import encode
from ..core.session import INBOUND_BYTES, too_big
from .answering import OneWrite, switching
from .light import Gate, Inbox
from .stall import StallGuard

EXTENSION = "jindu.transport"
PIECE = 4096  # bytes parsed before it is seen whether anybody takes them
LINGER = 5.0  # seconds that a client has to read why it was closed, and to leave; then the connection is dropped
THROWN_AWAY = 1024 * 1024  # bytes that it may still send meanwhile


class JinduProtocol(StallGuard, WebSocketsSansIOProtocol):
    """WebSocket. What breaks RFC 6455 is told with its code, in a way that the client gets to read it."""

    # uvicorn's attributes, each in a slot: as a dictionary of their own they are the largest single thing of an idle watcher.
    __slots__ = (
        "_parsing", "app", "app_state", "asgi_version", "client", "close_sent", "close_timeout", "close_timer", "config",
        "conn", "connections", "curr_msg_data_type", "default_headers", "disconnected", "frames", "handshake_complete",
        "handshake_initiated", "initial_response", "last_ping_rtt", "logger", "loop", "pending_ping_payload", "ping_interval",
        "ping_sent_at", "ping_timeout", "ping_timer", "pong_timer", "queue", "read_paused", "request", "response", "root_path",
        "scheme", "scope", "server", "tasks", "transport", "writable",
    )  # fmt: skip

    _kept = b""  # what came and was not parsed yet
    _parting = False  # the last word was said: what comes now is thrown away
    _thrown_away = 0
    _successor: Coroutine[Any, Any, None] | None = None
    _answer: OneWrite | None = None  # to the opening, until something is said behind it

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.queue: Any = Inbox()
        self.writable: Any = Gate()
        self._parsing = False

    def hand_on(self, successor: Coroutine[Any, Any, None]) -> None:
        """Serve the connection by `successor` once the application has returned, which it does at once.

        An application that awaits to the end holds the frames of everything it was called through, the scope and the headers,
        for as long as somebody watches: a third of what an idle watcher costs.
        """
        self._successor = successor
        self.close_timer = self.loop.call_later(self.close_timeout, _nothing)  # or uvicorn closes when the application returns

    async def run_asgi(self) -> None:
        await super().run_asgi()
        successor, self._successor = self._successor, None
        if successor is None:
            return
        if self.close_timer is not None:
            self.close_timer.cancel()
            self.close_timer = None
        self.scope = self.request = self.response = None  # type: ignore[assignment]
        try:
            await successor
        except ClientDisconnected:
            pass
        except Exception:
            self.logger.exception("Exception in ASGI application\n")
        finally:
            if self.close_timer is None:
                self.transport.close()

    def open(self, opening: Request) -> None:
        """Begin with an opening that was parsed already."""
        self.handle_connect(opening)
        if self.conn.handshake_exc is not None:
            self._refuse_opening()

    def data_received(self, data: bytes) -> None:
        if self._parting:
            self._thrown_away += len(data)
            if self._thrown_away > THROWN_AWAY:
                self.abort()
        elif not self.disconnected:
            self._kept += data
            self._parse()

    def _parse(self) -> None:
        """Parse what came, a `PIECE` at a time, as far as it is taken: a flood costs no more than what is served of it, and
        what followed the opening waits until that was answered."""
        if self._parsing:  # somebody took at once what was parsed
            return
        self._parsing = True
        try:
            while self._kept and self._taken and not (self._parting or self.transport.is_closing()):
                piece, self._kept = self._kept[:PIECE], self._kept[PIECE:]
                super().data_received(piece)
                if self.conn.handshake_exc is not None or not (self._kept or self.handshake_initiated):
                    self._refuse_opening()
        finally:
            self._parsing = False
        if self._kept and not (self._parting or self.transport.is_closing()):
            self.transport.pause_reading()

    @property
    def _taken(self) -> bool:
        """Whether all that was parsed has been taken, and the opening answered once it has been read."""
        return self.queue.empty() and (self.handshake_complete or not self.handshake_initiated)

    def _refuse_opening(self) -> None:
        """The library will not read this request, and uvicorn would wait for ever."""
        self._parting, self._kept = True, b""
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.transport.close()

    async def receive(self) -> Any:
        message = await super().receive()
        self._parse()
        return message

    def take(self) -> Any:
        """As `receive`, of what has come already; None if that is nothing. Ask until then: more is read only when all that was
        parsed has been taken, and what is taken meanwhile comes behind it."""
        if not self.queue.empty():
            return self.queue.take()
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        self._parse()
        return None

    async def send(self, message: Any) -> None:
        if message["type"] == "websocket.accept":
            await self._accept(message)
            return
        self._flush()
        await super().send(message)
        if message["type"] == "websocket.close" and self.close_timer is not None:
            self._part()

    async def _accept(self, message: Any) -> None:
        """The answer to the opening leaves with what is said first, if that follows in this turn of the loop."""
        real = self.transport
        self._answer = OneWrite(real, self.loop)
        if self._unusual(message):
            self.transport = cast(asyncio.Transport, self._answer)
            try:
                await super().send(message)
            finally:
                self.transport = real
        else:
            if self.logger.isEnabledFor(logging.INFO):
                who, where = get_client_addr(self.scope), get_path_with_query_string(self.scope)
                self.logger.info('%s - "WebSocket %s" [accepted]', who, where)
            self.handshake_complete, self.conn.state = True, State.OPEN
            self._answer.write(switching(self.response, self.default_headers, message.get("subprotocol")))
        if self.handshake_complete:
            self._forget_opening()
            if self._kept:
                self._flush()
                self.transport.resume_reading()
                self._parse()

    def _unusual(self, message: Any) -> bool:
        """Whether uvicorn has more to do for the opening than to write its answer."""
        begun = self.handshake_complete or self.initial_response is not None
        gone = self.disconnected or self.transport.is_closing()
        return begun or gone or bool(message.get("headers") or self.ping_interval)

    def say(self, framed: bytes) -> None:
        """Write messages that are framed already, behind all that was written so far."""
        answer, self._answer = self._answer, None
        if answer is None:
            self.transport.write(framed)
        else:
            answer.write(framed)

    def shutdown(self) -> None:
        self._flush()
        super().shutdown()

    def _flush(self) -> None:
        answer, self._answer = self._answer, None
        if answer is not None:
            answer.flush()

    def _forget_opening(self) -> None:
        """Nothing but the opening was parsed so far. The library's parser would hold the request for as long as it lives; one
        that begins with frames does not."""
        self.conn.parser = Protocol.parse(self.conn)
        next(self.conn.parser)

    def _part(self) -> None:
        """The close frame was written: leave when the client does, or after `LINGER`. Nothing is parsed any more."""
        if self.close_timer is not None:
            self.close_timer.cancel()
        self._parting, self._kept = True, b""
        if not self.transport.is_closing():
            self.transport.write_eof()
            self.transport.resume_reading()
            self.close_timer = self.loop.call_later(LINGER, self.abort)

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        scope: Any = getattr(self, "scope", None)
        if scope is None:
            return
        scope["extensions"][EXTENSION] = self
        self.hand_over()

    def send_receive_event_to_app(self) -> None:
        """As uvicorn's, which pauses reading for each message until somebody takes it: not for one that is taken at once."""
        parts, self.frames = self.frames, []
        if self.close_sent:
            return
        data = b"".join(parts)
        if self.curr_msg_data_type == "bytes":
            self.queue.put_nowait({"type": "websocket.receive", "bytes": data})
        elif (text := _utf8(data)) is not None:
            self.queue.put_nowait({"type": "websocket.receive", "text": text})
        else:
            self.conn.send_close(CloseCode.INVALID_DATA)
            self.handle_parser_exception()
            return
        if not (self.read_paused or self.queue.empty()):
            self.read_paused = True
            self.transport.pause_reading()

    def handle_parser_exception(self) -> None:
        """Tell, then drop the connection once the client has left, or after `LINGER`.

        uvicorn closes at once: with bytes unread that is a reset, which takes what was told with it. A message too big for
        the library is told as ours are (PROTOCOL section 5: 4013, after `bye`).
        """
        told, close = b"".join(self.conn.data_to_send()), self.conn.close_sent
        if close is not None and close.code == CloseCode.MESSAGE_TOO_BIG:
            ours = too_big(INBOUND_BYTES)
            close = Close(ours.code, "")
            message = encode(ours.bye)
            told = framed(message) + _closing(close)
        code, reason = (CloseCode.PROTOCOL_ERROR, "") if close is None else (close.code, close.reason)
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self.close_sent = True
        self.transport.write(told)
        self._part()

    @property
    def gone(self) -> bool:
        """Whether no further message can be sent."""
        return self.close_sent or self.disconnected or self.transport.is_closing()


def _nothing() -> None:
    return


def framed(payload: bytes) -> bytes:
    """A text frame, to be written to the transport as it is: `websocket.send` without turning bytes into text and back."""
    size = len(payload)  # the header of an unmasked, final text frame (RFC 6455 section 5.2)
    if size < 126:
        return bytes((0x81, size)) + payload
    if size < 65_536:
        return b"\x81\x7e" + size.to_bytes(2, "big") + payload
    return b"\x81\x7f" + size.to_bytes(8, "big") + payload


def _closing(close: Close) -> bytes:
    """An unmasked close frame (section 5.5.1)."""
    payload = close.serialize()
    return bytes((0x88, len(payload))) + payload


def _utf8(data: bytes) -> str | None:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None
