"""What happened to a job, why it does not move, changing and removing it, types and figures."""

import time
from typing import Any

import httpx
import pytest

from jindu.core.states import Status
from support.server import ServerProcess

GREET = {"type": "greet", "params": {"name": "Ann"}, "delay": 3600}


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def made(http: httpx.Client, **body: Any) -> Any:
    answer = http.post("/v1/jobs", json=body or GREET, timeout=40)
    assert answer.is_success, answer.text
    return answer.json()


def ended(http: httpx.Client, type: str, **params: Any) -> Any:
    return http.post("/v1/jobs?wait=30", json={"type": type, "params": params}, timeout=40).json()


def reasons(http: httpx.Client, job_id: str) -> dict[str, str]:
    body = http.get(f"/v1/jobs/{job_id}/why").json()
    assert set(body) == {"id", "type", "status", "reasons"}
    assert all(set(reason["text"]) == {"zh", "en"} for reason in body["reasons"])
    return {reason["code"]: reason["text"]["en"] for reason in body["reasons"]}


def until(http: httpx.Client, job_id: str, status: str) -> None:
    while (job := http.get(f"/v1/jobs/{job_id}").json())["status"] != status:
        asked = {"wait": 20, "since": f"{job['epoch']}:{job['seq']}"}
        http.get(f"/v1/jobs/{job_id}", params=asked, timeout=30)


# -- events and log --------------------------------------------------------------------------------------------


def test_kept_events_in_order_and_without_the_inside(http: httpx.Client) -> None:
    job = ended(http, "stepping")
    answer = http.get(f"/v1/jobs/{job['id']}/events").json()
    assert (answer["id"], answer["epoch"], answer["next_after"]) == (job["id"], job["epoch"], None)
    kinds = [item["kind"] for item in answer["items"]]
    assert kinds == ["submit", "claim", "stage", "log", "log", "log", "progress", "result", "fail"]
    assert [item["seq"] for item in answer["items"]] == list(range(1, job["seq"] + 1))
    by_kind = {item["kind"]: item for item in answer["items"]}
    assert set(by_kind["claim"]) == {"seq", "kind", "at"}
    assert by_kind["stage"]["stage"] == "read"
    assert by_kind["progress"]["progress"] == 50.0
    assert by_kind["result"]["key"] == "number"
    assert by_kind["fail"]["error"]["code"] == "NETWORK_ERROR"


def test_large_data_of_an_event_is_fetched_where_it_says(http: httpx.Client) -> None:
    job = ended(http, "half")
    large = next(i for i in http.get(f"/v1/jobs/{job['id']}/events").json()["items"] if i.get("key") == "large")
    assert http.get(large["data_url"]).json() == "x" * 40_000


@pytest.mark.parametrize(("tail", "number"), [("events", 9), ("log", 3)])
def test_history_comes_in_pages(http: httpx.Client, tail: str, number: int) -> None:
    job = ended(http, "stepping")
    whole = http.get(f"/v1/jobs/{job['id']}/{tail}").json()["items"]
    assert len(whole) == number
    seen, url = [], f"/v1/jobs/{job['id']}/{tail}?limit=2"
    while url:
        answer = http.get(url)
        assert len(answer.json()["items"]) <= 2
        seen += answer.json()["items"]
        assert (answer.json()["next_after"] is not None) == ("link" in answer.headers)
        url = answer.links["next"]["url"] if "link" in answer.headers else ""
    assert seen == whole


def test_log_lines_as_they_were_written(http: httpx.Client) -> None:
    job = ended(http, "stepping")
    assert [item["line"] for item in http.get(f"/v1/jobs/{job['id']}/log").json()["items"]] == ["one", "two", "three"]
    assert http.get(f"/v1/jobs/{made(http)['id']}/log").json()["items"] == []


@pytest.mark.parametrize("tail", ["events", "log"])
@pytest.mark.parametrize("query", ["after=-1", "after=x", "limit=0", "limit=1001", "after=" + "9" * 30, "limit="])
def test_a_page_that_cannot_be_meant_is_400(http: httpx.Client, tail: str, query: str) -> None:
    answer = http.get(f"/v1/jobs/{made(http)['id']}/{tail}?{query}")
    assert code(answer) == (400, "BAD_REQUEST")
    assert query.partition("=")[0] in answer.json()["detail"]


@pytest.mark.parametrize("tail", ["events", "log", "why"])
def test_the_history_of_nothing_is_404(http: httpx.Client, tail: str) -> None:
    assert code(http.get(f"/v1/jobs/01JOBTHATNEVEREXISTED0000/{tail}")) == (404, "NOT_FOUND")


# -- why -------------------------------------------------------------------------------------------------------


def test_a_delayed_job_says_when_it_starts(http: httpx.Client) -> None:
    told = reasons(http, made(http)["id"])
    assert list(told) == ["delayed"]
    assert "starts in 3600 s" in told["delayed"] or "starts in 3599 s" in told["delayed"]


def test_a_crowded_type_says_how_many_run_and_stand_before(http: httpx.Client) -> None:
    first = made(http, type="single")["id"]
    until(http, first, "running")
    second, third = (made(http, type="single")["id"] for _ in range(2))
    assert reasons(http, first) == {}
    assert reasons(http, second) == {"type_limit": "single: 1/1 running"}
    assert reasons(http, third) == {"type_limit": "single: 1/1 running", "behind": "single: behind 1 of higher rank"}
    http.patch(f"/v1/jobs/{third}", json={"priority": 60})
    assert "behind" in reasons(http, second)
    for job_id in (third, second, first):
        http.post(f"/v1/jobs/{job_id}/cancel")


def test_what_ended_has_no_reasons(http: httpx.Client) -> None:
    assert reasons(http, ended(http, "greet", name="Ann")["id"]) == {}


# -- change ----------------------------------------------------------------------------------------------------


def test_priority_and_tags_are_changed_and_what_is_left_out_stays(http: httpx.Client) -> None:
    job = made(http, **GREET, tags=["a"], priority=1)
    url = f"/v1/jobs/{job['id']}"
    changed = http.patch(url, json={"priority": 9})
    assert (changed.status_code, changed.json()["priority"], changed.json()["tags"]) == (200, 9, ["a"])
    assert changed.json()["seq"] == job["seq"] + 1
    changed = http.patch(url, json={"tags": ["b", "c", "b"]}).json()
    assert (changed["priority"], changed["tags"], changed["seq"]) == (9, ["b", "c"], job["seq"] + 2)
    assert http.patch(url, json={"tags": ["b", "c"]}).json()["seq"] == changed["seq"]
    assert http.patch(url, json={}).json()["seq"] == changed["seq"]
    assert http.patch(url, json={"tags": []}).json()["tags"] == []


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"priority": 3601}, "/priority"),
        ({"priority": None}, "/priority"),
        ({"tags": [""]}, "/tags/0"),
        ({"type": "x"}, "/type"),
    ],
)
def test_what_cannot_be_changed_so_is_told_field_by_field(http: httpx.Client, body: Any, pointer: str) -> None:
    answer = http.patch(f"/v1/jobs/{made(http)['id']}", json=body)
    assert code(answer) == (422, "INVALID_PARAMS")
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


def test_what_has_ended_is_not_changed(http: httpx.Client) -> None:
    job = ended(http, "greet", name="Ann")
    assert code(http.patch(f"/v1/jobs/{job['id']}", json={"priority": 1})) == (409, "ALREADY_ENDED")
    assert code(http.patch("/v1/jobs/01JOBTHATNEVEREXISTED0000", json={"priority": 1})) == (404, "NOT_FOUND")


# -- remove ----------------------------------------------------------------------------------------------------


def test_only_what_has_ended_is_removed(http: httpx.Client) -> None:
    url = f"/v1/jobs/{made(http)['id']}"
    assert code(http.delete(url)) == (409, "NOT_ENDED")
    http.post(f"{url}/cancel")
    answer = http.delete(url)
    assert (answer.status_code, answer.content) == (204, b"")
    assert code(http.delete("/v1/jobs/01JOBTHATNEVEREXISTED0000")) == (404, "NOT_FOUND")


def test_a_405_names_every_method(http: httpx.Client) -> None:
    answer = http.post(f"/v1/jobs/{made(http)['id']}")
    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD", "PUT", "PATCH", "DELETE"}


def test_what_ended_long_enough_ago_is_removed_at_once(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("prune")
    with ServerProcess("web.web_jobs:app", folder) as server, httpx.Client(base_url=server.url) as http:
        failed, done, open_ = ended(http, "half"), ended(http, "greet", name="A"), made(http)
        assert http.delete("/v1/jobs?older_than=1h").json() == {"removed": 0}
        assert http.delete("/v1/jobs?older_than=0&status=failed").json() == {"removed": 1}
        assert code(http.get(f"/v1/jobs/{failed['id']}")) == (410, "GONE")
        assert http.delete("/v1/jobs?older_than=0").json() == {"removed": 1}
        assert code(http.get(f"/v1/jobs/{done['id']}")) == (410, "GONE")
        assert http.get(f"/v1/jobs/{open_['id']}").status_code == 200


@pytest.mark.parametrize("query", ["", "older_than=", "older_than=soon", "older_than=-1", "older_than=1h&status=pending"])
def test_a_removal_that_cannot_be_meant_is_400(http: httpx.Client, query: str) -> None:
    assert code(http.delete(f"/v1/jobs?{query}")) == (400, "BAD_REQUEST")


def test_a_filter_that_is_not_known_spares_everything(http: httpx.Client) -> None:
    answer = http.delete("/v1/jobs?older_than=0&owner=nobody")
    assert code(answer) == (400, "BAD_REQUEST")
    assert "owner" in answer.json()["detail"]


# -- types and figures -----------------------------------------------------------------------------------------


def test_types_tell_what_can_be_submitted(http: httpx.Client) -> None:
    items = {item["type"]: item for item in http.get("/v1/types").json()["items"]}
    assert list(items) == sorted(items)
    greet = items["greet"]
    assert (greet["params"]["required"], set(greet["params"]["properties"])) == (["name"], {"name", "times"})
    assert greet["limits"] == {"concurrency": 50, "timeout": 300.0, "max_attempts": 1, "keep_for": 86_400.0}
    assert set(greet["counts"]) == {status.value for status in Status}
    assert [stage["name"] for stage in items["stepping"]["stages"]] == ["read", "write"]
    assert items["stepping"]["stages"][0]["title"] == {"zh": "read", "en": "read"}


def test_a_paused_type_starts_nothing_until_it_goes_on(http: httpx.Client) -> None:
    answer = http.post("/v1/types/pausable/pause")
    assert (answer.status_code, answer.json()["paused"]) == (200, True)
    job = made(http, type="pausable")
    assert reasons(http, job["id"]) == {"paused": "pausable: paused"}
    time.sleep(0.3)
    assert http.get(f"/v1/jobs/{job['id']}").json()["status"] == "pending"
    assert http.post("/v1/types/pausable/resume").json()["paused"] is False
    until(http, job["id"], "completed")


@pytest.mark.parametrize("verb", ["pause", "resume"])
def test_a_type_that_is_not_there_is_404(http: httpx.Client, verb: str) -> None:
    assert code(http.post(f"/v1/types/dance/{verb}")) == (404, "NOT_FOUND")


def test_figures(http: httpx.Client) -> None:
    made(http)
    body = http.get("/v1/stats").json()
    assert (body["ready"], body["reason"], body["concurrency"]) == (True, None, 50)
    assert set(body["jobs"]) == {status.value for status in Status}
    assert body["jobs"]["pending"] >= 1
    assert body["running"] >= 0


def test_no_job_belongs_to_a_batch_yet(http: httpx.Client) -> None:
    made(http)
    assert http.get("/v1/jobs?batch=any").json() == {"items": [], "next_cursor": None}
