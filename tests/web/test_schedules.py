"""`/v1/schedules`: made, listed with their next times, changed, paused, run out of turn, removed; what is refused."""

from typing import Any

import httpx
import pytest

GREET = {"type": "greet", "params": {"name": "Ann"}}


def made(http: httpx.Client, id: str, **given: Any) -> dict[str, Any]:
    answer = http.post("/v1/schedules", json={**GREET, "id": id, **given})
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == f"/v1/schedules/{id}"
    shown: dict[str, Any] = answer.json()
    return shown


def test_a_cron_is_shown_with_its_next_times(http: httpx.Client) -> None:
    new = made(http, "cron-1", cron="30 8 * * mon-fri", timezone="Asia/Shanghai", overlap="queue", missed="skip", tags=["a"])
    assert new == http.get("/v1/schedules/cron-1").json()
    assert new in http.get("/v1/schedules").json()["items"]
    assert (new["cron"], new["every"], new["declared"], new["paused"], new["runs"]) == (
        "30 8 * * mon-fri",
        None,
        False,
        False,
        0,
    )
    assert len(new["next"]) == 5
    assert new["next"][0] == new["next_at"]
    assert all(at.endswith("T00:30:00.000Z") for at in new["next"]), "half past eight in Shanghai"
    assert http.delete("/v1/schedules/cron-1").status_code == 204


def test_it_runs_for_real_and_its_runs_are_found_by_their_tag(http: httpx.Client) -> None:
    made(http, "second-1", every=1)
    job = None
    while job is None:
        job = http.get("/v1/schedules/second-1").json()["last_job"]
    shown = http.get(f"/v1/jobs/{job}?wait=10&since=x:0").json()
    assert (shown["type"], shown["tags"], shown["params"]) == ("greet", ["schedule:second-1"], {"name": "Ann"})
    assert http.delete("/v1/schedules/second-1").status_code == 204
    assert http.get(f"/v1/jobs/{job}").status_code == 200
    assert [http.get("/v1/schedules/second-1").status_code, http.delete("/v1/schedules/second-1").status_code] == [404, 404]


def test_changing_takes_what_is_given_and_counts_anew(http: httpx.Client) -> None:
    made(http, "change-1", every="10m")
    changed = http.patch(
        "/v1/schedules/change-1", json={"cron": "@daily", "overlap": "queue", "params": {"name": "Bob"}}
    ).json()
    assert (changed["cron"], changed["every"], changed["overlap"], changed["params"]) == (
        "0 0 * * *",
        None,
        "queue",
        {"name": "Bob"},
    )
    assert changed["next_at"].endswith("T00:00:00.000Z")
    assert http.patch("/v1/schedules/change-1", json={"every": 90}).json()["every"] == 90
    assert http.patch("/v1/schedules/change-1", json={"priority": 5}).json()["priority"] == 5
    http.delete("/v1/schedules/change-1")


def test_pause_resume_and_a_run_out_of_turn(http: httpx.Client) -> None:
    made(http, "pause-1", cron="@yearly")
    paused = http.post("/v1/schedules/pause-1/pause").json()
    assert (paused["paused"], paused["next_at"], paused["next"]) == (True, None, [])
    assert http.post("/v1/schedules/pause-1/resume").json()["next_at"] is not None
    answer = http.post("/v1/schedules/pause-1/run")
    assert answer.status_code == 202
    assert answer.headers["location"] == f"/v1/jobs/{answer.json()['id']}"
    shown = http.get("/v1/schedules/pause-1").json()
    assert (shown["runs"], shown["last_job"]) == (1, answer.json()["id"])
    for call in ("pause", "resume", "run"):
        assert http.post(f"/v1/schedules/nobody/{call}").status_code == 404
    http.delete("/v1/schedules/pause-1")


def test_an_id_that_is_taken_and_a_type_that_is_none(http: httpx.Client) -> None:
    made(http, "taken-1", every=600)
    again = http.post("/v1/schedules", json={**GREET, "id": "taken-1", "every": 600})
    assert (again.status_code, again.json()["code"]) == (422, "KEY_REUSED")
    assert http.post("/v1/schedules", json={"type": "nobody", "every": 600}).status_code == 404
    http.delete("/v1/schedules/taken-1")


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({}, "/cron"), ({"cron": "* * *"}, "/cron"), ({"cron": "@daily", "every": 5}, "/cron"), ({"every": 0}, "/every"),
        ({"every": "soon"}, "/every"), ({"every": True}, "/every"), ({"cron": "@daily", "timezone": "Mars/Base"}, "/timezone"),
        ({"cron": "@daily", "params": {"nane": 1}}, "/params"), ({"cron": "@daily", "overlap": "both"}, "/overlap"),
        ({"cron": "@daily", "id": "a b"}, "/id"), ({"cron": "@daily", "priority": 99_999}, "/priority"), ({"cron": 5}, "/cron"),
    ],
)  # fmt: skip
def test_what_cannot_be_a_schedule_is_422_with_a_pointer(http: httpx.Client, wrong: dict[str, Any], pointer: str) -> None:
    answer = http.post("/v1/schedules", json={**GREET, "id": "wrong-1", **wrong})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"].startswith(pointer)


def test_the_report_is_built_now_and_saved_when_asked(http: httpx.Client) -> None:
    report = http.get("/v1/report").json()
    assert report["system_performance"]["jobs"] >= 0
    assert report["missing"] == ["warmup_period", "community_pool", "user_testing"]
    saved = http.post("/v1/report")
    assert saved.status_code == 201
    newest, archived = saved.json()["saved"]
    assert (newest, archived.startswith("archive/warmup-report-")) == ("warmup-report.json", True)
