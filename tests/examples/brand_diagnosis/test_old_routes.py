"""The routes and the socket of the earlier system, as its clients use them: against a server process."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from examples.brand_diagnosis.words import standing
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from support.fixtures import play, wait
from support.server import ForkedServer

APP = "examples.brand_diagnosis.app:app"
ASKED = {"brand_list": ["Frame", "Loop"], "selectedModels": ["Good"], "custom_question": "Which web framework for asyncio?"}


def platforms(**urls: str) -> str:
    return json.dumps([{"name": name, "base_url": url, "model": "local-bm25"} for name, url in urls.items()])


def perform(http: httpx.Client, **changes: Any) -> str:
    answer = http.post("/api/perform-brand-test", json={**ASKED, **changes})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["execution_id"])


def test_requests_of_old_clients_are_answered_as_they_know_it(start_platform, tmp_path: Path) -> None:
    env = {"BRAND_PLATFORMS": platforms(Good=start_platform().base_url)}
    with ForkedServer(APP, tmp_path, env=env) as server, httpx.Client(base_url=server.url, timeout=30) as http:
        play(http, "brand_diagnosis")
        broken = http.post("/api/perform-brand-test", content=b"{", headers={"Content-Type": "application/json"})
        assert (broken.status_code, list(broken.json())) == (400, ["error"])


def test_while_it_runs_and_when_it_fails(start_platform, tmp_path: Path) -> None:
    """Before the end no result (400); a failed, a cancelled and a timed-out one are in the history with what they had found."""
    good, silent, broke = start_platform(), start_platform(silent_after=2), start_platform(fail_status=402)
    env = {
        "BRAND_PLATFORMS": platforms(Good=good.base_url, Silent=silent.base_url, Broke=broke.base_url),
        "BRAND_TIMEOUT": "1",
        "JINDU_KEEP_FOR": "0",  # the history outlives the time that jobs are kept for
    }
    with ForkedServer(APP, tmp_path, env=env) as server, httpx.Client(base_url=server.url, timeout=30) as http:
        timed_out = perform(http, selectedModels=["Good", "Silent"], userOpenid="ann")
        first = http.get(f"/test/status/{timed_out}").json()
        assert first["status"] in ("initializing", "processing")
        assert first["is_completed"] is False
        early = http.get(f"/api/deep-intelligence/{timed_out}")
        assert (early.status_code, list(early.json())) == (400, ["error"])
        body = wait(http, f"/test/status/{timed_out}")
        assert (body["status"], body["stage"], body["progress"], body["is_completed"]) == ("failed", "failed", 0, True)
        assert "超时" in body["error"]
        assert [entry["platform"] for entry in body["results"]] == ["Good"]
        late = http.get(f"/api/deep-intelligence/{timed_out}")
        assert (late.status_code, list(late.json())) == (400, ["error"])

        cancelled = perform(http, selectedModels=["Silent"], userOpenid="ann")
        http.post(f"/v1/jobs/{cancelled}/cancel").raise_for_status()
        body = wait(http, f"/test/status/{cancelled}")
        assert (body["status"], body["stage"], body["progress"], body["is_completed"]) == ("failed", "failed", 0, True)
        done = perform(http, userOpenid="ann")
        wait(http, f"/test/status/{done}")
        perform(http, userOpenid="bob")
    # After a restart, and long after a job of another type would have been removed.
    with ForkedServer(APP, tmp_path, env=env) as server, httpx.Client(base_url=server.url, timeout=30) as http:
        told = http.get("/api/test-history?userOpenid=ann&limit=2").json()
        assert [entry["execution_id"] for entry in told["history"]] == [done, cancelled]
        assert told["count"] == 2
        told = http.get("/api/test-history?userOpenid=ann&offset=2").json()
        assert [entry["execution_id"] for entry in told["history"]] == [timed_out]
        assert told["history"][0]["results"][0]["platform"] == "Good"
        assert told["history"][0]["error"]


def heard(url: str, execution_id: str) -> list[Any]:
    with connect(f"{url.replace('http', 'ws')}/ws/diagnosis/{execution_id}", proxy=None) as socket:
        socket.send('{"type": "heartbeat"}')
        return [json.loads(message) for message in socket]


def test_the_socket_of_old_mini_programs(start_platform, tmp_path: Path) -> None:
    env = {"BRAND_PLATFORMS": platforms(Good=start_platform(tokens_per_second=60).base_url)}
    with ForkedServer(APP, tmp_path, env=env) as server, httpx.Client(base_url=server.url, timeout=30) as http:
        execution_id = perform(http)
        said = heard(server.url, execution_id)
        with pytest.raises(InvalidStatus):
            heard(server.url, "0" * 26)
    assert {"type": "heartbeat_ack"} in said
    updates = [one for one in said if one["type"] == "diagnosis_update"]
    assert len(updates) == len(said) - 1
    assert all(list(one) == ["type", "execution_id", "timestamp", "event", "data"] for one in updates)
    assert {one["execution_id"] for one in updates} == {execution_id}
    events = [one["event"] for one in updates]
    assert events.count("result") == 1
    assert (events[-1], events.count("complete")) == ("complete", 1)
    assert "progress" in events
    last = updates[-1]["data"]
    assert (last["status"], last["progress"], last["result"]["brand"]) == ("completed", 100, "Frame")


def test_with_keys_old_clients_are_served_only_if_the_operator_says_so(start_platform, tmp_path: Path) -> None:
    for public in ("", "on"):
        folder = tmp_path / (public or "closed")
        folder.mkdir()
        env = {"BRAND_PLATFORMS": platforms(Good=start_platform().base_url), "BRAND_PUBLIC": public}
        with ForkedServer(APP, folder, env=env) as server, httpx.Client(base_url=server.url, timeout=30) as http:
            http.post("/v1/keys", json={"name": "admin", "scopes": ["operate"]}).raise_for_status()
            assert http.get("/v1/jobs").status_code == 401
            assert http.get("/api/test").status_code == 200
            answer = http.post("/api/perform-brand-test", json=ASKED)
            if public:
                execution_id = answer.json()["execution_id"]
                assert "complete" in [one.get("event") for one in heard(server.url, execution_id)]
            else:
                assert answer.status_code == 401


@pytest.mark.parametrize(
    ("state", "told"),
    [
        (("pending", "init", 0.0, False), ("initializing", "init", 0, False)),
        (("running", "init", 0.0, False), ("initializing", "init", 0, False)),
        (("running", "ai_fetching", 37.9, False), ("processing", "ai_fetching", 37, False)),
        (("pending", "ranking_analysis", 60.0, False), ("processing", "ranking_analysis", 60, False)),
        (("running", "source_tracing", 99.9, False), ("processing", "source_tracing", 99, False)),
        (("completed", "completed", 100.0, True), ("completed", "completed", 100, True)),
        (("failed", "failed", 0.0, True), ("failed", "failed", 0, True)),
        (("cancelled", "cancelled", 0.0, True), ("failed", "failed", 0, True)),
    ],
)
def test_old_words(state: tuple[Any, ...], told: tuple[Any, ...]) -> None:
    names = ("status", "stage", "progress", "is_completed")
    assert tuple(standing(dict(zip(names, state, strict=True))).values()) == told
