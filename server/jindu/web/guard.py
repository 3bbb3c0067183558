"""Who is let in before any route (HTTP_API, "Who may do what"). Raw ASGI, so that it stands before WebSockets too.

Without keys the server answers only this machine: a foreign Host (DNS rebinding), a foreign Origin (any page in the user's
browser), forwarding headers (a proxy that would make the world local) and a POST that a page could send without asking
(RELIABILITY traps 4 and 15) are all refused. With keys any host and proxy will do, and everything below `/v1` wants
credentials, and so do routes of the application's own unless they are public (`own`); what a page of a foreign origin or a form
could send stays refused.
"""

import ipaddress
from collections.abc import Collection, Mapping
from functools import lru_cache, partial
from typing import TypeAlias

from starlette.types import ASGIApp, Receive, Scope, Send

from ..store.contract import Store
from ..store.keyring import Keyring
from . import access
from .cors import is_preflight, preflight
from .languages import asked_for, prefers_chinese
from .observing import observer
from .own import Group, Own
from .places import Places
from .problems import Problem, respond
from .rates import COUNTED, Rates, is_submit, network

LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]"})
FORWARDING = (b"forwarded", b"x-forwarded-for", b"x-forwarded-host", b"x-forwarded-proto", b"x-real-ip")
MAKE_A_KEY = {
    "zh": "没有密钥的服务器只回答本机，也不接受代理转发：请先用 jindu keys create 创建一个密钥。",
    "en": "A server without keys answers this machine only, and no proxy: make a key first, with jindu keys create.",
}
GUARDED = "/v1/"
STREAM = "/v1/stream"
PLACE = "jindu.place"  # in the scope: gives back the place of this connection; who keeps it open longer takes that over
Named: TypeAlias = Mapping[bytes, bytes]
SOCKET = "/v1/ws"  # says after it was accepted who it is, or is told why not, so that browsers can see it


class Guard:
    def __init__(self, app: ASGIApp, origins: Collection[str], rates: Rates, places: Places, own: Own) -> None:
        self._app = app
        self._origins = frozenset(origins)
        self._rates = rates
        self._places = places
        self._own = own

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers, node = _first_of_each(scope), scope["app"].state.node
        keyring: Keyring = node.keyring
        open_mode = keyring.open_mode
        problem = self._refusal(scope, headers, local_only=open_mode)
        if problem is None and is_preflight(scope):
            await preflight()(scope, receive, send)
            return
        if problem is None:
            own = None if path_of(scope).startswith(GUARDED) else self._own.asked(scope)
            # Also what is refused counts: keys are not to be guessed at leisure.
            unknown = _unknown(scope, keyring) or (None if own is None else self._own.refusal(scope, own))
            limited = own is not None or self._rates.limit(open_mode=open_mode)
            problem = (await self._too_often(scope, own, node.store, open_mode=open_mode) if limited else None) or unknown
        if problem is None:
            if scope["type"] == "http" and path_of(scope) != STREAM:
                await self._app(scope, receive, send)
                return
            problem = await self._let_stay(scope, receive, send)
        if problem is not None:
            observer(scope).told(problem.code)
            answer = respond(problem, path=scope["path"], chinese=prefers_chinese(asked_for(scope)))
            await answer(scope, receive, send)

    async def _too_often(self, scope: Scope, own: Group | None, store: Store, *, open_mode: bool) -> Problem | None:
        method = scope["method"] if scope["type"] == "http" else "GET"
        key, address, path = access.counted_as(scope[access.CALLER]), _address(scope), path_of(scope)
        if own is None:
            submit = is_submit(method, path)
        else:
            submit, path = self._own.is_submit(scope, own), COUNTED
        wait = self._rates.refusal(key, address, method, path, open_mode=open_mode)
        if wait is None and store.shared is not None and store.broken is None:
            wait = await self._rates.refusal_of_all(store.shared, key, address, method, path, open_mode=open_mode)
        if wait is None and own is not None:
            wait = self._own.too_often(scope, own, key or network(address))
        if wait is None:
            return None
        observer(scope).limited(submit=submit)
        return Problem("TOO_MANY_REQUESTS", "more than your rate allows", retry_after=wait)

    async def _let_stay(self, scope: Scope, receive: Receive, send: Send) -> Problem | None:
        """On to the routes with what stays open; the problem if there is no place for it."""
        address = _address(scope)
        if not self._places.take(address):
            return Problem("TOO_MANY_CONNECTIONS", "too many sockets and streams are open: close some, or come back later")
        scope[PLACE] = partial(self._places.leave, address)
        try:
            await self._app(scope, receive, send)
        finally:
            if (leave := scope.pop(PLACE, None)) is not None:
                leave()
        return None

    def _refusal(self, scope: Scope, headers: Named, *, local_only: bool) -> Problem | None:
        host = headers.get(b"host", b"").decode("latin-1")
        if local_only and _name(host) not in LOCAL_HOSTS:
            return Problem("MISDIRECTED", "without keys only Host localhost, 127.0.0.1 and [::1] are answered")
        if local_only and _is_remote(scope):
            return Problem(
                "FORBIDDEN",
                "without keys only this machine is answered: make one with `jindu keys create` first",
                text=MAKE_A_KEY,
            )
        if local_only and not headers.keys().isdisjoint(FORWARDING):
            return Problem(
                "FORBIDDEN",
                "a proxy forwards to a server without keys: make one with `jindu keys create` first",
                text=MAKE_A_KEY,
            )
        origin = headers.get(b"origin")
        if origin is not None and not self._known_origin(origin.decode("latin-1"), scope, host):
            return Problem("FORBIDDEN", "this Origin is not in the list of origins")
        if scope["type"] == "http" and scope["method"] in ("POST", "PUT", "PATCH") and _has_body(headers):
            media = headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
            if media != b"application/json":
                return Problem("UNSUPPORTED_MEDIA_TYPE", "send the body as application/json")
        return None

    def _known_origin(self, origin: str, scope: Scope, host: str) -> bool:
        scheme = "https" if scope["scheme"] in ("https", "wss") else "http"
        return origin == f"{scheme}://{host}" or origin in self._origins


def _first_of_each(scope: Scope) -> Named:
    """The headers by name; of one that was sent twice the first, as Starlette has it."""
    return dict(reversed(scope["headers"]))


def _unknown(scope: Scope, keyring: Keyring) -> Problem | None:
    """Put who asks into the scope; the problem if they must say so and do not."""
    path = path_of(scope)
    who, given = access.identify(scope, keyring, path)
    scope[access.CALLER], scope[access.GIVEN] = who, given
    if who is None and path.startswith(GUARDED) and path != SOCKET:
        return access.unauthorized(given=given)
    return None


def path_of(scope: Scope) -> str:
    """Below where the application is mounted."""
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", ""))


def _address(scope: Scope) -> str | None:
    """Where the request comes from: behind trusted proxies the address that they name."""
    client = scope.get("client")
    return None if client is None else str(client[0])


def is_local(address: str) -> bool:
    """Whether only this machine can reach what listens there."""
    if address == "localhost":
        return True
    try:
        return ipaddress.ip_address(address.strip("[]")).is_loopback
    except ValueError:
        return False


def _is_remote(scope: Scope) -> bool:
    """Whether the connection comes from another machine. Servers other than ours may listen anywhere, and a Host is easily
    claimed; test clients that name no address are this process."""
    return _is_foreign(str((scope.get("client") or ("",))[0]))


@lru_cache(maxsize=4096)
def _is_foreign(client: str) -> bool:
    try:
        address = ipaddress.ip_address(client)
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return not (mapped or address).is_loopback


def _name(host: str) -> str:
    """The host without its port."""
    if host.startswith("["):
        return host.partition("]")[0] + "]"
    return host.partition(":")[0].lower()


def _has_body(headers: Named) -> bool:
    return headers.get(b"content-length", b"0") != b"0" or b"transfer-encoding" in headers
