"""Server-sent events as a browser reads them: id, retry, data; and a raw reader that stops reading."""

import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import orjson


@dataclass
class Event:
    id: str | None = None
    retry: int | None = None
    data: list[str] = field(default_factory=list)

    @property
    def frames(self) -> list[dict[str, Any]]:
        value = orjson.loads("\n".join(self.data))
        return value if isinstance(value, list) else [value]


async def events(answer: httpx.Response) -> AsyncIterator[Event]:
    """The events of an answer, to its end or until the caller stops."""
    event = Event()
    async for line in answer.aiter_lines():
        name, _, value = line.partition(": ")
        if not line:
            yield event
            event = Event()
        elif name == "data":
            event.data.append(value)
        elif name == "id":
            event.id = value
        elif name == "retry":
            event.retry = int(value)


def parsed(text: str) -> list[Event]:
    """The events of a text that is whole."""
    found = []
    for block in text.split("\n\n")[:-1]:
        event = Event()
        for line in block.split("\n"):
            name, _, value = line.partition(": ")
            if name == "data":
                event.data.append(value)
            elif name == "id":
                event.id = value
            else:
                event.retry = int(value)
        found.append(event)
    return found


def reader(port: int, path: str) -> socket.socket:
    """A client with a small window that has asked and reads nothing yet."""
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    raw.settimeout(30)
    raw.connect(("127.0.0.1", port))
    raw.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
    return raw
