"""A server with keys: an operator's, and one of each scope for nobody, for ann and for bob; jobs and batches of theirs."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import httpx

from support.server import ServerProcess

OWNERS = (None, "ann", "bob")
SCOPES = ("submit", "watch", "operate")
GREET = {"type": "greet", "params": {"name": "ann"}}


def bearer(credential: str | None) -> dict[str, str]:
    return {} if credential is None else {"Authorization": f"Bearer {credential}"}


@dataclass(frozen=True)
class Guarded:
    """`admin` has all scopes and no owner; `http` looks every answer over."""

    server: ServerProcess
    http: httpx.Client
    admin: str

    def post(self, path: str, body: Any = None, credential: str | None = None, **more: Any) -> httpx.Response:
        return self.http.post(path, json=body, headers=bearer(credential or self.admin), **more)

    def get(self, path: str, credential: str | None = None, **more: Any) -> httpx.Response:
        return self.http.get(path, headers=bearer(credential or self.admin), **more)

    def key(self, *scopes: str, owner: str | None = None, **more: Any) -> str:
        answer = self.post("/v1/keys", {"name": "test", "scopes": list(scopes), "owner": owner, **more})
        assert answer.status_code == 201, answer.text
        text: str = answer.json()["key"]
        return text

    @cached_property
    def keys(self) -> dict[tuple[str | None, str], str]:
        """A key for each owner and each single scope."""
        return {(owner, scope): self.key(scope, owner=owner) for owner in OWNERS for scope in SCOPES}

    def job(self, owner: str | None, type: str = "greet") -> dict[str, Any]:
        """A new job; one that greets has ended."""
        body = {**(GREET if type == "greet" else {"type": type}), "owner": owner}
        answer = self.post("/v1/jobs", body, params={"wait": 10} if type == "greet" else {})
        assert answer.status_code in (200, 202), answer.text
        made: dict[str, Any] = answer.json()
        return made

    def batch(self, owner: str | None) -> dict[str, Any]:
        """A new batch of one job, which have ended."""
        answer = self.post("/v1/batches", {"jobs": [GREET], "owner": owner}, params={"wait": 10})
        assert answer.status_code == 200, answer.text
        made: dict[str, Any] = answer.json()
        return made

    def token(self, credential: str | None = None, **asked: Any) -> str:
        answer = self.post("/v1/tokens", asked, credential)
        assert answer.status_code == 201, answer.text
        text: str = answer.json()["token"]
        return text

    def ticket(self, *channels: str, credential: str | None = None) -> str:
        answer = self.post("/v1/tickets", {"channels": list(channels)}, credential)
        assert answer.status_code == 201, answer.text
        text: str = answer.json()["ticket"]
        return text


def told(answer: httpx.Response) -> tuple[int, Any]:
    """An answer but for what differs between any two: the path it repeats, its trace id, the id that was asked for."""
    body = answer.json()
    return answer.status_code, {name: value for name, value in body.items() if name not in ("instance", "trace_id")}
