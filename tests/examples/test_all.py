"""All applications served together: each by its own routes, jobs and errors, out of one store."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from support.fixtures import play, wait
from support.server import ForkedServer

LICENSE = "60b136fbd044ba0df6708703b302d91942bf0a05"


HALF = "\\ud800"  # of a surrogate pair
HUGE = "9" * 30
POSTS = (
    "/api/perform-brand-test", "/api/calibrate/async", "/api/calibrate/batch", "/api/notes", "/api/v1/content/generate/async",
    "/api/v1/accounts", "/api/v1/communities", "/api/v1/beta/feedback",
)  # fmt: skip
BROKEN = (b"", b"{", b"[]", b"null", b"1", b"{}", b"[" * 20_000, b'{"a":' * 5_000, b"\xff\xfe", b" " * 1_100_000)
FIELDS = (
    f'{{"brand_list": ["{HALF}"]}}', f'{{"brand_list": ["x"], "custom_question": "{HALF}"}}', '{"brand_list": [1]}',
    f'{{"brand_list": ["x"], "userOpenid": "{HALF}"}}', '{"brand_list": ["x"], "selectedModels": [null]}',
    f'{{"note_id": {HUGE}}}', '{"note_id": 1.5}', '{"note_id": -1}', f'{{"note_ids": [{HUGE}]}}',
    f'{{"info_hashes": ["{HALF}"]}}',
    '{"items": [5]}', f'{{"info_hash": "{HALF}"}}', f'{{"info_hash": "a", "title": "{HALF}"}}', '{"info_hash": 5}',
    f'{{"account_id": {HUGE}, "topic": "x"}}', '{"account_id": 1e400, "topic": "x"}', f'{{"account_id": 1, "topic": "{HALF}"}}',
    f'{{"name": "{HALF}"}}', f'{{"name": "a", "feed": "x", "members": {HUGE}}}',
    f'{{"tester": "a", "rating": 5, "text": "{HALF}"}}',
)  # fmt: skip
GETS = (
    "/test/status/%00", "/test/status/%ff", "/api/test-progress", "/api/test-progress?executionId=%ED%A0%80",
    "/api/test-history?limit=-1", "/api/calibrate/status/%00", f"/api/notes/{HUGE}", "/api/notes/0",
    "/api/v1/content/tasks/%00", "/api/v1/content/tasks?limit=99999", f"/api/v1/content/tasks?account_id={HUGE}",
    "/api/v1/content/tasks?status=", "/api/v1/communities/%00/posts",
)  # fmt: skip


@pytest.fixture(scope="module")
def http(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    folder = tmp_path_factory.mktemp("all")
    env = {
        "CALIBRATION_NOTES": str(folder / "notes.db"),
        "WARMUP_DB": str(folder / "warmup.db"),
        "CONTENT_DB": str(folder / "content.db"),
        "LOCAL_PLATFORM_TOKENS_PER_SECOND": "2000",
        "JINDU_APPLICATION_SUBMITS": "0",
    }
    with (
        ForkedServer("examples.all:app", folder, env=env) as server,
        httpx.Client(base_url=server.url, timeout=30) as http,
    ):
        yield http


def refused(answer: httpx.Response) -> None:
    """As the earlier systems told it: a sentence in JSON, for what is the client's fault."""
    assert 400 <= answer.status_code < 500, (answer.request.url, answer.request.content[:80], answer.text)
    assert answer.headers["content-type"] == "application/json", (answer.request.url, answer.request.content[:80], answer.text)
    told: Any = answer.json()["error"]
    assert isinstance(told, str)
    assert told


@pytest.mark.parametrize("path", POSTS)
def test_a_body_that_is_none_is_refused_in_the_words_of_old(http: httpx.Client, path: str) -> None:
    for body in BROKEN:
        refused(http.post(path, content=body, headers={"Content-Type": "application/json"}))


def test_no_field_of_any_body_brings_an_accident(http: httpx.Client) -> None:
    for path in POSTS:
        for body in FIELDS:
            answer = http.post(path, content=body, headers={"Content-Type": "application/json"})
            if HALF in body or not answer.is_success:
                refused(answer)


@pytest.mark.parametrize("path", GETS)
def test_no_address_brings_an_accident(http: httpx.Client, path: str) -> None:
    refused(http.get(path))


def test_a_note_that_cannot_be_is_not_there(http: httpx.Client) -> None:
    for note in (HUGE, "0"):
        answer = http.post(f"/api/calibrate/{note}")
        assert (answer.status_code, answer.json()["success"]) == (404, False)


def test_one_server_serves_them_all(http: httpx.Client) -> None:
    types = {entry["type"] for entry in http.get("/v1/types").json()["items"]}
    assert {"diagnose", "calibrate", "generate_content", "warm_up"} <= types
    play(http, "calibration", license=LICENSE)
    asked = {"brand_list": ["starlette", "fastapi"], "selectedModels": ["Local BM25"]}
    diagnosis = http.post("/api/perform-brand-test", json=asked).json()["execution_id"]
    assert wait(http, f"/test/status/{diagnosis}")["status"] == "completed"
    asked = {"account_id": 1, "topic": "web framework", "keywords": "asyncio"}
    task = http.post("/api/v1/content/generate/async", json=asked).json()["task_id"]
    assert wait(http, f"/api/v1/content/tasks/{task}")["status"] == "completed"
    # The jobs of one are not those of the other.
    assert http.get(f"/api/calibrate/status/{diagnosis}").status_code == 404


def test_what_cleans_up_is_never_read_as_an_id(http: httpx.Client) -> None:
    answer = http.get("/api/v1/content/tasks/cleanup")
    assert (answer.status_code, answer.headers["allow"], list(answer.json())) == (405, "DELETE", ["error"])
    assert http.post("/api/v1/content/tasks/stats").status_code == 405
