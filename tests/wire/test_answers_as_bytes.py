"""What leaves where we serve is byte for byte what uvicorn would have written, in fewer writes."""

import asyncio
import logging
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from jindu.web.answering import COPIED, Answering, OneWrite
from support.quiet import quiet

DEFAULT = [(b"date", b"Sun, 29 Nov 2026 00:00:00 GMT"), (b"server", b"uvicorn")]
NAMES = st.sampled_from([b"content-type", b"ETag", b"X-Odd", b"connection", b"Transfer-Encoding", b"cache-control"])
VALUES = st.sampled_from([b"close", b"chunked", b"keep-alive", b"text/plain", b'"a:1"', b"", b"bad\nvalue"])


class Recorded:
    """A transport that remembers what was written to it."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.closed = False

    def write(self, data: bytes) -> None:
        assert not self.closed
        if data:  # as a real one, which makes no system call of nothing
            self.written.append(bytes(data))

    def writelines(self, pieces: tuple[bytes, ...]) -> None:
        self.write(b"".join(pieces))

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed


def cycle_on(transport: Any, method: str, *, keep_alive: bool, done: list[str]) -> RequestResponseCycle:
    return RequestResponseCycle(
        scope=cast(Any, {"type": "http", "method": method}),
        transport=transport,
        flow=FlowControl(transport),
        logger=logging.getLogger("test"),
        access_logger=logging.getLogger("test"),
        access_log=False,
        default_headers=DEFAULT,
        message_event=asyncio.Event(),
        expect_100_continue=False,
        keep_alive=keep_alive,
        on_response=lambda: done.append("answered"),
    )


Said = tuple[bytes, bool, list[str], list[str]]


async def said(messages: list[dict[str, Any]], method: str, *, keep_alive: bool, ours: bool) -> Said:
    """What is written for these messages, whether the connection is closed, who was told, and what was raised."""
    recorded, done, raised = Recorded(), list[str](), list[str]()
    transport = OneWrite(cast(Any, recorded), asyncio.get_running_loop()) if ours else recorded
    cycle = cycle_on(transport, method, keep_alive=keep_alive, done=done)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        for message in messages:
            try:
                await send(message)
            except RuntimeError as error:
                raised.append(str(error))
                return

    await (Answering(cast(Any, app), cycle) if ours else app)(cast(Any, None), cast(Any, None), cycle.send)
    await quiet()
    return b"".join(recorded.written), recorded.closed, done, raised


@given(
    status=st.sampled_from([200, 202, 204, 206, 304, 404, 500]),
    headers=st.lists(st.tuples(NAMES, VALUES), max_size=4),
    length=st.sampled_from([None, "right", "wrong"]),
    pieces=st.lists(st.binary(max_size=40), min_size=1, max_size=3),
    method=st.sampled_from(["GET", "HEAD", "POST"]),
    keep_alive=st.booleans(),
)
def test_the_bytes_are_those_of_uvicorn(
    status: int, headers: list[tuple[bytes, bytes]], length: str | None, pieces: list[bytes], method: str, keep_alive: bool
) -> None:
    whole = sum(map(len, pieces)) + (1 if length == "wrong" else 0)
    told = [*headers, (b"content-length", b"%d" % whole)] if length else headers
    messages: list[dict[str, Any]] = [{"type": "http.response.start", "status": status, "headers": told}]
    for number, piece in enumerate(pieces, 1):
        messages.append({"type": "http.response.body", "body": piece, "more_body": number < len(pieces)})

    async def both() -> tuple[Said, Said]:
        return (
            await said(messages, method, keep_alive=keep_alive, ours=True),
            await said(messages, method, keep_alive=keep_alive, ours=False),
        )

    ours, theirs = asyncio.run(both())
    assert ours == theirs


@pytest.mark.parametrize("size", [0, 1, COPIED, COPIED + 1])
async def test_a_short_answer_is_one_write(size: int) -> None:
    recorded = Recorded()
    cycle = cycle_on(OneWrite(cast(Any, recorded), asyncio.get_running_loop()), "GET", keep_alive=True, done=[])

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % size)]})
        await send({"type": "http.response.body", "body": b"x" * size})

    await Answering(cast(Any, app), cycle)(cast(Any, None), cast(Any, None), cycle.send)
    assert len(recorded.written) == 1
    assert recorded.written[0].endswith(b"\r\n\r\n" + b"x" * size)


async def test_a_head_does_not_wait_for_a_body_that_is_long_in_coming() -> None:
    recorded, go_on = Recorded(), asyncio.Event()
    cycle = cycle_on(OneWrite(cast(Any, recorded), asyncio.get_running_loop()), "GET", keep_alive=True, done=[])

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1")]})
        await go_on.wait()
        await send({"type": "http.response.body", "body": b"x"})

    answering = asyncio.ensure_future(Answering(cast(Any, app), cycle)(cast(Any, None), cast(Any, None), cycle.send))
    await quiet()
    assert b"".join(recorded.written).endswith(b"\r\n\r\n")
    go_on.set()
    await answering
    assert recorded.written[-1] == b"x"
