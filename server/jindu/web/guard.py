"""Who is let in before any route: open mode as HTTP_API has it. Raw ASGI, so that it stands before WebSockets too.

Without keys the server answers only this machine: a foreign Host (DNS rebinding), a foreign Origin (any page in the user's
browser), forwarding headers (a proxy that would make the world local) and a POST that a page could send without asking
(RELIABILITY traps 4 and 15) are all refused.
"""

from collections.abc import Collection

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from .languages import asked_for, prefers_chinese
from .problems import Problem, respond

LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]"})
FORWARDING = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip")


class Guard:
    def __init__(self, app: ASGIApp, origins: Collection[str] = ()) -> None:
        self._app = app
        self._origins = frozenset(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        problem = self._refusal(scope, headers)
        if problem is None:
            await self._app(scope, receive, send)
            return
        answer = respond(problem, path=scope["path"], chinese=prefers_chinese(asked_for(scope)))
        await answer(scope, receive, send)

    def _refusal(self, scope: Scope, headers: Headers) -> Problem | None:
        host = headers.get("host", "")
        if _name(host) not in LOCAL_HOSTS:
            return Problem("MISDIRECTED", "without keys only Host localhost, 127.0.0.1 and [::1] are answered")
        if any(name in headers for name in FORWARDING):
            return Problem("FORBIDDEN", "a proxy forwards to a server without keys: make a key for it first")
        origin = headers.get("origin")
        if origin is not None and not self._known_origin(origin, scope, host):
            return Problem("FORBIDDEN", "this Origin is not in the list of origins")
        if scope["type"] == "http" and scope["method"] in ("POST", "PUT", "PATCH") and _has_body(headers):
            media = headers.get("content-type", "").partition(";")[0].strip().lower()
            if media != "application/json":
                return Problem("UNSUPPORTED_MEDIA_TYPE", "send the body as application/json")
        return None

    def _known_origin(self, origin: str, scope: Scope, host: str) -> bool:
        scheme = "https" if scope["scheme"] in ("https", "wss") else "http"
        return origin == f"{scheme}://{host}" or origin in self._origins


def _name(host: str) -> str:
    """The host without its port."""
    if host.startswith("["):
        return host.partition("]")[0] + "]"
    return host.partition(":")[0].lower()


def _has_body(headers: Headers) -> bool:
    return headers.get("content-length", "0") != "0" or "transfer-encoding" in headers
