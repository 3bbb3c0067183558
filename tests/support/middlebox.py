"""A box between clients and server that knows HTTP and means no good: what it does to a path can be changed while it runs.

    kind        everything passes
    hang        the request is taken and never answered
    strip       the wish for an upgrade is taken out of the request
    forbid      answered with 403 and a page of its own
    kill        what comes back passes up to the end of its head (101), then the connection ends
    swallow     likewise, but the connection stays, and nothing passes any more
    keep        what comes back is kept until it ends, as boxes do that look for viruses
    cut         the connection ends after `size` bytes
    delay       the answer begins `seconds` late

Each connection serves one request: what is decided for its path holds for all of it.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Literal, TypeAlias

from support.quiet import quiet

Manner: TypeAlias = Literal["kind", "hang", "strip", "forbid", "kill", "swallow", "keep", "cut", "delay"]
END_OF_HEAD = b"\r\n\r\n"
PAGE = b"<html>not here</html>"
FORBIDDEN = b"HTTP/1.1 403 Forbidden\r\nContent-Type: text/html\r\nContent-Length: 21\r\nConnection: close\r\n\r\n" + PAGE


@dataclass
class Rule:
    manner: Manner = "kind"
    size: int = 1_500
    seconds: float = 0.3


class Middlebox:
    """`rules` by the last part of the path (`ws`, `stream`, `poll`); what has none passes. `requests` counts them by that."""

    def __init__(self, port: int, rules: Mapping[str, Rule]) -> None:
        self.url = ""
        self.connections = 0
        self.bytes_down = 0
        self.requests: dict[str, int] = {}
        self.rules = dict(rules)
        self._port = port
        self._tasks: set[asyncio.Task[None]] = set()

    def turn_kind(self) -> None:
        """For what connects from now on."""
        self.rules.clear()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        try:
            with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):  # of `close`, which waits for us
                await self._passing(reader, writer)
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def close(self) -> None:
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _passing(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        head = await reader.readuntil(END_OF_HEAD)
        name = head.split(b" ", 2)[1].partition(b"?")[0].rpartition(b"/")[2].decode()
        self.requests[name] = self.requests.get(name, 0) + 1
        rule = self.rules.get(name, Rule())
        if rule.manner == "hang":
            await reader.read()  # until the client has had enough
            return
        if rule.manner == "forbid":
            writer.write(FORBIDDEN)
            await writer.drain()
            return
        up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self._port)
        up_writer.write(_once(head, keep_upgrade=rule.manner != "strip"))
        up = asyncio.create_task(_pump(reader, up_writer))
        try:
            await self._down(rule, up_reader, writer)
            if rule.manner == "swallow":
                await up
        finally:
            up.cancel()
            await asyncio.gather(up, return_exceptions=True)
            up_writer.close()
            with suppress(OSError):
                await up_writer.wait_closed()

    async def _down(self, rule: Rule, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if rule.manner in ("kill", "swallow"):
            await self._write(writer, await reader.readuntil(END_OF_HEAD))
            return
        if rule.manner == "keep":
            await self._write(writer, await reader.read())
            return
        if rule.manner == "delay":
            await asyncio.sleep(rule.seconds)
        left = rule.size if rule.manner == "cut" else None
        while (left is None or left > 0) and (data := await reader.read(65_536 if left is None else left)):
            left = None if left is None else left - len(data)
            await self._write(writer, data)

    async def _write(self, writer: asyncio.StreamWriter, data: bytes) -> None:
        self.bytes_down += len(data)
        writer.write(data)
        await writer.drain()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()


def _once(head: bytes, *, keep_upgrade: bool) -> bytes:
    """The head with "Connection: close" in place of keeping alive; an upgrade is left as it is, or taken out."""
    first, *lines = head.removesuffix(END_OF_HEAD).split(b"\r\n")
    upgrades = keep_upgrade and any(line.lower().startswith(b"upgrade:") for line in lines)
    if not upgrades:
        lines = [line for line in lines if line.split(b":")[0].lower() not in (b"connection", b"upgrade")]
        lines.append(b"Connection: close")
    return b"\r\n".join([first, *lines]) + END_OF_HEAD


@asynccontextmanager
async def middlebox(port: int, rules: Mapping[str, Rule] | None = None) -> AsyncIterator[Middlebox]:
    """A box on a port of its own before `port` on this machine."""
    box = Middlebox(port, rules or {})
    server = await asyncio.start_server(box.serve, "127.0.0.1", 0)
    box.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield box
    finally:
        server.close()
        await quiet()  # who was accepted last gets its task, which then ends as the others do
        await box.close()
