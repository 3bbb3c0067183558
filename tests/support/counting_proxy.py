"""A TCP proxy that counts: connections, bytes, and pieces that the server sent. For comparing what ways of watching cost."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

CHUNK = 65_536


class Counts:
    def __init__(self) -> None:
        self.url = ""
        self.connections = 0
        self.bytes = 0  # towards the client
        self.bytes_up = 0
        self.pieces = 0


@asynccontextmanager
async def counting(port: int) -> AsyncIterator[Counts]:
    """A proxy on a port of its own to `port` on this machine."""
    counts = Counts()
    serving: set[asyncio.Task[None]] = set()

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, count: bool) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(CHUNK):
                counts.bytes += len(data) if count else 0
                counts.bytes_up += 0 if count else len(data)
                counts.pieces += count
                writer.write(data)
                await writer.drain()
        writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        counts.connections += 1
        task = asyncio.current_task()
        assert task is not None
        serving.add(task)
        up_reader, up_writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            with suppress(asyncio.CancelledError):  # of the end, which waits for us; asyncio would log it
                await asyncio.gather(pump(reader, up_writer, count=False), pump(up_reader, writer, count=True))
        finally:
            for end in (writer, up_writer):
                end.close()
                with suppress(ConnectionError):
                    await end.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    counts.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield counts
    finally:
        server.close()
        if serving:
            await asyncio.wait(serving, timeout=1)  # who has closed is let go in peace
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)
