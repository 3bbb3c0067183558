"""A TCP proxy that fails on purpose: each connection through it gets the next fault of a plan, at a byte or at a time.

    cut, reset      the connection ends, with FIN or RST
    mute            what is sent is taken, and nothing is said any more, in neither direction
    deaf            nothing is read any more, so that senders run full (half-open)
    no_up, no_down  what goes towards the server, or the client, is lost in silence
    slow, late, single   passed on at so many bytes a second, with a pause before each piece, byte by byte

All but those of the last line end with a reset after `seconds`, as a dead way is found out some day by somebody.
"""

import asyncio
import random
import socket
import struct
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Literal, TypeAlias

from support.quiet import quiet

Kind: TypeAlias = Literal["cut", "reset", "mute", "deaf", "no_up", "no_down", "slow", "late", "single"]
KINDS: tuple[Kind, ...] = ("cut", "reset", "mute", "deaf", "no_up", "no_down", "slow", "late", "single")
ENDING: frozenset[Kind] = frozenset({"cut", "reset"})
GENTLE: frozenset[Kind] = frozenset({"slow", "late", "single"})
CHUNK = 65_536
TURN = 0.02  # seconds between two pieces of what is passed on slowly


@dataclass(frozen=True)
class Fault:
    """Happens when `after` bytes have passed, both ways together, or `at` seconds after the connection, whichever is first.

    `rate` is of "slow", bytes a second; `seconds` the pause of "late", and how long the silent ones stay.
    """

    kind: Kind
    after: int = 0
    at: float | None = None
    seconds: float = 0.5
    rate: int = 20_000


def any_fault(rng: random.Random, kinds: Iterable[Kind] = KINDS) -> Fault:
    """A fault at a random moment of a short watch."""
    kind = rng.choice(list(kinds))
    at = rng.uniform(0, 1) if rng.random() < 0.3 else None
    after = rng.choice([rng.randint(0, 400), rng.randint(0, 2_000), rng.randint(0, 20_000)])
    seconds = rng.uniform(0, 0.05) if kind == "late" else rng.uniform(0.1, 1)
    return Fault(kind, after, at, seconds, rate=rng.randint(4_000, 40_000))


class Proxy:
    """`met` are the faults that happened, `url` where clients connect."""

    def __init__(self, port: int, plan: Iterable[Fault | None], rewrite: Callable[[bytes], bytes]) -> None:
        self.url = ""
        self.port = 0
        self.connections = 0
        self.met: list[Fault] = []
        self._target = port
        self._plan = iter(plan)
        self._rewrite = rewrite
        self._tasks: set[asyncio.Task[None]] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        self.connections += 1
        fault = next(self._plan, None)
        try:
            with suppress(asyncio.CancelledError):  # of `close`, which waits for us; asyncio would log it
                up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self._target)
                link = _Link(self, fault, writer, up_writer)
                await link.run(reader, up_reader, self._rewrite)
        finally:
            writer.close()

    async def close(self) -> None:
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


class _Link:
    def __init__(self, proxy: Proxy, fault: Fault | None, down: asyncio.StreamWriter, up: asyncio.StreamWriter) -> None:
        self._proxy = proxy
        self._fault = fault
        self._ways = {"down": down, "up": up}
        self._left = fault.after if fault is not None else 0
        self._failing = asyncio.Event()

    async def run(self, client: asyncio.StreamReader, server: asyncio.StreamReader, rewrite: Callable[[bytes], bytes]) -> None:
        pumps = [
            asyncio.create_task(self._pump(client, "up", lambda data: data)),
            asyncio.create_task(self._pump(server, "down", rewrite)),
        ]
        watching = asyncio.create_task(self._watch())
        try:
            await asyncio.wait([*pumps, watching], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (*pumps, watching):
                task.cancel()
            await asyncio.gather(*pumps, watching, return_exceptions=True)
            for writer in self._ways.values():
                writer.close()
                with suppress(OSError):
                    await writer.wait_closed()

    async def _pump(self, reader: asyncio.StreamReader, way: str, rewrite: Callable[[bytes], bytes]) -> None:
        """Until one end is done; then the other end is closed as well."""
        with suppress(OSError):
            while data := rewrite(await reader.read(CHUNK)):
                if not self._failing.is_set():
                    passing, data = self._up_to_fault(data)
                    await self._pass(way, passing)
                if data and self._failing.is_set():
                    await self._fail(way, data)

    def _up_to_fault(self, data: bytes) -> tuple[bytes, bytes]:
        if self._fault is None or len(data) < self._left:
            self._left -= len(data)
            return data, b""
        passing, rest = data[: self._left], data[self._left :]
        self._begin()
        return passing, rest

    def _begin(self) -> None:
        if self._fault is not None and not self._failing.is_set():
            self._failing.set()
            self._proxy.met.append(self._fault)

    async def _fail(self, way: str, data: bytes) -> None:
        assert self._fault is not None
        kind = self._fault.kind
        if kind in ENDING or kind == "deaf":
            await asyncio.Event().wait()  # the watch ends it
        if kind in ("no_up", "no_down") and kind != f"no_{way}":
            await self._pass(way, data)
        if kind == "late":
            await asyncio.sleep(self._fault.seconds)
            await self._pass(way, data)
        if kind in ("single", "slow"):
            size = 1 if kind == "single" else max(int(self._fault.rate * TURN), 1)
            for place in range(0, len(data), size):
                await self._pass(way, data[place : place + size])
                await asyncio.sleep(0 if kind == "single" else TURN)

    async def _pass(self, way: str, data: bytes) -> None:
        self._ways[way].write(data)
        await self._ways[way].drain()

    async def _watch(self) -> None:
        """Begin the fault at its time, and end the connection as the fault has it."""
        fault = self._fault
        if fault is None:
            await asyncio.Event().wait()
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(fault.at):
                await self._failing.wait()
        self._begin()
        if fault.kind in GENTLE:
            await asyncio.Event().wait()
        if fault.kind not in ENDING:
            await asyncio.sleep(fault.seconds)
        if fault.kind != "cut":
            for writer in self._ways.values():
                _reset(writer)


def _reset(writer: asyncio.StreamWriter) -> None:
    """End with RST: what lies in buffers is lost."""
    connected = writer.get_extra_info("socket")
    if connected is not None:
        with suppress(OSError):
            connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


@asynccontextmanager
async def failing(
    port: int, plan: Iterable[Fault | None], rewrite: Callable[[bytes], bytes] = lambda data: data
) -> AsyncIterator[Proxy]:
    """A proxy on a port of its own to `port` on this machine; after the end of the plan nothing fails. `rewrite` changes what
    goes to clients."""
    proxy = Proxy(port, plan, rewrite)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    proxy.url = f"http://127.0.0.1:{proxy.port}"
    try:
        yield proxy
    finally:
        server.close()
        await quiet()  # who was accepted last gets its task, which then ends as the others do
        await proxy.close()
