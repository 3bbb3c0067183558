"""Submitting again: by Idempotency-Key, by the client's own id, and by hand after an end."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import httpx
import pytest

GREET = {"type": "greet", "params": {"name": "Ann"}, "delay": 3600}


def post(http: httpx.Client, key: str, **body: Any) -> httpx.Response:
    return http.post("/v1/jobs", json={**GREET, **body}, headers={"idempotency-key": key})


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def ended(http: httpx.Client, type: str, **params: Any) -> Any:
    answer = http.post("/v1/jobs?wait=30", json={"type": type, "params": params}, timeout=40)
    assert answer.status_code == 200, answer.text
    return answer.json()


# -- by key ----------------------------------------------------------------------------------------------------


def test_the_same_key_and_body_give_the_same_job_as_it_is_now(http: httpx.Client) -> None:
    key = str(uuid4())
    first = post(http, key)
    assert "idempotency-replayed" not in first.headers
    assert "replayed" not in first.json()
    job_id = first.json()["id"]
    http.post(f"/v1/jobs/{job_id}/cancel")
    again = post(http, key)
    assert (again.status_code, again.headers["idempotency-replayed"], again.json()["replayed"]) == (202, "true", True)
    assert (again.json()["id"], again.json()["status"]) == (job_id, "cancelled")
    assert again.headers["location"] == f"/v1/jobs/{job_id}"


def test_quotes_and_the_query_name_the_same_key(http: httpx.Client) -> None:
    key = str(uuid4())
    job_id = post(http, key).json()["id"]
    assert post(http, f'"{key}"').json()["id"] == job_id
    assert http.post("/v1/jobs", params={"idempotency_key": key}, json=GREET).json()["id"] == job_id


def test_the_order_of_the_fields_and_what_is_said_by_default_do_not_matter(http: httpx.Client) -> None:
    key = str(uuid4())
    job_id = post(http, key, params={"name": "Ann", "times": 2}).json()["id"]
    again = {"priority": 0, "delay": 3600, "tags": [], "params": {"times": 2, "name": "Ann"}, "type": "greet"}
    assert http.post("/v1/jobs", json=again, headers={"idempotency-key": key}).json()["id"] == job_id


@pytest.mark.parametrize(
    "other", [{"params": {"name": "Bea"}}, {"priority": 5}, {"tags": ["a"]}, {"delay": 60}, {"expires_in": 9}], ids=str
)
def test_another_body_under_the_same_key_is_422(http: httpx.Client, other: dict[str, Any]) -> None:
    key = str(uuid4())
    post(http, key)
    assert code(post(http, key, **other)) == (422, "KEY_REUSED")


def test_a_key_belongs_to_its_owner_and_type(http: httpx.Client) -> None:
    key = str(uuid4())
    ids = {
        post(http, key).json()["id"],
        post(http, key, owner="ann").json()["id"],
        post(http, key, type="hold", params={}).json()["id"],
    }
    assert len(ids) == 3


@pytest.mark.parametrize("key", ["", " ", "x" * 256, "a b", "\x7f", "\xe9", '""'])
def test_a_key_that_is_none_is_400(http: httpx.Client, key: str) -> None:
    answer = http.post("/v1/jobs", params={"idempotency_key": key}, json=GREET)
    assert code(answer) == (400, "BAD_REQUEST")
    assert "Idempotency-Key" in answer.json()["detail"]


def test_a_header_that_is_no_key_is_400_also_beside_a_parameter_that_is_one(http: httpx.Client) -> None:
    answer = http.post("/v1/jobs", params={"idempotency_key": str(uuid4())}, json=GREET, headers={"idempotency-key": "a b"})
    assert code(answer) == (400, "BAD_REQUEST")


def test_of_two_keys_the_parameter_counts(http: httpx.Client) -> None:
    first, second = str(uuid4()), str(uuid4())
    both = http.post("/v1/jobs", params={"idempotency_key": first}, json=GREET, headers={"idempotency-key": second})
    assert post(http, first).json()["id"] == both.json()["id"] != post(http, second).json()["id"]


def test_thirty_two_equal_submits_at_once_make_one_job(http: httpx.Client) -> None:
    key, tag = str(uuid4()), str(uuid4())
    with ThreadPoolExecutor(32) as pool:
        found = list(pool.map(lambda _: post(http, key, tags=[tag]), range(32)))
    assert {answer.status_code for answer in found} == {202}
    assert len({answer.json()["id"] for answer in found}) == 1
    assert sum("idempotency-replayed" not in answer.headers for answer in found) == 1
    assert len(http.get("/v1/jobs", params={"tag": tag}).json()["items"]) == 1


def test_a_replay_may_wait_for_the_end(http: httpx.Client) -> None:
    key = str(uuid4())
    body = {"type": "greet", "params": {"name": "Ann"}}
    headers = {"idempotency-key": key, "prefer": "wait=20"}
    first, again = (http.post("/v1/jobs", json=body, headers=headers, timeout=30) for _ in range(2))
    assert first.status_code == again.status_code == 200
    assert again.json()["result"] == first.json()["result"] == {"greeting": "hello Ann"}


def test_the_key_of_a_removed_job_is_not_used_again(http: httpx.Client) -> None:
    key = str(uuid4())
    job_id = post(http, key).json()["id"]
    http.post(f"/v1/jobs/{job_id}/cancel")
    assert http.delete(f"/v1/jobs/{job_id}").status_code == 204
    assert code(post(http, key)) == (410, "GONE")


# -- by the client's id ----------------------------------------------------------------------------------------


def test_a_put_makes_the_job_once(http: httpx.Client) -> None:
    url = f"/v1/jobs/order_{uuid4()}"
    first, again = http.put(url, json=GREET), http.put(url, json=GREET)
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.headers["location"] == url == again.json()["links"]["self"]
    assert ("idempotency-replayed" in first.headers, again.headers["idempotency-replayed"]) == (False, "true")
    assert http.get(url).json()["params"] == {"name": "Ann"}


def test_an_id_that_is_taken_is_422(http: httpx.Client) -> None:
    url = f"/v1/jobs/{uuid4()}"
    http.put(url, json=GREET)
    for other in ({"params": {"name": "Bea"}}, {"owner": "ann"}, {"type": "hold", "params": {}}, {"priority": 1}):
        assert code(http.put(url, json={**GREET, **other})) == (422, "KEY_REUSED")
    ours = http.post("/v1/jobs", json=GREET).json()["id"]
    assert code(http.put(f"/v1/jobs/{ours}", json=GREET)) == (422, "KEY_REUSED")


@pytest.mark.parametrize("job_id", ["short", "x" * 65, "a" * 15, "with.a.dot.and.more", "ünïcödé-ünïcödé-ü"])
def test_an_id_of_another_form_is_422(http: httpx.Client, job_id: str) -> None:
    answer = http.put(f"/v1/jobs/{job_id}", json=GREET)
    assert code(answer) == (422, "INVALID_PARAMS")
    assert "16 to 64" in answer.json()["detail"]


def test_a_removed_id_is_410_everywhere_and_not_made_anew(http: httpx.Client) -> None:
    url = f"/v1/jobs/{uuid4()}"
    http.put(url, json=GREET)
    http.post(f"{url}/cancel")
    assert http.delete(url).status_code == 204
    assert code(http.put(url, json=GREET)) == (410, "GONE")
    for tail in ("", "/result", "/events", "/log", "/why", "/partial/1", "?wait=5&since=e:1"):
        assert code(http.get(url + tail)) == (410, "GONE"), tail
    for answer in (http.post(f"{url}/cancel"), http.post(f"{url}/retry"), http.patch(url, json={}), http.delete(url)):
        assert code(answer) == (410, "GONE"), answer.request.method


# -- by hand ---------------------------------------------------------------------------------------------------


def test_a_retry_is_a_new_job_over_the_committed_steps(http: httpx.Client) -> None:
    old = ended(http, "stepping")
    assert (old["status"], old["retry_of"], old["retried_by"]) == ("failed", None, None)
    tag = http.get(f"/v1/jobs/{old['id']}").headers["etag"]
    answer = http.post(f"/v1/jobs/{old['id']}/retry")
    new = answer.json()
    assert (answer.status_code, answer.headers["location"]) == (202, f"/v1/jobs/{new['id']}")
    assert (new["retry_of"], new["params"], new["attempt"]) == (old["id"], old["params"], 1)
    assert new["partial"] == []
    end = wait_for_end(http, new)
    assert [part["data"] for part in end["partial"]] == [part["data"] for part in old["partial"]]  # the step ran once
    shown = http.get(f"/v1/jobs/{old['id']}", headers={"if-none-match": tag})
    assert (shown.status_code, shown.headers["etag"]) == (200, tag[:-1] + ';r"')
    assert (shown.json()["retried_by"], shown.json()["seq"]) == (new["id"], old["seq"])
    assert http.get(f"/v1/jobs/{old['id']}", headers={"if-none-match": shown.headers["etag"]}).status_code == 304
    items = {item["id"]: item for item in http.get("/v1/jobs?type=stepping").json()["items"]}
    assert (items[old["id"]]["retried_by"], items[new["id"]]["retry_of"]) == (new["id"], old["id"])


def wait_for_end(http: httpx.Client, job: Any) -> Any:
    while not job["is_completed"]:
        asked = {"wait": 20, "since": f"{job['epoch']}:{job['seq']}"}
        job = http.get(f"/v1/jobs/{job['id']}", params=asked, timeout=30).json()
    return job


def test_a_retry_from_the_start_leaves_the_steps_behind(http: httpx.Client) -> None:
    old = ended(http, "stepping")
    new = http.post(f"/v1/jobs/{old['id']}/retry", json={"from": "start"}).json()
    end = wait_for_end(http, new)
    assert end["partial"][0]["data"] > old["partial"][0]["data"]  # counted anew


def test_a_second_retry_gives_the_same_job(http: httpx.Client) -> None:
    old = ended(http, "half")
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: http.post(f"/v1/jobs/{old['id']}/retry"), range(8)))
    assert sorted(answer.status_code for answer in found) == [200] * 7 + [202]
    assert len({answer.json()["id"] for answer in found}) == 1
    assert {answer.headers["location"] for answer in found} == {found[0].json()["links"]["self"]}


def test_what_was_cancelled_can_be_retried_and_keeps_its_options(http: httpx.Client) -> None:
    body = {**GREET, "owner": "ann", "tags": ["a"], "priority": 7, "expires_in": 9000}
    old = http.post("/v1/jobs", json=body).json()
    http.post(f"/v1/jobs/{old['id']}/cancel")
    new = http.post(f"/v1/jobs/{old['id']}/retry").json()
    assert (new["owner"], new["tags"], new["priority"], new["params"]) == ("ann", ["a"], 7, {"name": "Ann"})
    assert new["expires_at"] > old["expires_at"]


def test_what_cannot_be_retried(http: httpx.Client) -> None:
    open_ = http.post("/v1/jobs", json=GREET).json()["id"]
    assert code(http.post(f"/v1/jobs/{open_}/retry")) == (409, "NOT_RETRYABLE")
    done = ended(http, "greet", name="Ann")["id"]
    assert code(http.post(f"/v1/jobs/{done}/retry")) == (409, "NOT_RETRYABLE")
    assert code(http.post("/v1/jobs/01JOBTHATNEVEREXISTED0000/retry")) == (404, "NOT_FOUND")
    for body in ({"from": "middle"}, {"since": "start"}, []):
        assert code(http.post(f"/v1/jobs/{done}/retry", json=body)) == (422, "INVALID_PARAMS")
