"""`/v1/jobs` as HTTP_API documents it: every answer, against a real server."""

import asyncio
from typing import Any

import httpx
import orjson
import pytest

from support.server import ServerProcess
from web.watched import watched


def submit(http: httpx.Client, type: str = "greet", **body: Any) -> Any:
    if type == "greet":
        body.setdefault("params", {"name": "Ann"})
    answer = http.post("/v1/jobs", json={"type": type, **body})
    assert answer.status_code == 202, answer.text
    return answer.json()


def finish(server: ServerProcess, http: httpx.Client, type: str, kind: str = "complete", **body: Any) -> str:
    job_id: str = submit(http, type, **body)["id"]
    asyncio.run(watched(server, job_id, kind))
    return job_id


def pointers(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 422, answer.text
    assert answer.json()["code"] == "INVALID_PARAMS"
    return [error["pointer"] for error in answer.json()["errors"]]


# -- submit ----------------------------------------------------------------------------------------------------


def test_a_submit_is_accepted_with_where_to_look_and_when(http: httpx.Client) -> None:
    answer = http.post("/v1/jobs", json={"type": "greet", "params": {"name": "Ann"}, "delay": 3600})
    job = answer.json()
    assert answer.status_code == 202
    assert answer.headers["location"] == f"/v1/jobs/{job['id']}" == job["links"]["self"]
    assert int(answer.headers["retry-after"]) * 1000 >= job["poll_after_ms"] > 0
    assert answer.headers["cache-control"] == "no-store"
    assert (job["status"], job["stage"], job["progress"], job["seq"]) == ("pending", "init", 0.0, 1)
    assert http.get(answer.headers["location"]).json()["params"] == {"name": "Ann"}


def test_options_of_a_submit_are_kept(http: httpx.Client) -> None:
    job = submit(http, owner="lena", tags=["a", "b", "a"], priority=-5, delay=3600, expires_in=7200)
    assert (job["owner"], job["tags"], job["priority"]) == ("lena", ["a", "b"], -5)
    assert job["expires_at"] > job["created_at"]


def test_a_whole_number_may_be_written_with_a_point(http: httpx.Client) -> None:
    assert submit(http, priority=5.0)["priority"] == 5


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"type": "greet"}, ["/params/name"]),
        ({"type": "greet", "params": {"name": 5, "times": "many"}}, ["/params/name", "/params/times"]),
        ({"type": "greet", "params": {"name": "A", "extra": 1}}, ["/params/extra"]),
        ({"type": "greet", "params": {"name": "A", "a/b~c": 1}}, ["/params/a~1b~0c"]),
        ({"type": "greet", "params": []}, ["/params"]),
        ({"params": {}}, ["/type"]),
        ({"type": 5}, ["/type"]),
        ({"type": "greet", "color/~": 1}, ["/color~1~0"]),
        ({"type": "greet", "priority": 1.5}, ["/priority"]),
        ({"type": "greet", "priority": True}, ["/priority"]),
        ({"type": "greet", "params": {"name": "A"}, "priority": "5"}, ["/priority"]),
        ({"type": "greet", "params": {"name": "A"}, "priority": 3601}, ["/priority"]),
        ({"type": "greet", "params": {"name": "A"}, "priority": 2**62}, ["/priority"]),
        ({"type": "greet", "delay": -1}, ["/delay"]),
        ({"type": "greet", "delay": "5"}, ["/delay"]),
        ({"type": "greet", "expires_in": 0}, ["/expires_in"]),
        ({"type": "greet", "owner": ""}, ["/owner"]),
        ({"type": "greet", "tags": ["a", "", "x" * 65]}, ["/tags/1", "/tags/2"]),
        ({"type": "greet", "tags": ["t"] * 21}, ["/tags"]),
        ({"type": "greet", "params": {"name": "x" * 270_000}}, ["/params"]),
        ([], [""]),
        ("text", [""]),
        (None, [""]),
    ],
    ids=lambda one: str(one)[:50],
)
def test_what_does_not_fit_is_told_field_by_field(http: httpx.Client, body: Any, expected: list[str]) -> None:
    text = orjson.dumps(body)
    assert pointers(http.post("/v1/jobs", content=text, headers={"content-type": "application/json"})) == expected


@pytest.mark.parametrize("field", ["delay", "expires_in"])
def test_a_wait_longer_than_any_calendar_is_refused_kindly(http: httpx.Client, field: str) -> None:
    answer = http.post("/v1/jobs", json={"type": "greet", "params": {"name": "A"}, field: 1e300})
    assert answer.status_code == 422, answer.text


def test_an_unknown_type_is_404(http: httpx.Client) -> None:
    answer = http.post("/v1/jobs", json={"type": "dance"})
    assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")
    assert "greet" in answer.json()["detail"]


@pytest.mark.parametrize(
    "text",
    [
        b"{", b"", b"not json", b'{"type":"greet","params":{"name":NaN}}', b'{"type":"greet","params":{"name":1e999}}',
        b'{"type":"\\ud800"}', b'{"type":"\xed\xa0\x80"}', b"\xff\xfe",
        b"[" * 5000, b'{"type":"greet","params":' + b"[" * 40 + b"]" * 40 + b"}",
    ],
    ids=lambda text: ascii(text[:24]),
)  # fmt: skip
def test_what_is_not_json_is_400(http: httpx.Client, text: bytes) -> None:
    answer = http.post("/v1/jobs", content=text, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (400, "NOT_JSON")


def test_of_a_key_written_twice_the_last_counts(http: httpx.Client) -> None:
    text = b'{"type":"dance","type":"greet","delay":3600,"params":{"name":"Ann","name":"Bea"}}'
    answer = http.post("/v1/jobs", content=text, headers={"content-type": "application/json"})
    assert answer.status_code == 202
    assert answer.json()["params"] == {"name": "Bea"}


@pytest.mark.parametrize(
    "media", [None, "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/jsonp"]
)
def test_a_body_that_any_page_could_send_is_415(http: httpx.Client, media: str | None) -> None:
    headers = {} if media is None else {"content-type": media}
    answer = http.post("/v1/jobs", content=b'{"type":"greet","params":{"name":"A"}}', headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (415, "UNSUPPORTED_MEDIA_TYPE")


def test_a_charset_beside_the_type_is_fine(http: httpx.Client) -> None:
    headers = {"content-type": "Application/JSON; charset=utf-8"}
    body = b'{"type":"greet","delay":3600,"params":{"name":"A"}}'
    assert http.post("/v1/jobs", content=body, headers=headers).status_code == 202


def chunks() -> Any:
    for _ in range(20):
        yield b" " * 20_000


@pytest.mark.parametrize("content", [b" " * 300_001, chunks()], ids=["length", "chunked"])
def test_a_body_above_the_limit_is_413(http: httpx.Client, content: Any) -> None:
    answer = http.post("/v1/jobs", content=content, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (413, "TOO_LARGE")


# -- read ------------------------------------------------------------------------------------------------------


def test_a_finished_job_shows_its_result(server: ServerProcess, http: httpx.Client) -> None:
    answer = http.get(f"/v1/jobs/{finish(server, http, 'greet')}")
    job = answer.json()
    assert answer.status_code == 200
    assert "retry-after" not in answer.headers
    assert (job["status"], job["stage"], job["progress"], job["is_completed"]) == ("completed", "completed", 100.0, True)
    assert (job["result"], job["error"], job["poll_after_ms"]) == ({"greeting": "hello Ann"}, None, None)


def test_a_failed_job_is_read_like_any_other_with_what_it_kept(server: ServerProcess, http: httpx.Client) -> None:
    answer = http.get(f"/v1/jobs/{finish(server, http, 'half', 'error')}")
    job = answer.json()
    assert answer.status_code == 200
    assert (job["status"], job["progress"], job["reached"], job["result"]) == ("failed", 0.0, 40.0, None)
    assert job["error"]["code"] == "DIAGNOSIS_FAILED"
    assert [(part["key"], part["data"]) for part in job["partial"]] == [("one", {"n": 1}), ("large", "x" * 40_000)]


@pytest.mark.parametrize("tail", ["", "/result", "/partial/3"])
@pytest.mark.parametrize("job_id", ["01JOBTHATNEVEREXISTED0000", "x", "%2e%2e", "a" * 300, "%00", "%ff", "' OR 1=1 --"])
def test_what_never_existed_is_404(http: httpx.Client, job_id: str, tail: str) -> None:
    answer = http.get(f"/v1/jobs/{job_id}{tail}")
    assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")


# -- result and partial results --------------------------------------------------------------------------------


def test_the_result_alone(server: ServerProcess, http: httpx.Client) -> None:
    job_id = finish(server, http, "large")
    assert http.get(f"/v1/jobs/{job_id}/result").json() == "x" * 100_000


def test_the_result_of_a_job_that_has_none_yet_is_202_and_says_when(http: httpx.Client) -> None:
    answer = http.get(f"/v1/jobs/{submit(http, delay=3600)['id']}/result")
    assert (answer.status_code, answer.json()["status"]) == (202, "pending")
    assert int(answer.headers["retry-after"]) >= 1


def test_the_result_of_a_job_that_failed_is_409_with_what_it_kept(server: ServerProcess, http: httpx.Client) -> None:
    answer = http.get(f"/v1/jobs/{finish(server, http, 'half', 'error')}/result")
    assert answer.status_code == 409
    assert len(answer.json()["partial"]) == 2


def test_large_partial_data_is_fetched_where_its_frame_says(server: ServerProcess, http: httpx.Client) -> None:
    job_id = submit(http, "half")["id"]
    first = asyncio.run(watched(server, job_id, "result"))
    assert first["data"] == {"n": 1}
    seq = next(part["seq"] for part in http.get(f"/v1/jobs/{job_id}").json()["partial"] if part["key"] == "large")
    assert http.get(f"/v1/jobs/{job_id}/partial/{seq}").json() == "x" * 40_000


@pytest.mark.parametrize("seq", ["0", "1", "999", "9" * 30, "-1", "one"])
def test_a_partial_result_that_is_not_there_is_404(server: ServerProcess, http: httpx.Client, seq: str) -> None:
    job_id = finish(server, http, "half", "error")
    assert http.get(f"/v1/jobs/{job_id}/partial/{seq}").status_code == 404


# -- cancel ----------------------------------------------------------------------------------------------------


def test_a_running_job_is_asked_to_stop_and_then_is_cancelled(server: ServerProcess, http: httpx.Client) -> None:
    job_id = submit(http, "hold")["id"]
    asyncio.run(watched(server, job_id, "result"))
    answer = http.post(f"/v1/jobs/{job_id}/cancel", json={"reason": "不需要了"})
    assert answer.status_code in (200, 202)
    error = asyncio.run(watched(server, job_id, "error"))
    assert (error["state"]["status"], error["state"]["error"]["code"]) == ("cancelled", "JOB_CANCELLED")
    assert (error["state"]["progress"], error["state"]["reached"], error["state"]["results"]) == (0.0, 10.0, 1)
    again = http.post(f"/v1/jobs/{job_id}/cancel")
    assert (again.status_code, again.json()["status"]) == (200, "cancelled")


def test_a_job_that_waits_is_cancelled_at_once_and_needs_no_body(http: httpx.Client) -> None:
    answer = http.post(f"/v1/jobs/{submit(http, delay=3600)['id']}/cancel")
    assert (answer.status_code, answer.json()["status"], answer.json()["stage"]) == (200, "cancelled", "cancelled")


def test_a_job_that_ended_otherwise_cannot_be_cancelled(server: ServerProcess, http: httpx.Client) -> None:
    answer = http.post(f"/v1/jobs/{finish(server, http, 'greet')}/cancel")
    assert (answer.status_code, answer.json()["code"]) == (409, "ALREADY_ENDED")


def test_cancelling_wrongly_changes_nothing(http: httpx.Client) -> None:
    job_id = submit(http, delay=3600)["id"]
    assert pointers(http.post(f"/v1/jobs/{job_id}/cancel", json={"reason": 5})) == ["/reason"]
    assert pointers(http.post(f"/v1/jobs/{job_id}/cancel", json={"why": "x"})) == ["/why"]
    assert http.post(f"/v1/jobs/{job_id}/cancel", content=b"{", headers={"content-type": "application/json"}).status_code == 400
    assert http.post("/v1/jobs/01JOBTHATNEVEREXISTED0000/cancel").status_code == 404
    assert http.get(f"/v1/jobs/{job_id}").json()["seq"] == 1


# -- list ------------------------------------------------------------------------------------------------------


def test_pages_are_newest_first_and_neither_shift_nor_double_when_jobs_arrive(http: httpx.Client) -> None:
    made = [submit(http, tags=["paging"], delay=3600)["id"] for _ in range(7)]
    seen, url = [], "/v1/jobs?tag=paging&limit=3"
    while url:
        answer = http.get(url)
        seen += [item["id"] for item in answer.json()["items"]]
        submit(http, tags=["paging"], delay=3600)
        cursor = answer.json()["next_cursor"]
        assert (cursor is not None) == ("link" in answer.headers)
        url = answer.links["next"]["url"] if cursor else ""
        assert not url or f"cursor={cursor}" in url
    assert seen == made[::-1]


def test_an_item_is_a_snapshot_without_its_bulk(http: httpx.Client) -> None:
    job = submit(http, tags=["items"], delay=3600)
    [item] = http.get("/v1/jobs", params={"tag": "items"}).json()["items"]
    assert set(job) - set(item) >= {"params", "partial", "result", "stages"}
    assert item == {name: job[name] for name in item}


def test_filters_narrow_the_list_and_join(server: ServerProcess, http: httpx.Client) -> None:
    mine = submit(http, owner="filters", tags=["red"], delay=3600)
    other = finish(server, http, "large", owner="filters")

    def found(**asked: str) -> set[str]:
        return {item["id"] for item in http.get("/v1/jobs", params=asked).json()["items"]}

    assert found(owner="filters") == {mine["id"], other}
    assert found(owner="filters", status="pending") == {mine["id"]}
    assert found(owner="filters", type="large") == {other}
    assert found(owner="filters", q="red") == {mine["id"]}
    assert found(q=mine["id"][:-1]) >= {mine["id"]}
    assert found(owner="filters", q="large") == {other}
    assert found(owner="filters", status="failed") == set()
    assert found(owner="filters", created_after=mine["created_at"]) <= {mine["id"], other}
    assert found(owner="filters", created_after="2099-01-01T00:00:00Z") == set()
    assert found(owner="%", tag="_") == set()


@pytest.mark.parametrize(
    "query",
    [
        "limit=0", "limit=1001", "limit=x", "limit=-1", "limit=1.5", "limit=%C2%B2", "status=sleeping", "cursor=x",
        "cursor=!!!!", "cursor=WzEsMl0gIHg", "cursor=bnVsbA", "cursor=WzFlNDAwLCAiYSJd", "created_after=yesterday",
        "created_after=",
        "limit=" + "9" * 5000,
    ],
)  # fmt: skip
def test_a_query_that_cannot_be_meant_is_400(http: httpx.Client, query: str) -> None:
    answer = http.get(f"/v1/jobs?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "BAD_REQUEST")


@pytest.mark.parametrize(
    "query", ["q=%00", "q=%ff", "owner=%f0%9f%98%80", "tag=%27%3B--", "cursor=", "q=%25", "foo=bar", "limit=1000"]
)
def test_odd_queries_find_what_there_is_and_break_nothing(http: httpx.Client, query: str) -> None:
    assert http.get(f"/v1/jobs?{query}").status_code == 200
