"""Watch a job of the test server to a frame of some kind, over a real socket."""

import asyncio
from typing import Any

from support.rawclient import Held, opening, until
from support.server import ServerProcess


async def watched(server: ServerProcess, job_id: str, kind: str) -> dict[str, Any]:
    held = Held(job_id)
    async with asyncio.timeout(30), opening(server.url) as socket:
        await socket.send(held.subscribe)
        return await until(socket, kind, held)
