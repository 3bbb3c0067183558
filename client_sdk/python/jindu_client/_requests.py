"""HTTP without I/O: requests as values, and what an answer means. Both clients send these, neither knows the API."""

import json
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from urllib.parse import quote, urljoin, urlsplit

from .errors import JinduError, api_error, unreachable

DEFAULT_URL = "http://127.0.0.1:8765"
SUBPROTOCOL = "jindu.v1"
LOOKS = 4.0  # a second at most, at the log of a job that is followed
LOG_PAGE = 1_000  # lines in one answer: as many as the server gives
BACKUP_TIMEOUT = 600.0  # seconds until the first byte: the copy is made whole before it is sent
HTTP_TIMEOUT = 10.0  # seconds for connecting, and between two pieces of an answer

Query: TypeAlias = str | int | float | None


@dataclass(frozen=True, slots=True)
class Request:
    """`body` is a JSON object, or None for an empty body."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Response:
    """Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def retry_after(self) -> float | None:
        """Seconds; None if the server named no number."""
        try:
            return max(0.0, float(self.headers.get("retry-after", "")))
        except ValueError:
            return None


@dataclass(frozen=True, slots=True)
class Unreachable:
    """No answer."""

    why: str


class Api:
    """The calls of HTTP_API `/v1` on one server. `url` defaults to `JINDU_URL`, then to `DEFAULT_URL`."""

    def __init__(self, url: str | None = None, token: str | None = None) -> None:
        self.url = (url or os.environ.get("JINDU_URL") or DEFAULT_URL).rstrip("/")
        _check(self.url)
        self.token = token

    @property
    def socket_url(self) -> str:
        return "ws" + self.url.removeprefix("http") + "/v1/ws"

    @property
    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token}"} if self.token else {}

    def submit(self, type: str, params: Mapping[str, Any], options: Mapping[str, Any]) -> Request:
        wished = {name: value for name, value in options.items() if value is not None}
        key = wished.pop("key", None)
        headers = {} if key is None else {"idempotency-key": str(key)}
        return self._request("POST", "jobs", headers=headers, body={"type": type, "params": dict(params), **wished})

    def job(self, job: str, etag: str | None = None) -> Request:
        return self._request("GET", f"jobs/{_part(job)}", headers={"if-none-match": etag} if etag else {})

    def cancel(self, job: str, reason: str | None = None) -> Request:
        return self._request("POST", f"jobs/{_part(job)}/cancel", body=None if reason is None else {"reason": reason})

    def result(self, job: str) -> Request:
        return self._request("GET", f"jobs/{_part(job)}/result")

    def retry(self, job: str) -> Request:
        return self._request("POST", f"jobs/{_part(job)}/retry")

    def why(self, job: str) -> Request:
        return self._request("GET", f"jobs/{_part(job)}/why")

    def keys(self) -> Request:
        return self._request("GET", "keys")

    def create_key(self, wished: Mapping[str, Any]) -> Request:
        return self._request("POST", "keys", body={name: value for name, value in wished.items() if value is not None})

    def revoke_key(self, key: str) -> Request:
        return self._request("DELETE", f"keys/{_part(key)}")

    def rotate_keys(self) -> Request:
        return self._request("POST", "keys/rotate")

    def create_token(self, wished: Mapping[str, Any]) -> Request:
        return self._request("POST", "tokens", body={name: value for name, value in wished.items() if value is not None})

    def create_ticket(self, channels: Iterable[str]) -> Request:
        return self._request("POST", "tickets", body={"channels": list(channels)})

    def error(self, id: str) -> Request:
        return self._request("GET", f"errors/{_part(id)}")

    def errors(self, query: Mapping[str, Query]) -> Request:
        return self._request("GET", "errors", query={name: str(value) for name, value in query.items() if value is not None})

    def delete(self, job: str) -> Request:
        return self._request("DELETE", f"jobs/{_part(job)}")

    def log(self, job: str, after: int) -> Request:
        return self._request("GET", f"jobs/{_part(job)}/log", query={"after": str(after), "limit": str(LOG_PAGE)})

    def cleanup(self, older_than: float | str, status: str | None) -> Request:
        asked = {"older_than": str(older_than)}
        return self._request("DELETE", "jobs", query=asked if status is None else {**asked, "status": status})

    def types(self) -> Request:
        return self._request("GET", "types")

    def pause(self, type: str) -> Request:
        return self._request("POST", f"types/{_part(type)}/pause")

    def resume(self, type: str) -> Request:
        return self._request("POST", f"types/{_part(type)}/resume")

    def jobs(self, query: Mapping[str, Query], cursor: str | None) -> Request:
        asked = {name: str(value) for name, value in query.items() if value is not None}
        return self._request("GET", "jobs", query=asked if cursor is None else {**asked, "cursor": cursor})

    def backup(self) -> Request:
        return self._request("GET", "backup")

    def data(self, url: str) -> Request:
        """Data too large for a frame, where the server says it is. The token goes to no other host."""
        whole = self.url + url if url.startswith("/v1/") else urljoin(self.url + "/", url)
        ours = urlsplit(whole)[:2] == urlsplit(self.url)[:2]
        return Request("GET", whole, self.headers if ours else {})

    def _request(self, method: str, path: str, headers: Mapping[str, str] | None = None, **more: Any) -> Request:
        return Request(method, f"{self.url}/v1/{path}", {**self.headers, **(headers or {})}, **more)


def decoded(response: Response | Unreachable) -> Any:
    """The JSON value of a success, None for one without a body; raises `ApiError`, or what derives from it, for all else."""
    response = succeeded(response)
    if response.status == 204:
        return None
    try:
        return json.loads(response.content)
    except ValueError:
        raise api_error(_foreign(response), response.status) from None


def succeeded(response: Response | Unreachable) -> Response:
    """The answer if it is a success; raises as `decoded`."""
    if isinstance(response, Unreachable):
        raise unreachable(response.why)
    if not 200 <= response.status < 300:
        raise refusal(response)
    return response


def refusal(response: Response) -> JinduError:
    """The error of an answer that is no success."""
    try:
        problem = json.loads(response.content)
    except ValueError:
        problem = None
    if not isinstance(problem, dict) or "code" not in problem:
        problem = _foreign(response)
    if problem.get("retry_after") is None:
        problem["retry_after"] = response.retry_after
    return api_error(problem, response.status)


def page(response: Response | Unreachable) -> tuple[list[dict[str, Any]], str | None]:
    """The items of one page and the cursor of the next."""
    body = decoded(response)
    return list(body.get("items") or ()), body.get("next_cursor")


def lines(response: Response | Unreachable) -> tuple[list[dict[str, Any]], int | None]:
    """The log lines of one page, and the seq that the next page begins after; None on the last."""
    body = decoded(response)
    return list(body.get("items") or ()), body.get("next_after")


def later(response: Response | Unreachable) -> bool:
    """The server, or something before it, cannot answer now; trying again may help."""
    return isinstance(response, Unreachable) or response.status == 429 or response.status >= 500


def without_result(response: Response | Unreachable) -> bool:
    """The answer to `Api.result` for a job that has none: 202 not yet, 409 ended otherwise."""
    return isinstance(response, Response) and response.status in (202, 409)


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


def _part(text: str) -> str:
    return quote(text, safe="")


def _foreign(response: Response) -> dict[str, Any]:
    # Something between us and the server answered, or this is no Jindu server.
    return {"code": f"HTTP_{response.status}", "title": f"the answer (HTTP {response.status}) is not Jindu's"}
