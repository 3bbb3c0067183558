"""The least that Python can do: an asyncio protocol on uvloop with a handshake of its own and the frame ready made."""

import asyncio
import base64
import hashlib
import sys
from typing import Any

import orjson
import uvloop
from message import broadcast, publish

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
protocols: set["Raw"] = set()
tasks: set[asyncio.Task[None]] = set()


class Raw(asyncio.Protocol):
    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        protocols.discard(self)

    def data_received(self, data: bytes) -> None:
        if self not in protocols:
            key = (
                next(line for line in data.split(b"\r\n") if line.lower().startswith(b"sec-websocket-key:"))
                .split(b":")[1]
                .strip()
            )
            accept = base64.b64encode(hashlib.sha1(key + GUID, usedforsecurity=False).digest())
            head = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
            self.transport.write(head + accept + b"\r\n\r\n")
            protocols.add(self)
        elif data[0] == 0x81:  # the client's mask is of zeros
            tasks.add(asyncio.get_running_loop().create_task(publish(orjson.loads(data[6:]), send, congested)))


def send(seq: int) -> None:
    payload = orjson.dumps(broadcast(0, seq))
    frame = bytes((0x81, 126, len(payload) >> 8, len(payload) & 255)) + payload
    for protocol in protocols:
        protocol.transport.write(frame)


def congested() -> bool:
    return max((p.transport.get_write_buffer_size() for p in list(protocols)[::333]), default=0) > 16384


async def main() -> None:
    server = await asyncio.get_running_loop().create_server(Raw, "127.0.0.1", int(sys.argv[1]), backlog=4096)
    await server.serve_forever()


uvloop.run(main())
