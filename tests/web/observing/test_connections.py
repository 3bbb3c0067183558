"""`/v1/connections`, `/v1/stats`, `/v1/stats/history`, `/v1/alerts`: what operators and their pages are told."""

import contextlib
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from jindu_client import Client
from support import rawsocket
from support.server import ServerProcess
from web.conftest import looked_over

WITHIN = 30.0  # seconds


def until(look: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + WITHIN
    while not (found := look()):
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.02)
    return found


@contextlib.contextmanager
def watching(port: int, job: str, *, pace: float | None = None) -> Iterator[socket.socket]:
    """A socket that has subscribed, and reads no further than that."""
    raw = rawsocket.connected(port)
    try:
        raw.sendall(rawsocket.upgrade(port))
        more = {} if pace is None else {"pace": pace}
        raw.sendall(rawsocket.said({"type": "subscribe", "channels": {f"job:{job}": 0}, **more}))
        seen = b""
        while b'"subscribed"' not in seen:
            seen += raw.recv(65_536)
        yield raw
    finally:
        raw.close()


def started(http: httpx.Client, type: str = "hold", **params: object) -> str:
    id: str = http.post("/v1/jobs", json={"type": type, "params": params}).json()["id"]
    return id


def test_who_is_connected_over_what_and_since_when(server: ServerProcess, http: httpx.Client) -> None:
    job = started(http)
    before = http.get("/v1/connections").json()
    asked = httpx.stream("GET", f"{server.url}/v1/stream", params={"channels": f"job:{job}"})
    with watching(server.port, job), asked as stream:

        def subscribed() -> Any:
            now = http.get("/v1/connections").json()
            told = [item for item in now["items"] if item["channels"] == 1 and item["messages"] >= 2]
            return now["open"] == before["open"] + 2 == before["open"] + len(told) and now

        shown = until(subscribed)
        by_transport = {item["transport"]: item for item in shown["items"]}
        assert set(by_transport) == {"ws", "stream"}
        for item in by_transport.values():
            assert (item["address"], item["lag"], item["slow"], item["channels"]) == ("127.0.0.1", 0, False, 1)
            assert item["messages"] >= 2
            assert item["bytes"] > 100
        assert shown["by_transport"]["ws"]["open"] == shown["by_transport"]["stream"]["open"] == 1
        assert shown["total"] == before["total"] + 2
        stream.close()
    http.get("/v1/poll", params={"channels": f"job:{job}", "wait": 0})
    until(lambda: http.get("/v1/connections").json()["open"] == before["open"])
    shown = http.get("/v1/connections").json()
    assert shown["messages"] >= sum(item["messages"] for item in by_transport.values()), "what left stays counted"
    assert shown["by_transport"]["poll"]["total"] == before["by_transport"]["poll"]["total"] + 1
    http.post(f"/v1/jobs/{job}/cancel")


def test_states_that_were_overtaken_are_counted(server: ServerProcess, http: httpx.Client) -> None:
    before = http.get("/v1/connections").json()
    job = started(http, "steps", n=60)
    with Client(server.url) as client:
        list(client.watch(job, pace=1))
    shown = until(lambda: (now := http.get("/v1/connections").json())["conflated"] > before["conflated"] and now)
    assert shown["by_transport"]["ws"]["conflated"] >= before["by_transport"]["ws"]["conflated"] + 3


def test_a_cursor_that_is_taken_up_again_is_counted(server: ServerProcess, http: httpx.Client) -> None:
    before = http.get("/v1/connections").json()["resumed"]
    job = started(http, "good")
    snapshot = http.get(f"/v1/jobs/{job}", params={"wait": 10, "since": "x:0"}).json()
    http.get("/v1/poll", params={"channels": f"job:{job}@1", "epoch": snapshot["epoch"], "wait": 0})
    http.get("/v1/poll", params={"channels": f"job:{job}", "wait": 0})
    assert http.get("/v1/connections").json()["resumed"] == before + 1


def test_a_reader_that_takes_nothing_is_slow_then_dropped_and_counted(tmp_path: Path) -> None:
    with (
        ServerProcess("web.web_jobs:app", tmp_path, env={"JINDU_WRITE_STALL_SECONDS": "4"}) as server,
        httpx.Client(base_url=server.url, timeout=30) as http,
    ):
        raw = rawsocket.connected(server.port, receive_buffer=4096)
        raw.sendall(rawsocket.upgrade(server.port))
        raw.sendall(rawsocket.said({"type": "subscribe", "channels": {"jobs": 0}}))
        until(lambda: http.get("/v1/connections").json()["open"])
        tags = ["t" * 60] * 20

        def flooded() -> bool:
            for _ in range(20):
                http.post("/v1/jobs", json={"type": "greet", "params": {"name": "a"}, "tags": tags})
            shown = http.get("/v1/connections").json()
            return bool(shown["slow"] or shown["stalled"])

        until(flooded)
        shown = until(lambda: (now := http.get("/v1/connections").json())["stalled"] and now)
        assert (shown["stalled"], shown["open"]) == (1, 0)
        raw.close()


def test_figures_by_type(http: httpx.Client) -> None:
    jobs = [started(http) for _ in range(3)]  # one at once
    until(lambda: http.get("/v1/stats").json()["queued"] == 2)
    stats = http.get("/v1/stats").json()
    of = {item["type"]: item for item in stats["by_type"]}
    assert set(of) == {"bad", "good", "hold", "steps", "twice"}
    assert (of["hold"]["queued"], of["hold"]["active"], of["hold"]["limit"]) == (2, 1, 1)
    assert of["hold"]["mean_wait"] is not None
    assert stats["totals"]["limit"] == stats["concurrency"]
    assert stats["totals"]["active"] >= 1
    assert stats["store"]["groups"] > 0
    assert stats["store"]["mean_seconds"] > 0
    for job in jobs:
        http.post(f"/v1/jobs/{job}/cancel")
    for type in ("good", "bad"):
        http.post("/v1/jobs", params={"wait": 30}, json={"type": type})
    of = {item["type"]: item for item in http.get("/v1/stats").json()["by_type"]}
    assert (of["good"]["success_rate"], of["bad"]["success_rate"], of["bad"]["error_rate"]) == (1, 0, 1)


def test_charts_are_columns_of_one_length(http: httpx.Client) -> None:
    shown = until(lambda: len((now := http.get("/v1/stats/history", params={"step": 5}).json())["series"]["at"]) > 1 and now)
    assert shown["step"] == 5
    assert {len(column) for column in shown["series"].values()} == {len(shown["series"]["at"])}
    assert shown["series"]["at"] == sorted(shown["series"]["at"])
    assert sum(shown["series"]["submitted"]) > 0
    assert http.get("/v1/stats/history", params={"step": 4}).status_code == 400


def test_alerts_as_they_are_and_tested(http: httpx.Client) -> None:
    shown = http.get("/v1/alerts").json()
    assert [rule["name"] for rule in shown["rules"]] == [
        *("high_error_rate", "high_latency", "low_success_rate"),
        *("high_concurrent_tasks", "cache_hit_rate_low", "consistency_low"),
        *("eta_coverage_low", "eta_coverage_high"),
    ]  # fmt: skip
    assert [sink["kind"] for sink in shown["sinks"]] == ["log", "callback"]
    tested = http.post("/v1/alerts/test").json()
    assert [(item["sink"], item["ok"]) for item in tested["items"]] == [("log", True), ("callback", True)]


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[httpx.Client, dict[str, str]]]:
    """A server with keys: a watcher's, an operator's of one owner, an operator's of all."""
    with (
        ServerProcess("web.observing.observed_jobs:app", tmp_path_factory.mktemp("guarded")) as server,
        httpx.Client(base_url=server.url, event_hooks={"response": [looked_over]}) as http,
    ):
        admin = http.post("/v1/keys", json={"name": "a", "scopes": ["submit", "watch", "operate"]}).json()["key"]

        def key(scope: str, owner: str | None = None) -> str:
            body = {"name": "k", "scopes": [scope], "owner": owner}
            made: str = http.post("/v1/keys", json=body, headers={"Authorization": f"Bearer {admin}"}).json()["key"]
            return made

        yield http, {"watch": key("watch"), "operate of ann": key("operate", "ann"), "operate": key("operate")}


@pytest.mark.parametrize("path", ["/metrics", "/v1/connections", "/v1/stats", "/v1/stats/history", "/v1/alerts"])
def test_with_keys_it_is_for_operators_of_the_whole_server(guarded: tuple[httpx.Client, dict[str, str]], path: str) -> None:
    http, keys = guarded
    assert http.get(path).status_code == 401
    told = {name: http.get(path, headers={"Authorization": f"Bearer {key}"}).status_code for name, key in keys.items()}
    assert told == {"watch": 403, "operate of ann": 403, "operate": 200}


def test_draining_from_elsewhere_ends_the_process(tmp_path: Path) -> None:
    with ServerProcess("web.observing.observed_jobs:app", tmp_path, env={"JINDU_GRACE": "0"}) as server:
        answer = httpx.post(f"{server.url}/v1/drain")
        assert (answer.status_code, answer.json()) == (202, {"draining": True, "ends": True, "running": 0})
        assert server.process is not None
        assert server.process.wait(timeout=60) == 0
