"""Pages of other origins: what a browser must be told before a page of a listed origin may ask and read.

Raw ASGI around everything, so that refusals too can be read by the page. Starlette's own answers a preflight with 200 and a
text, and a foreign one with 400: here the guard refuses it as any other foreign request.
"""

from collections.abc import Collection

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE"
ASKED = "Authorization, Content-Type, Idempotency-Key, If-None-Match, Prefer, Last-Event-ID"
TOLD = "ETag, Location, Retry-After, Link, Idempotency-Replayed, Preference-Applied, WWW-Authenticate"
KEPT = 600  # seconds that a browser may keep the answer to a preflight


class Cors:
    def __init__(self, app: ASGIApp, origins: Collection[str] = ()) -> None:
        self._app = app
        self._origins = frozenset(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not self._origins:
            await self._app(scope, receive, send)
            return
        origin = Headers(scope=scope).get("origin", "")

        async def allowing(message: Message) -> None:
            if message["type"] == "http.response.start":
                allow(MutableHeaders(scope=message), origin, self._origins)
            await send(message)

        await self._app(scope, receive, allowing)


def allow(headers: MutableHeaders, origin: str, origins: Collection[str]) -> None:
    """Let a page of a listed origin read the answer; whether it may depends on the origin, so caches keep them apart."""
    headers.add_vary_header("Origin")
    if origin in origins:
        headers["Access-Control-Allow-Origin"] = origin
        headers["Access-Control-Expose-Headers"] = TOLD


def is_preflight(scope: Scope) -> bool:
    """Whether a browser asks what a page may ask for; it sends no credentials with that."""
    if scope["type"] != "http" or scope["method"] != "OPTIONS":
        return False
    headers = Headers(scope=scope)
    return "origin" in headers and "access-control-request-method" in headers


def preflight() -> Response:
    """204 and what a page may ask for. The origin was looked at before."""
    headers = {
        "Access-Control-Allow-Methods": METHODS,
        "Access-Control-Allow-Headers": ASKED,
        "Access-Control-Max-Age": str(KEPT),
    }
    return Response(status_code=204, headers=headers)
