"""What every answer tells a browser, whoever gives it: guess no types, hand nothing on, be framed and loaded by nobody.

Raw ASGI around everything; what an answer says by itself (the policy of a page) stands.
"""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

STARTS = ("http.response.start", "websocket.http.response.start")
ENCRYPTED = ("https", "wss")
ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    # Loading by a tag; pages of listed origins ask with CORS, to which this does not apply.
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; frame-ancestors 'none'",
}
STRICT_TRANSPORT = "max-age=31536000"  # seconds: a year; without subdomains, which may be somebody else's
_ALWAYS = [(name.lower().encode(), value.encode()) for name, value in ALWAYS.items()]
_NAMES = frozenset(name for name, _ in _ALWAYS)
_STRICT = (b"strict-transport-security", STRICT_TRANSPORT.encode())


class Secure:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return

        async def securing(message: Message) -> None:
            if message["type"] in STARTS:
                _add(message, encrypted=scope["scheme"] in ENCRYPTED)
            await send(message)

        await self._app(scope, receive, securing)


def _add(message: Message, *, encrypted: bool) -> None:
    """The same as `secure`, for the list that every answer brings along."""
    headers: list[tuple[bytes, bytes]] = list(message.get("headers", ()))
    said = {name for name, _ in headers}
    headers += _ALWAYS if said.isdisjoint(_NAMES) else [pair for pair in _ALWAYS if pair[0] not in said]
    if encrypted:
        headers = [pair for pair in headers if pair[0] != _STRICT[0]] + [_STRICT]
    message["headers"] = headers


def secure(headers: MutableHeaders, *, encrypted: bool) -> None:
    """Say what the answer does not say by itself. Only over TLS may one ask to be asked by TLS (RFC 6797 section 7.2)."""
    for name, value in ALWAYS.items():
        headers.setdefault(name, value)
    if encrypted:
        headers["Strict-Transport-Security"] = STRICT_TRANSPORT
