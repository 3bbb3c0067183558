"""Where errors are provoked: an app on a real store with its HTTP face, and a platform that can be made to fail."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from errors.platform import Platform
from jindu import App
from jindu.handles import Handle
from jindu.node import Node


@dataclass(frozen=True)
class World:
    app: App
    node: Node
    http: httpx.AsyncClient
    upstream: Platform
    folder: Path
    patch: pytest.MonkeyPatch

    async def end_of(self, body: Callable[..., Any], **options: Any) -> str:
        """The code that a job with this body ends with."""
        return str((await self.end(body, **options))["error"]["code"])

    async def end(self, body: Callable[..., Any], **options: Any) -> dict[str, Any]:
        return await ended(await self.app.job(**options)(body).submit())

    async def asking(self, url: str, timeout: float = 10) -> str:
        """The code of a job that asks at this address, as most jobs do."""

        async def ask() -> Any:
            async with httpx.AsyncClient(timeout=timeout) as client:
                return (await client.get(url)).raise_for_status().json()

        return await self.end_of(ask)

    async def told(self, method: str, path: str, **given: Any) -> str:
        """The code of the problem that a request is answered with."""
        answer = await self.http.request(method, path, **given)
        assert answer.headers["content-type"] == "application/problem+json", answer.text
        return str(answer.json()["code"])

    async def held(self) -> Handle[Any]:
        """A job that runs until it is cancelled."""
        begun = asyncio.Event()

        async def hold() -> None:
            begun.set()
            await asyncio.Event().wait()

        job = await self.app.job(hold).submit()
        async with asyncio.timeout(10):
            await begun.wait()
        return job

    async def done(self) -> str:
        """The id of a job that completed."""

        async def work() -> int:
            return 1

        job = await self.app.job(work).submit()
        await job.wait(10)
        return job.id


Provoker = Callable[[World], Awaitable[str]]


async def ended(job: Handle[Any]) -> dict[str, Any]:
    async with asyncio.timeout(20):
        return [update async for update in job.updates()][-1].state


@asynccontextmanager
async def face(app: App, node: Node) -> AsyncIterator[httpx.AsyncClient]:
    """HTTP to an app that is open, within this process."""
    asgi = app.asgi()
    asgi.state.node = node
    transport = httpx.ASGITransport(asgi, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8765") as client:
        yield client
