"""Asking again without reading again: ETag, long-poll, and a submit that waits for the end."""

import asyncio
import threading
import time
from typing import Any

import httpx
import pytest

from support.server import ServerProcess
from web.watched import watched

LATER = 3600


def submitted(http: httpx.Client, type: str = "greet", **body: Any) -> Any:
    body.setdefault("params", {"name": "Ann"} if type == "greet" else {})
    return http.post("/v1/jobs", json={"type": type, **body}).json()


def cursor(job: Any) -> str:
    return f"{job['epoch']}:{job['seq']}"


# -- ETag ------------------------------------------------------------------------------------------------------


def test_the_tag_is_the_cursor_and_advice_is_not_counted(http: httpx.Client) -> None:
    job = submitted(http, delay=LATER)
    answer = http.get(f"/v1/jobs/{job['id']}")
    assert answer.headers["etag"] == f'"{cursor(job)}"'
    assert answer.headers["cache-control"] == "private, no-cache"


@pytest.mark.parametrize("form", ['"{}"', 'W/"{}"', '"x:1", "{}"', "*"])
def test_what_is_held_already_is_not_sent_again(http: httpx.Client, form: str) -> None:
    job = submitted(http, delay=LATER)
    answer = http.get(f"/v1/jobs/{job['id']}", headers={"if-none-match": form.format(cursor(job))})
    assert (answer.status_code, answer.content) == (304, b"")
    assert answer.headers["etag"] == f'"{cursor(job)}"'


def test_the_query_stands_for_the_header(http: httpx.Client) -> None:
    job = submitted(http, delay=LATER)
    for held in (cursor(job), f'"{cursor(job)}"'):
        assert http.get(f"/v1/jobs/{job['id']}", params={"if_none_match": held}).status_code == 304


def test_another_tag_gets_the_snapshot(http: httpx.Client) -> None:
    job = submitted(http, delay=LATER)
    http.post(f"/v1/jobs/{job['id']}/cancel")
    for held in (f'"{cursor(job)}"', '"other:1"', "nonsense", ""):
        answer = http.get(f"/v1/jobs/{job['id']}", headers={"if-none-match": held})
        assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
    ended = answer.headers["etag"]
    assert http.get(f"/v1/jobs/{job['id']}", headers={"if-none-match": ended}).status_code == 304


# -- long-poll -------------------------------------------------------------------------------------------------


def test_a_wait_ends_as_soon_as_the_job_moves(server: ServerProcess, http: httpx.Client) -> None:
    job = submitted(http, delay=LATER)
    threading.Timer(0.3, lambda: httpx.post(f"{server.url}/v1/jobs/{job['id']}/cancel")).start()
    began = time.monotonic()
    answer = http.get(f"/v1/jobs/{job['id']}", params={"wait": 25, "since": cursor(job)}, timeout=30)
    assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
    assert answer.json()["seq"] > job["seq"]
    assert 0.2 < time.monotonic() - began < 10


def test_a_wait_in_which_nothing_happens_says_so_and_when_to_come_back(http: httpx.Client) -> None:
    job = submitted(http, delay=LATER)
    began = time.monotonic()
    answer = http.get(f"/v1/jobs/{job['id']}", params={"wait": 1, "since": cursor(job)})
    assert time.monotonic() - began >= 1
    assert answer.status_code == 200
    assert set(answer.json()) == {"unchanged", "seq", "poll_after_ms"}
    assert (answer.json()["unchanged"], answer.json()["seq"]) == (True, job["seq"])
    assert int(answer.headers["retry-after"]) * 1000 >= answer.json()["poll_after_ms"] > 0


def test_who_holds_less_or_another_history_is_answered_at_once(http: httpx.Client) -> None:
    job = submitted(http, delay=LATER)
    for since in (f"{job['epoch']}:0", "other:1", f"{job['epoch']}:99", ":1", None):
        asked = {"wait": "30", **({"since": since} if since else {})}
        assert http.get(f"/v1/jobs/{job['id']}", params=asked, timeout=5).json()["id"] == job["id"], since


def test_a_job_that_has_ended_is_answered_at_once(server: ServerProcess, http: httpx.Client) -> None:
    job = submitted(http)
    asyncio.run(watched(server, job["id"], "complete"))
    ended = http.get(f"/v1/jobs/{job['id']}").json()
    again = http.get(f"/v1/jobs/{job['id']}", params={"wait": 30, "since": cursor(ended)}, timeout=5)
    assert again.json() == ended


@pytest.mark.parametrize("asked", ["wait=61", "wait=-1", "wait=x", "wait=", "since=5", "since=", "since=a:b", "since=a:-1"])
def test_a_wait_that_cannot_be_meant_is_400(http: httpx.Client, asked: str) -> None:
    answer = http.get(f"/v1/jobs/{submitted(http, delay=LATER)['id']}?{asked}")
    assert (answer.status_code, answer.json()["code"]) == (400, "BAD_REQUEST")
    assert asked.partition("=")[0] in answer.json()["detail"]


def test_waiting_for_what_never_existed_is_404_at_once(http: httpx.Client) -> None:
    assert http.get("/v1/jobs/01JOBTHATNEVEREXISTED0000?wait=30&since=e:1", timeout=5).status_code == 404


# -- submit and wait -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["header", "query"])
@pytest.mark.parametrize(("type", "status"), [("greet", "completed"), ("half", "failed")])
def test_a_submit_that_waits_is_answered_with_the_end(http: httpx.Client, way: str, type: str, status: str) -> None:
    body = {"type": type, "params": {"name": "Ann"} if type == "greet" else {}}
    headers, params = ({"prefer": "respond-async, wait=20"}, {}) if way == "header" else ({}, {"wait": 20})
    answer = http.post("/v1/jobs", json=body, headers=headers, params=params, timeout=30)
    assert (answer.status_code, answer.json()["status"]) == (200, status)
    assert answer.headers["preference-applied"] == "wait=20"
    assert answer.headers["location"] == answer.json()["links"]["self"]


def test_what_is_not_done_in_time_is_accepted(http: httpx.Client) -> None:
    answer = http.post("/v1/jobs", json={"type": "hold"}, headers={"prefer": "wait=1"})
    assert (answer.status_code, answer.headers["preference-applied"]) == (202, "wait=1")
    assert not answer.json()["is_completed"]
    http.post(f"/v1/jobs/{answer.json()['id']}/cancel")


def test_preferences_that_mean_nothing_here_are_left_alone(http: httpx.Client) -> None:
    for prefer in ("wait=soon", "return=minimal", "", ",,"):
        body = {"type": "greet", "params": {"name": "Ann"}, "delay": LATER}
        answer = http.post("/v1/jobs", json=body, headers={"prefer": prefer})
        assert (answer.status_code, "preference-applied" in answer.headers) == (202, False)


def test_a_wait_in_the_query_of_a_submit_is_checked_before_the_job_exists(http: httpx.Client) -> None:
    answer = http.post("/v1/jobs?wait=99", json={"type": "greet", "params": {"name": "A"}, "tags": ["never-made"]})
    assert (answer.status_code, answer.json()["code"]) == (400, "BAD_REQUEST")
    assert http.get("/v1/jobs?tag=never-made").json()["items"] == []


def test_a_server_that_stops_lets_no_one_wait(tmp_path_factory: pytest.TempPathFactory) -> None:
    with (
        ServerProcess("web.web_jobs:app", tmp_path_factory.mktemp("stop")) as server,
        httpx.Client(base_url=server.url) as http,
    ):
        job = submitted(http, delay=LATER)
        threading.Timer(0.5, lambda: server.stop()).start()
        answer = http.get(f"/v1/jobs/{job['id']}", params={"wait": 60, "since": cursor(job)}, timeout=30)
        assert answer.json()["unchanged"] is True
