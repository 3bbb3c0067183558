"""Who is let in before any route (HTTP_API, "Who may do what"). Raw ASGI, so that it stands before WebSockets too.

Without keys the server answers only this machine: a foreign Host (DNS rebinding), a foreign Origin (any page in the user's
browser), forwarding headers (a proxy that would make the world local) and a POST that a page could send without asking
(RELIABILITY traps 4 and 15) are all refused. With keys any host and proxy will do, and everything below `/v1` wants
credentials; what a page of a foreign origin or a form could send stays refused.
"""

import ipaddress
from collections.abc import Collection

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from ..store.keyring import Keyring
from . import access
from .cors import is_preflight, preflight
from .languages import asked_for, prefers_chinese
from .problems import Problem, respond

LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]"})
FORWARDING = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip")
GUARDED = "/v1/"
SOCKET = "/v1/ws"  # says after it was accepted who it is, or is told why not, so that browsers can see it


class Guard:
    def __init__(self, app: ASGIApp, origins: Collection[str] = ()) -> None:
        self._app = app
        self._origins = frozenset(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        keyring: Keyring = scope["app"].state.node.keyring
        problem = self._refusal(scope, headers, local_only=keyring.open_mode)
        if problem is None and is_preflight(scope, headers):
            await preflight()(scope, receive, send)
            return
        problem = problem or _unknown(scope, headers, keyring)
        if problem is None:
            await self._app(scope, receive, send)
            return
        answer = respond(problem, path=scope["path"], chinese=prefers_chinese(asked_for(scope)))
        await answer(scope, receive, send)

    def _refusal(self, scope: Scope, headers: Headers, *, local_only: bool) -> Problem | None:
        host = headers.get("host", "")
        if local_only and _name(host) not in LOCAL_HOSTS:
            return Problem("MISDIRECTED", "without keys only Host localhost, 127.0.0.1 and [::1] are answered")
        if local_only and any(name in headers for name in FORWARDING):
            return Problem("FORBIDDEN", "a proxy forwards to a server without keys: make one with `jindu keys create` first")
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


def _unknown(scope: Scope, headers: Headers, keyring: Keyring) -> Problem | None:
    """Put who asks into the scope; the problem if they must say so and do not."""
    path: str = scope["path"].removeprefix(scope.get("root_path", ""))
    who, given = access.identify(scope, headers, keyring, path)
    scope[access.CALLER], scope[access.GIVEN] = who, given
    if who is None and path.startswith(GUARDED) and path != SOCKET:
        return access.unauthorized(given=given)
    return None


def is_local(address: str) -> bool:
    """Whether only this machine can reach what listens there."""
    if address == "localhost":
        return True
    try:
        return ipaddress.ip_address(address.strip("[]")).is_loopback
    except ValueError:
        return False


def _name(host: str) -> str:
    """The host without its port."""
    if host.startswith("["):
        return host.partition("]")[0] + "]"
    return host.partition(":")[0].lower()


def _has_body(headers: Headers) -> bool:
    return headers.get("content-length", "0") != "0" or "transfer-encoding" in headers
