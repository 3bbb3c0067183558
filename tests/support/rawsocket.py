"""A WebSocket by hand, byte by byte: what no library would send."""

import base64
import contextlib
import os
import socket
import struct
from typing import Any

import orjson

PATIENCE = 10.0  # seconds for an answer
TEXT, BINARY, CONTINUED, CLOSE, PING, PONG = 1, 2, 0, 8, 9, 10


def frame(opcode: int, payload: bytes = b"", *, final: bool = True, reserved: int = 0, masked: bool = True) -> bytes:
    """One frame of RFC 6455 section 5.2; `reserved` are the three bits beside `final`."""
    size = len(payload)
    short = size if size < 126 else 126 if size < 65_536 else 127
    head = bytes((final << 7 | reserved << 4 | opcode, masked << 7 | short))
    long = b"" if size < 126 else struct.pack("!H" if size < 65_536 else "!Q", size)
    if not masked:
        return head + long + payload
    mask = os.urandom(4)
    return head + long + mask + bytes(byte ^ mask[place % 4] for place, byte in enumerate(payload))


def said(value: Any) -> bytes:
    """A text frame of a value as JSON."""
    return frame(TEXT, orjson.dumps(value))


def upgrade(port: int, *, method: str = "GET", headers: str = "") -> bytes:
    """The request that opens; `headers` are whole lines."""
    key = base64.b64encode(os.urandom(16)).decode()
    return (
        f"{method} /v1/ws HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: jindu.v1\r\n{headers}\r\n"
    ).encode()


def connected(port: int, *, receive_buffer: int | None = None) -> socket.socket:
    raw = socket.socket()
    raw.settimeout(PATIENCE)
    if receive_buffer is not None:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    raw.connect(("127.0.0.1", port))
    return raw


def rest(raw: socket.socket) -> bytes:
    """Everything up to the end of the connection; `TimeoutError` if it does not come, `ConnectionError` for a reset."""
    parts = []
    while part := raw.recv(65_536):
        parts.append(part)
    return b"".join(parts)


def unframed(data: bytes) -> tuple[list[tuple[int, bytes]], bytes]:
    """Opcode and payload of each whole frame that a server sent, and what is left."""
    frames = []
    while len(data) >= 2:
        size, begin = data[1] & 127, 2
        if size >= 126:
            begin = 4 if size == 126 else 10
            size = int.from_bytes(data[2:begin])
        if len(data) < begin + size:
            break
        frames.append((data[0] & 15, data[begin : begin + size]))
        data = data[begin + size :]
    return frames, data


class RawSocket:
    """An open WebSocket; `head` is the answer to the upgrade."""

    def __init__(self, port: int, *, headers: str = "", together: bytes = b"", receive_buffer: int | None = None) -> None:
        self.raw = connected(port, receive_buffer=receive_buffer)
        self.raw.sendall(upgrade(port, headers=headers) + together)
        self.head, self._data = b"", b""
        self._kept: list[tuple[int, bytes]] = []
        while b"\r\n\r\n" not in self._data:
            part = self.raw.recv(65_536)
            assert part, "closed while opening"
            self._data += part
        self.head, _, self._data = self._data.partition(b"\r\n\r\n")

    def send(self, data: bytes) -> None:
        self.raw.sendall(data)

    def ending(self, or_at: str = "") -> tuple[list[dict[str, Any]], int | None]:
        """The frames of jindu.v1 up to the end, and the code of the close frame, if one came; it is answered as it should be.
        With a kind `or_at`, up to the message that has the first of that kind."""
        told: list[dict[str, Any]] = []
        while True:
            for opcode, payload in self._whole():
                if opcode == TEXT:
                    value = orjson.loads(payload)
                    told += value if isinstance(value, list) else [value]
                if opcode == CLOSE:
                    with contextlib.suppress(ConnectionError):
                        self.raw.sendall(frame(CLOSE, payload))
                        rest(self.raw)
                    return told, int.from_bytes(payload[:2]) if payload else 1005
            if or_at in [one["type"] for one in told]:
                return told, None
            if not (part := self.raw.recv(65_536)):
                return told, None
            self._data += part

    def until(self, kind: str) -> dict[str, Any]:
        """The first frame of a kind; what came before it is dropped."""
        while True:
            for place, (opcode, payload) in enumerate(frames := self._whole()):
                value = orjson.loads(payload) if opcode == TEXT else []
                for one in value if isinstance(value, list) else [value]:
                    if one["type"] == kind:
                        self._kept = frames[place + 1 :]
                        found: dict[str, Any] = one
                        return found
            part = self.raw.recv(65_536)
            assert part, f"the socket ended without a {kind!r}"
            self._data += part

    def _whole(self) -> list[tuple[int, bytes]]:
        """The frames that have arrived whole, taken out."""
        frames, self._data = unframed(self._data)
        frames, self._kept = self._kept + frames, []
        return frames

    def __enter__(self) -> "RawSocket":
        return self

    def __exit__(self, *_: object) -> None:
        self.raw.close()
