"""HTTP of the blocking client."""

import ssl
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias, TypeVar

import httpx

from ._api import Api
from ._requests import Call, Request, Response, Unreachable
from ._trying import Trying

T = TypeVar("T")
BACKUP_TIMEOUT = 600.0  # seconds until the first byte: the copy is made whole before it is sent
TokenSource: TypeAlias = str | Callable[[], str] | None


class Tokens:
    """A credential, or who is asked for one: at the first need, at each new connection, and when one is no longer good."""

    def __init__(self, source: TokenSource) -> None:
        self._source = source
        self._held = source if isinstance(source, str) else None

    @property
    def renewable(self) -> bool:
        return callable(self._source)

    def current(self) -> str | None:
        return self._held if self._held is not None else self.fresh()

    def fresh(self) -> str | None:
        """A new one, where there is somebody to ask. Whatever that raises is raised."""
        if callable(self._source):
            self._held = self._source()
        return self._held


class SyncHttp:
    """`timeout` is seconds for connecting, and between two pieces of an answer."""

    def __init__(self, api: Api, token: TokenSource, timeout: float, retries: int, tls: ssl.SSLContext | None) -> None:
        self.api = api
        self.tokens = Tokens(token)
        self.tls = tls
        self._timeout = timeout
        self._retries = retries
        self._verify = tls or httpx.create_ssl_context()  # made once: it reads all certificates there are
        self.client = self.new_client()

    def new_client(self) -> httpx.Client:
        return httpx.Client(timeout=self._timeout, verify=self._verify)

    def close(self) -> None:
        self.client.close()

    def do(self, call: Call[T]) -> T:
        """The call, with what an answer to it means."""
        request, trying = self.api.request(call), Trying(self._retries if call.patient else 0)
        while True:
            answer = self._answer(request)
            if (pause := trying.again_after(answer)) is None:
                return call.read(answer)
            time.sleep(pause)

    def download(self, call: Call[object], target: Path) -> Response | Unreachable:
        """A call whose answer, if it is a success, goes to a new file, whole or not at all. Raises `OSError`."""
        part, request = target.with_name(f"{target.name}.part"), self.api.request(call)
        headers = credited(request, self.tokens.current())
        try:
            with self.client.stream(request.method, request.url, headers=headers, timeout=BACKUP_TIMEOUT) as answer:
                if not answer.is_success:
                    return Response(answer.status_code, dict(answer.headers), answer.read())
                with part.open("wb") as file:
                    for piece in answer.iter_bytes():
                        file.write(piece)
            part.rename(target)
            return Response(answer.status_code, dict(answer.headers), b"")
        except httpx.HTTPError as error:
            return unreached(error)
        finally:
            part.unlink(missing_ok=True)

    def _answer(self, request: Request) -> Response | Unreachable:
        answer = answer_to(self.client, request, self.tokens.current(), self._timeout)
        if isinstance(answer, Response) and answer.status == 401 and self.tokens.renewable:
            return answer_to(self.client, request, self.tokens.fresh(), self._timeout)
        return answer


def answer_to(
    client: httpx.Client, request: Request, token: str | None, timeout: float, extensions: dict[str, object] | None = None
) -> Response | Unreachable:
    """One HTTP call."""
    try:
        answer = client.request(
            request.method,
            request.url,
            headers=credited(request, token),
            params=dict(request.query) or None,
            json=request.body,
            timeout=timeout,
            extensions=extensions,
        )
    except httpx.HTTPError as error:
        return unreached(error)
    return Response(answer.status_code, dict(answer.headers), answer.content)


def credited(request: Request, token: str | None) -> dict[str, str]:
    """The headers, with the credential if it goes to the server."""
    credit = {"authorization": f"Bearer {token}"} if token and request.ours else {}
    return {**credit, **request.headers}


def unreached(error: httpx.HTTPError) -> Unreachable:
    return Unreachable(str(error) or type(error).__name__)
