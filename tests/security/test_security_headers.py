"""Every answer says what a browser has to know, whoever gives it: pages, JSON, refusals, accidents, a refused upgrade."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from jindu import App
from jindu.settings import Settings
from support.server import ServerProcess

SAID = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with ServerProcess("web.web_jobs:app", tmp_path_factory.mktemp("headers")) as process:
        yield process


def secured(answer: httpx.Response) -> None:
    assert {name: answer.headers.get(name) for name in SAID} == SAID, answer.request.url
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert len(answer.headers.get_list("content-security-policy")) == 1
    assert "strict-transport-security" not in answer.headers, "only over TLS"
    assert "server" not in answer.headers


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", "/", {"accept": "text/html"}, 200),
        ("GET", "/", {"accept": "application/json"}, 200),
        ("GET", "/static/icon.svg", {}, 200),
        ("GET", "/docs", {}, 200),
        ("GET", "/redoc", {}, 200),
        ("GET", "/openapi.json", {}, 200),
        ("GET", "/healthz", {}, 200),
        ("GET", "/v1/jobs", {}, 200),
        ("GET", "/v1/stats", {}, 200),
        ("GET", "/v1/stream?channels=jobs&close=end", {"host": "evil.example"}, 421),
        ("GET", "/v1/jobs", {"origin": "https://evil.example"}, 403),
        ("GET", "/nowhere", {}, 404),
        ("PATCH", "/v1/jobs", {}, 405),
        ("POST", "/v1/jobs", {"content-type": "text/plain"}, 415),
        ("GET", "/v1/ws", {"upgrade": "websocket", "connection": "upgrade", "origin": "https://evil.example"}, 403),
    ],
)
def test_every_answer_is_secured(server: ServerProcess, method: str, path: str, headers: dict[str, str], status: int) -> None:
    if "upgrade" in headers:
        headers = {**headers, "sec-websocket-version": "13", "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA=="}
    content = b"x" if method == "POST" else None
    answer = httpx.request(method, f"{server.url}{path}", headers=headers, content=content)
    assert answer.status_code == status
    secured(answer)


async def test_an_accident_is_secured_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def accident(*_: object) -> None:
        raise RuntimeError("canary-4711")

    app = App(settings=Settings(store=f"sqlite:///{tmp_path}/jindu.db", grace=0))
    asgi: Any = app.asgi()
    transport = httpx.ASGITransport(asgi, raise_app_exceptions=False)
    async with app.open() as node, httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
        asgi.state.node = node
        monkeypatch.setattr(node.store, "tally", accident)
        answer = await http.get("/v1/stats")
    assert answer.status_code == 500
    assert "canary-4711" not in answer.text
    secured(answer)
