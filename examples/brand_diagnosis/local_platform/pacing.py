"""The platform's limits: how fast one answer comes, and how many at once."""

import asyncio

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send


class Pace:
    """The time of each word from the beginning of an answer. Kept against the clock, so lateness does not add up."""

    def __init__(self, per_second: float) -> None:
        self._per_second = per_second
        self._began = asyncio.get_running_loop().time()

    async def turn(self, count: int) -> None:
        """Wait until word number `count` (from 0) is due; an infinite rate never waits, but lets others run."""
        due = self._began + count / self._per_second
        await asyncio.sleep(max(0.0, due - asyncio.get_running_loop().time()))

    async def forever(self) -> None:
        """Never return: ends when the client leaves or the server stops."""
        await asyncio.get_running_loop().create_future()


class ParallelLimit:
    """Refuses requests above `limit` at once, until the last byte of an earlier answer is sent."""

    def __init__(self, app: ASGIApp, limit: int, refusal: Response) -> None:
        self._app = app
        self._limit = limit
        self._refusal = refusal
        self._running = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif self._running >= self._limit:
            await self._refusal(scope, receive, send)
        else:
            self._running += 1
            try:
                await self._app(scope, receive, send)
            finally:
                self._running -= 1
