"""A load balancer as people put before several servers: connections in turn to those that answer, no stickiness, no HTTP."""

import asyncio
import itertools
from collections.abc import Sequence
from contextlib import suppress

from support.server import free_port

LOOK_EVERY, ANSWER_WITHIN = 0.2, 1.0  # seconds


class Balancer:
    """Used as an async context manager; `url` is where clients go."""

    def __init__(self, ports: Sequence[int]) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._ports = list(ports)
        self._turn = itertools.count()
        self._up: set[int] = set()
        self._open: dict[asyncio.Task[None], int] = {}

    async def __aenter__(self) -> "Balancer":
        self._server = await asyncio.start_server(self._accepted, "127.0.0.1", self.port)
        self._looking = [asyncio.create_task(self._look(port)) for port in self._ports]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in [*self._looking, *self._open]:
            task.cancel()
        await asyncio.gather(*self._looking, *self._open, return_exceptions=True)

    async def _look(self, port: int) -> None:
        """A server that does not answer gets no new connection, and loses those it has."""
        while True:
            if await self._ready(port):
                self._up.add(port)
            else:
                self._up.discard(port)
                for task, to in tuple(self._open.items()):
                    if to == port:
                        task.cancel()
            await asyncio.sleep(LOOK_EVERY)

    async def _ready(self, port: int) -> bool:
        try:
            async with asyncio.timeout(ANSWER_WITHIN):
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                try:
                    writer.write(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                    return b" 200 " in await reader.readline()
                finally:
                    writer.transport.abort()
        except (OSError, TimeoutError):
            return False

    async def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        up = sorted(self._up)
        if not up:
            writer.transport.abort()
            return
        port = up[next(self._turn) % len(up)]
        task = asyncio.current_task()
        assert task is not None
        self._open[task] = port
        ends = [writer]
        pouring: list[asyncio.Future[None]] = []
        try:
            there, back = await asyncio.open_connection("127.0.0.1", port)
            ends.append(back)
            pouring = [asyncio.ensure_future(_pour(reader, back)), asyncio.ensure_future(_pour(there, writer))]
            await asyncio.wait(pouring, return_when=asyncio.FIRST_COMPLETED)
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            del self._open[task]
            for one in pouring:
                one.cancel()
            for end in ends:
                end.transport.abort()


async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError, asyncio.CancelledError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
