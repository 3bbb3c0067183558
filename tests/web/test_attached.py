"""The same application without our server around it: on any ASGI server, and while the node is not ready."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from jindu import App
from jindu.core.access import Scope
from jindu.node import Node
from jindu.settings import Settings
from web.conftest import looked_over


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[App]:
    made = App(store=f"sqlite:///{tmp_path}/jindu.db")
    made.job(greet)
    asgi = made.asgi()
    async with asgi.router.lifespan_context(asgi):
        yield made


async def greet(name: str) -> str:
    return f"hello {name}"


@pytest.fixture
async def http(app: App) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        yield client


SUBMIT = {"type": "greet", "params": {"name": "Ann"}}


async def test_a_node_that_drains_says_so_and_takes_nothing_new(app: App, http: httpx.AsyncClient) -> None:
    assert (await http.get("/readyz")).status_code == 200
    await app.node.drain()
    ready = await http.get("/readyz")
    assert (ready.status_code, ready.json()["status"], ready.json()["reason"]) == (503, "not ready", "draining")
    refused = await http.post("/v1/jobs", json=SUBMIT)
    looked_over(refused)
    assert (refused.status_code, refused.json()["code"], refused.json()["action"]) == (503, "NOT_READY", "wait")
    assert int(refused.headers["retry-after"]) > 0
    assert (await http.get("/healthz")).status_code == 200
    assert (await http.get("/v1/jobs")).json()["items"] == []


async def test_an_accident_inside_is_a_kind_500_with_an_id_and_nothing_of_the_inside(
    app: App, http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("canary-4711 SELECT * FROM job")

    node: Node = app.node
    monkeypatch.setattr(node.store, "page", broken)
    answer = await http.get("/v1/jobs")
    assert (answer.status_code, answer.json()["code"]) == (500, "INTERNAL_ERROR")
    assert answer.headers["connection"] == "close"
    assert "canary" not in answer.text
    assert "SELECT" not in answer.text
    assert answer.json()["trace_id"] in caplog.text
    assert "canary-4711" in caplog.text, "the operator can see what it was"


@pytest.mark.parametrize(
    ("client", "status"),
    [
        ("127.0.0.1", 200),
        ("::1", 200),
        ("::ffff:127.0.0.1", 200),
        ("10.0.0.7", 403),
        ("2001:db8::7", 403),
        ("::ffff:10.0.0.7", 403),
    ],
)
async def test_without_keys_another_machine_is_refused_whatever_host_it_claims(app: App, client: str, status: int) -> None:
    transport = httpx.ASGITransport(app=app, client=(client, 5000))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
        answer = await http.get("/v1/jobs")
        looked_over(answer)
        assert answer.status_code == status
        if status == 403:
            assert "jindu keys create" in answer.json()["detail"]
            _, key = await app.node.keyring.create("remote", [Scope.WATCH])
            assert (await http.get("/v1/jobs", headers={"Authorization": f"Bearer {key}"})).status_code == 200


async def test_an_accident_can_be_read_by_a_page_of_a_listed_origin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = App(settings=Settings(store=f"sqlite:///{tmp_path}/jindu.db", origins=["https://app.example"]))
    asgi = app.asgi()

    async def broken(*_: object) -> None:
        raise RuntimeError("canary-4711")

    async with asgi.router.lifespan_context(asgi):
        monkeypatch.setattr(app.node.store, "page", broken)
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
            answer = await http.get("/v1/jobs", headers={"Origin": "https://app.example"})
    assert answer.status_code == 500
    assert answer.headers["access-control-allow-origin"] == "https://app.example"
