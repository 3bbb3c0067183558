"""HTTP of the asyncio client."""

import asyncio
import inspect
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeAlias, TypeVar

import httpx

from ._api import Api
from ._requests import Call, Request, Response, Unreachable
from ._sync_http import BACKUP_TIMEOUT, credited, unreached
from ._trying import Trying

T = TypeVar("T")
AsyncTokenSource: TypeAlias = str | Callable[[], str] | Callable[[], Awaitable[str]] | None


class AsyncTokens:
    """As `Tokens`; who is asked may be a coroutine function."""

    def __init__(self, source: AsyncTokenSource) -> None:
        self._source = source
        self._held = source if isinstance(source, str) else None

    @property
    def renewable(self) -> bool:
        return callable(self._source)

    async def current(self) -> str | None:
        return self._held if self._held is not None else await self.fresh()

    async def fresh(self) -> str | None:
        if callable(self._source):
            given = self._source()
            self._held = await given if inspect.isawaitable(given) else given
        return self._held


class AsyncHttp:
    """`timeout` is seconds for connecting, and between two pieces of an answer."""

    def __init__(self, api: Api, token: AsyncTokenSource, timeout: float, retries: int, tls: ssl.SSLContext | None) -> None:
        self.api = api
        self.tokens = AsyncTokens(token)
        self.tls = tls
        self._timeout = timeout
        self._retries = retries
        self.client = httpx.AsyncClient(timeout=timeout, verify=tls or httpx.create_ssl_context())

    async def close(self) -> None:
        await self.client.aclose()

    async def do(self, call: Call[T]) -> T:
        """The call, with what an answer to it means."""
        request, trying = self.api.request(call), Trying(self._retries if call.patient else 0)
        while True:
            answer = await self._answer(request)
            if (pause := trying.again_after(answer)) is None:
                return call.read(answer)
            await asyncio.sleep(pause)

    async def download(self, call: Call[object], target: Path) -> Response | Unreachable:
        """A call whose answer, if it is a success, goes to a new file, whole or not at all. Raises `OSError`."""
        part, request = target.with_name(f"{target.name}.part"), self.api.request(call)
        headers = credited(request, await self.tokens.current())
        try:
            async with self.client.stream(request.method, request.url, headers=headers, timeout=BACKUP_TIMEOUT) as answer:
                if not answer.is_success:
                    return Response(answer.status_code, dict(answer.headers), await answer.aread())
                with part.open("wb") as file:
                    async for piece in answer.aiter_bytes():
                        file.write(piece)
            part.rename(target)
            return Response(answer.status_code, dict(answer.headers), b"")
        except httpx.HTTPError as error:
            return unreached(error)
        finally:
            part.unlink(missing_ok=True)

    async def answer_to(self, request: Request, token: str | None, timeout: float) -> Response | Unreachable:
        """One HTTP call."""
        try:
            answer = await self.client.request(
                request.method,
                request.url,
                headers=credited(request, token),
                params=dict(request.query) or None,
                json=request.body,
                timeout=timeout,
            )
        except httpx.HTTPError as error:
            return unreached(error)
        return Response(answer.status_code, dict(answer.headers), answer.content)

    async def _answer(self, request: Request) -> Response | Unreachable:
        answer = await self.answer_to(request, await self.tokens.current(), self._timeout)
        if isinstance(answer, Response) and answer.status == 401 and self.tokens.renewable:
            return await self.answer_to(request, await self.tokens.fresh(), self._timeout)
        return answer
