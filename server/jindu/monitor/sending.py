"""One signed POST to one place, and nowhere else: the address is checked and pinned, nothing is followed.

The name stays in `Host` and in TLS, where the certificate must be the name's own; the connection goes to the address that was
checked. Nothing of the answer but its status is looked at, so that a webhook is no way to read what is inside.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from ipaddress import IPv6Address
from typing import TYPE_CHECKING

from standardwebhooks import Webhook as Signer

from ..core.hook import URL_CHARS
from ..core.lazily import Lazily
from .addresses import Address, Network, Refused, Resolver, allowed, checked, literal, system_resolver

if TYPE_CHECKING:
    import httpx
else:
    httpx = Lazily("httpx")

TIMEOUT = 5.0  # seconds for all of it: looking up the name, connecting, the answer
PORTS = {"http": 80, "https": 443}
USER_AGENT = "jindu-webhooks"
HOST = re.compile(rb"[A-Za-z0-9._:-]+")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a try. `retry_after`: seconds that the receiver asked for."""

    status: int | None = None
    error: str | None = None
    retry_after: float | None = None

    @property
    def delivered(self) -> bool:
        return self.error is None

    @property
    def hopeless(self) -> bool:
        """410: the receiver wants nothing more."""
        return self.status == httpx.codes.GONE


@dataclass(frozen=True, slots=True)
class Letter:
    """What is sent; `secrets` sign it, each with a signature of its own. `at` is wall-clock seconds of this try."""

    id: str
    url: str
    payload: bytes
    secrets: Sequence[str]
    at: float

    def headers(self) -> dict[str, str]:
        """As Standard Webhooks has them."""
        at = datetime.fromtimestamp(int(self.at), UTC)
        text = self.payload.decode()
        return {
            "content-type": "application/json",
            "user-agent": USER_AGENT,
            "webhook-id": self.id,
            "webhook-timestamp": str(int(self.at)),
            "webhook-signature": " ".join(Signer(secret).sign(self.id, at, text) for secret in self.secrets),
        }


class Sender:
    """Made closed; `networks` are those of the inside that may be sent to. `close` ends its connections."""

    def __init__(
        self, networks: Sequence[Network], resolve: Resolver = system_resolver, trust: ssl.SSLContext | bool = True
    ) -> None:
        self.networks = networks
        self._resolve = resolve
        self._trust = trust
        self._http: httpx.AsyncClient | None = None

    async def send(self, letter: Letter) -> Outcome:
        """Try once, within `TIMEOUT`. Raises nothing but a cancellation."""
        try:
            async with asyncio.timeout(TIMEOUT):
                if self._http is None:
                    await asyncio.to_thread(import_module, "httpx")
                url = httpx.URL(letter.url)
                addresses = await checked(_host(url), _port(url), self.networks, self._resolve)
                return await self._post(letter, url, addresses)
        except TimeoutError:
            return Outcome(error=f"no answer within {TIMEOUT:g} seconds")
        except Refused as refusal:
            return Outcome(error=str(refusal))
        except (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError, OSError) as error:
            return Outcome(error=f"no connection: {type(error).__name__}")

    async def close(self) -> None:
        if self._http is not None:
            await self._http.aclose()

    async def _post(self, letter: Letter, url: httpx.URL, addresses: Sequence[Address]) -> Outcome:
        """To the first address that takes the connection."""
        for address in addresses[:-1]:
            try:
                return await self._post_to(letter, url, address)
            except httpx.ConnectError:
                continue
        return await self._post_to(letter, url, addresses[-1])

    async def _post_to(self, letter: Letter, url: httpx.URL, address: Address) -> Outcome:
        request = self._client.build_request(
            "POST",
            url.copy_with(host=f"[{address}]" if isinstance(address, IPv6Address) else str(address)),
            content=letter.payload,
            headers={"host": url.netloc.decode("ascii"), **letter.headers()},
            extensions={"sni_hostname": _host(url)},
        )
        answer = await self._client.send(request, stream=True)
        await answer.aclose()
        if answer.is_success:
            return Outcome(answer.status_code)
        return Outcome(answer.status_code, f"HTTP {answer.status_code}", _retry_after(answer))

    @property
    def _client(self) -> httpx.AsyncClient:
        if self._http is None:
            # No proxy of the environment: it would connect for us, to wherever the name leads it. No connection is kept: it
            # would serve another name, whose addresses were never looked at.
            limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
            self._http = httpx.AsyncClient(
                follow_redirects=False, trust_env=False, verify=self._trust, timeout=TIMEOUT, limits=limits
            )
        return self._http


def wrong_url(text: str, networks: Sequence[Network]) -> str | None:
    """What is wrong with a URL that somebody wants told; None if nothing is that can be seen before the name is looked up."""
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, TypeError, ValueError):
        return "not a URL"
    whole = len(text) <= URL_CHARS and text.isprintable() and " " not in text
    if not whole or url.scheme not in PORTS or not HOST.fullmatch(url.raw_host) or not 0 < _port(url) < 65_536:
        return f"an http:// or https:// URL of at most {URL_CHARS} characters"
    if url.userinfo:
        return "without user and password: what is sent is signed instead"
    address = literal(_host(url))
    if address is not None and not allowed(address, networks):
        return "an address of this machine or its networks is not sent to (setting webhook_networks)"
    return None


def _host(url: httpx.URL) -> str:
    return url.raw_host.decode("ascii")


def _port(url: httpx.URL) -> int:
    return PORTS.get(url.scheme, 443) if url.port is None else url.port


def _retry_after(answer: httpx.Response) -> float | None:
    try:
        return max(0.0, float(answer.headers.get("retry-after", "")))
    except ValueError:
        return None
