"""A transport in memory: what was sent stands in a list, and sending can be stalled as by a client that does not read."""

import asyncio
from typing import Any, NamedTuple

import orjson

from jindu.channels.peer import TransportClosed


class Wire:
    def __init__(self) -> None:
        self.messages: list[bytes] = []
        self.closed: int | None = None
        self.gone = False
        self._inbound: asyncio.Queue[str | bytes | None] = asyncio.Queue()
        self._open = asyncio.Event()
        self._open.set()
        self._moved = asyncio.Event()

    # -- the server's side: `channels.peer.Transport` ---------------------------------------------------------

    async def send(self, message: bytes) -> None:
        await self._open.wait()
        if self.gone or self.closed is not None:
            raise TransportClosed
        self.messages.append(message)
        self._moved.set()

    async def receive(self) -> str | bytes:
        message = await self._inbound.get()
        if message is None:
            raise TransportClosed
        return message

    async def close(self, code: int) -> None:
        self.closed = code
        self._moved.set()

    def abort(self) -> None:
        self.cut()

    # -- the client's side ------------------------------------------------------------------------------------

    @property
    def frames(self) -> list[dict[str, Any]]:
        values = [orjson.loads(message) for message in self.messages]
        return [frame for value in values for frame in (value if isinstance(value, list) else [value])]

    @property
    def kinds(self) -> list[str]:
        return [frame["type"] for frame in self.frames]

    def of(self, *kinds: str) -> list[dict[str, Any]]:
        return [frame for frame in self.frames if frame["type"] in kinds]

    @property
    def unread(self) -> int:
        """Messages of the client that the server has not taken yet."""
        return self._inbound.qsize()

    def say(self, *frames: Any) -> None:
        """Send frames; several go as an array."""
        self._inbound.put_nowait(orjson.dumps(frames[0] if len(frames) == 1 else list(frames)).decode())

    def subscribe(self, channels: dict[str, int], **more: Any) -> None:
        self.say({"type": "subscribe", "epoch": "E1", "channels": channels, **more})

    def nudge(self) -> None:
        """Make the writer look again, as a timer would."""
        self.say({"type": "unsubscribe", "channels": []})

    def stall(self) -> None:
        self._open.clear()

    def go_on(self) -> None:
        self._open.set()

    def cut(self) -> None:
        """The connection is gone, without a word."""
        self.gone = True
        self._open.set()
        self._inbound.put_nowait(None)

    async def until(self, kind: str, count: int = 1) -> dict[str, Any]:
        """Wait for the `count`th frame of a kind; returns it."""
        while len(found := self.of(kind)) < count:
            self._moved.clear()
            await self._moved.wait()
        return found[count - 1]


class Takes(NamedTuple):
    open: bool


class DirectWire(Wire):
    """A wire with the optional power of `channels.peer.DirectTransport`; `writes` are the messages of each of its writes."""

    def __init__(self) -> None:
        super().__init__()
        self.writes: list[list[bytes]] = []

    @property
    def ready(self) -> bool:
        return self._open.is_set() and not self.gone and self.closed is None

    @property
    def writable(self) -> Takes:
        return Takes(self._open.is_set())

    def framed(self, message: bytes) -> bytes:
        return message + b"\n"

    def write(self, framed: bytes) -> None:
        assert self._open.is_set(), "it would have had to wait"
        if self.gone or self.closed is not None:  # as a transport does with what is written to who has left
            return
        self.writes.append(framed.splitlines())
        self.messages += self.writes[-1]
        self._moved.set()
