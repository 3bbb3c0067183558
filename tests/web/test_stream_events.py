"""What is written for each message: ids that never run ahead of what was sent, `retry`, lines (PROTOCOL section 4)."""

import asyncio
from typing import Any

import orjson
import pytest

from channels.room import CHANNEL, opened
from jindu.channels.peer import Peer
from jindu.channels.visit import Visit
from jindu.core import events as ev
from jindu.core.states import Kind
from jindu.web.stream import StreamTransport
from support.events import Event, parsed
from support.histories import JOB, NOW, event
from support.quiet import quiet


class Asgi:
    """Both ends of one HTTP request without a server."""

    def __init__(self) -> None:
        self.body = b""
        self.ended = False
        self.broken = False
        self._left = asyncio.Event()

    async def send(self, message: Any) -> None:
        if self.broken:
            raise OSError("the client has left")
        self.body += message["body"]
        self.ended = self.ended or not message["more_body"]

    async def receive(self) -> dict[str, Any]:
        await self._left.wait()
        return {"type": "http.disconnect"}

    def leave(self) -> None:
        self._left.set()

    @property
    def events(self) -> list[Event]:
        return parsed(self.body.decode())


@pytest.mark.parametrize("feed", [False, True])
async def test_an_id_never_runs_ahead_of_the_frames_sent(feed: bool) -> None:
    async with opened() as room:
        room.submit()
        room.move(event(Kind.CLAIM), *[ev.ResultKept(NOW, f"k{n}", b'"%s"' % (b"x" * 9_000)) for n in range(200)])
        asgi = Asgi()
        channels = {CHANNEL: 0, "jobs": 0} if feed else {CHANNEL: 0}
        transport = StreamTransport(asgi.receive, asgi.send, ("E1", JOB))
        peer = asyncio.create_task(Peer(room.hub, transport, Visit(channels, "E1")).run())
        await quiet(400)
        room.move(*[ev.ResultKept(NOW, f"l{n}", b'"%s"' % (b"x" * 9_000)) for n in range(30)])
        room.move(ev.Progressed(NOW, 20.0), tell="hint")
        await quiet(400)
        asgi.leave()
        await peer
        assert room.hub.connections == 0
        seqs = [seq for seq in range(3, 203)] + [seq for seq in range(203, 234)]
        sent: list[int] = []
        for one in asgi.events:
            sent += [frame["seq"] for frame in one.frames if "seq" in frame and "feed" not in frame]
            if one.id is not None:
                assert one.id == f"E1:{sent[-1]}"
                assert [seq for seq in seqs if seq <= sent[-1]] == sent, "something at or below the id is missing"
        assert sent == seqs


async def test_lines_in_what_an_author_keeps_stay_one_event() -> None:
    asgi = Asgi()
    transport = StreamTransport(asgi.receive, asgi.send, None)
    await transport.send(b'{"type":"hello"}')
    await transport.send(b'{"type":"result",\n"data":\r\n{"a":1}}')
    assert [one.frames for one in asgi.events] == [[{"type": "hello"}], [{"type": "result", "data": {"a": 1}}]]
    assert [one.retry for one in asgi.events] == [1000, None]


async def test_retry_says_what_bye_says() -> None:
    asgi = Asgi()
    transport = StreamTransport(asgi.receive, asgi.send, None)
    await transport.send(b'{"type":"hello"}')
    for pause in (0, 2_345, None):
        await transport.send(orjson.dumps({"type": "bye", "retry_ms": pause}))
    await transport.close(4200)
    assert [one.retry for one in asgi.events] == [1000, 0, 2_345, None]
    assert asgi.ended


async def test_a_server_that_says_by_an_error_that_the_client_left_ends_the_peer() -> None:
    async with opened() as room:
        room.submit()
        asgi = Asgi()
        transport = StreamTransport(asgi.receive, asgi.send, None)
        peer = asyncio.create_task(Peer(room.hub, transport, Visit({CHANNEL: 0})).run())
        await quiet()
        asgi.broken = True
        room.move(event(Kind.CLAIM))
        await peer
        assert (room.hub.connections, room.hub._topics) == (0, {})
