"""One server: where its routes are, and the requests of a watch. Calls are in `_calls` and `_operator_calls`."""

import os
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

from ._requests import Call, Request

DEFAULT_URL = "http://127.0.0.1:8765"
SUBPROTOCOL = "jindu.v1"
LONGEST_QUERY = 1_500  # characters; longer lists of channels go as a body


class Api:
    """`url` defaults to `JINDU_URL`, then to `DEFAULT_URL`; it may have a path. `lang`: of what the server says in one language
    only, "zh" or "en". Raises `ValueError` for what is no address."""

    def __init__(self, url: str | None = None, lang: str | None = None) -> None:
        self.url = (url or os.environ.get("JINDU_URL") or DEFAULT_URL).rstrip("/")
        _check(self.url)
        self.headers: Mapping[str, str] = {"accept-language": lang} if lang else {}

    @property
    def socket_url(self) -> str:
        return "ws" + self.url.removeprefix("http") + "/v1/ws"

    def request(self, call: Call[Any]) -> Request:
        return self._request(call.method, call.path, headers=call.headers, query=call.query, body=call.body)

    def watched(self, channel: str, etag: str | None = None) -> Request:
        """The snapshot of a job or batch."""
        kind, _, id = channel.partition(":")
        path = f"{'batches' if kind == 'batch' else 'jobs'}/{quote(id, safe='')}"
        return self._request("GET", path, headers={"if-none-match": etag} if etag else {})

    def alive(self) -> Request:
        """Whether HTTP works at all."""
        return Request("GET", f"{self.url}/healthz", self.headers)

    def stream(self, epoch: str, channels: Mapping[str, int], pace: float | None) -> Request:
        return self._watch("stream", {"epoch": epoch}, channels, pace)

    def poll(self, epoch: str, channels: Mapping[str, int], wait: float, pace: float | None) -> Request:
        return self._watch("poll", {"epoch": epoch, "wait": wait}, channels, pace)

    def data(self, url: str) -> Request:
        """Data too large for a frame, where the server says it is. The credential goes to no other host."""
        whole = self.url + url if url.startswith("/v1/") else urljoin(self.url + "/", url)
        ours = urlsplit(whole)[:2] == urlsplit(self.url)[:2]
        return Request("GET", whole, self.headers if ours else {}, ours=ours)

    def _watch(self, path: str, asked: Mapping[str, Any], channels: Mapping[str, int], pace: float | None) -> Request:
        wished = {**asked, "pace": pace} if pace is not None else dict(asked)
        listed = ",".join(f"{name}@{held}" for name, held in channels.items())
        # A comma parts channels in a query, so a name that holds one needs a body.
        if len(listed) <= LONGEST_QUERY and not any("," in name for name in channels):
            query = {
                "channels": listed,
                **{name: f"{value:g}" if isinstance(value, float) else str(value) for name, value in wished.items()},
            }
            return self._request("GET", path, query=query)
        return self._request("POST", path, body={"channels": dict(channels), **wished})

    def _request(self, method: str, path: str, headers: Mapping[str, str] | None = None, **more: Any) -> Request:
        return Request(method, f"{self.url}/v1/{path}", {**self.headers, **(headers or {})}, **more)


def _check(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https"):
        raise ValueError(f"the server's URL begins with http:// or https://, not {url!r}")
    try:
        whole = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:  # a port that is no number
        whole = False
    if not whole or re.search(r"\s", url):
        raise ValueError(
            f"the server's URL names a host, and a port if need be, as http://127.0.0.1:8765 does: {url!r} does not"
        )
