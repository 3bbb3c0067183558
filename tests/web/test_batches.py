"""`/v1/batches` over HTTP: what is accepted, rejected, watched, listed, cancelled."""

import json
import uuid
from typing import Any

import httpx
import pytest

from support.server import ServerProcess

GREET = {"type": "greet", "params": {"name": "ann"}}
HOLD = {"type": "hold"}
NOPE = {"type": "nope"}
WRONG = {"type": "greet", "params": {"name": 7}}


def posted(http: httpx.Client, *jobs: Any, **more: Any) -> dict[str, Any]:
    answer = http.post("/v1/batches", json={"jobs": list(jobs), **more})
    assert answer.status_code == 202, answer.text
    body: dict[str, Any] = answer.json()
    assert answer.headers["location"] == body["links"]["self"] == f"/v1/batches/{body['id']}"
    assert int(answer.headers["retry-after"]) >= 1
    return body


def ended(http: httpx.Client, batch: dict[str, Any]) -> dict[str, Any]:
    """The batch at its end, by long-poll."""
    for _ in range(100):
        if batch["is_completed"]:
            return batch
        params = {"since": f"{batch['epoch']}:{batch['seq']}", "wait": 10}
        moved = http.get(f"/v1/batches/{batch['id']}", params=params).json()
        batch = batch if "unchanged" in moved else moved
    raise AssertionError(f"the batch did not end: {batch}")


def test_what_is_valid_is_made_and_the_rest_is_named(http: httpx.Client) -> None:
    batch = posted(http, GREET, NOPE, GREET, WRONG, 7)
    assert batch["accepted"] == 2
    assert [job is None for job in batch["jobs"]] == [False, True, False, True, True]
    assert [(one["index"], one["error"]["code"], one["error"]["status"]) for one in batch["rejected"]] == [
        (1, "NOT_FOUND", 404),
        (3, "INVALID_PARAMS", 422),
        (4, "INVALID_PARAMS", 422),
    ]
    assert batch["rejected"][1]["error"]["errors"][0]["pointer"] == "/params/name"
    done = ended(http, batch)
    assert done["status"] == "completed"
    assert done["counts"] == {"pending": 0, "running": 0, "completed": 2, "failed": 0, "cancelled": 0}
    assert done["with_errors"] is False
    assert done["result"] == {"counts": done["counts"], "with_errors": False}
    assert (done["jobs"], done["rejected"]) == (batch["jobs"], batch["rejected"])
    for job_id in filter(None, batch["jobs"]):
        assert http.get(f"/v1/jobs/{job_id}").json()["batch"] == batch["id"]
    listed = http.get("/v1/jobs", params={"batch": batch["id"]}).json()["items"]
    assert [job["id"] for job in reversed(listed)] == [job_id for job_id in batch["jobs"] if job_id]
    assert http.get(batch["links"]["jobs"]).json()["items"] == listed


def test_some_that_fail_leave_it_completed_with_errors(http: httpx.Client) -> None:
    done = ended(http, posted(http, GREET, {"type": "half"}))
    assert (done["status"], done["with_errors"], done["progress"]) == ("completed", True, 100)
    failed = ended(http, posted(http, {"type": "half"}, {"type": "half"}))
    assert (failed["status"], failed["is_completed"], failed["progress"]) == ("failed", True, 0)
    assert failed["error"]["code"] == "BATCH_FAILED"
    assert failed["result"] is None


@pytest.mark.parametrize("atomic", [{"atomic": True}, {}])
def test_nothing_is_made_of_an_atomic_batch_or_of_one_without_any_valid_job(
    http: httpx.Client, atomic: dict[str, bool]
) -> None:
    tag = uuid.uuid4().hex
    jobs = [{**WRONG, "tags": [tag]}, {**NOPE, "tags": [tag]}] + ([{**GREET, "tags": [tag]}] if atomic else [])
    answer = http.post("/v1/batches", json={"jobs": jobs, **atomic})
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/jobs/0/params/name", "/jobs/1"]
    assert http.get("/v1/jobs", params={"tag": tag}).json()["items"] == []


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/jobs"),
        ({"jobs": []}, "/jobs"),
        ({"jobs": "x"}, "/jobs"),
        ({"jobs": [GREET] * 1001}, "/jobs"),
        ({"jobs": [GREET], "atomic": "yes"}, "/atomic"),
        ({"jobs": [GREET], "what": 1}, "/what"),
        ([], ""),
    ],
)
def test_what_is_no_batch_is_refused_with_a_pointer(http: httpx.Client, body: Any, pointer: str) -> None:
    answer = http.post("/v1/batches", json=body)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


def test_a_thousand_jobs_above_the_limit_of_other_bodies_are_one_batch(http: httpx.Client) -> None:
    jobs = [{"type": "greet", "params": {"name": "x" * 1000, "times": 0}} for _ in range(1000)]
    assert len(json.dumps({"jobs": jobs})) > 300_000
    batch = posted(http, *jobs)
    assert batch["accepted"] == len(set(batch["jobs"])) == 1000
    done = ended(http, batch)
    assert done["counts"]["completed"] == 1000


def test_a_body_above_the_limit_of_batches_is_refused(http: httpx.Client) -> None:
    answer = http.post("/v1/batches", json={"jobs": [{"type": "greet", "params": {"name": "x" * 17 * 1024 * 1024}}]})
    assert answer.status_code == 413
    assert answer.json()["code"] == "TOO_LARGE"


def test_a_batch_is_cancelled_with_its_jobs(http: httpx.Client) -> None:
    batch = posted(http, HOLD, HOLD)
    answer = http.post(f"/v1/batches/{batch['id']}/cancel", json={"reason": "enough"})
    assert answer.status_code == 202
    done = ended(http, answer.json())
    assert (done["status"], done["counts"]["cancelled"]) == ("cancelled", 2)
    assert done["error"]["code"] == "JOB_CANCELLED"
    assert http.post(f"/v1/batches/{batch['id']}/cancel").status_code == 200
    other = ended(http, posted(http, GREET))
    assert http.post(f"/v1/batches/{other['id']}/cancel").status_code == 409


def test_a_key_makes_a_batch_once(http: httpx.Client) -> None:
    key = {"Idempotency-Key": uuid.uuid4().hex}
    first = http.post("/v1/batches", json={"jobs": [GREET, NOPE]}, headers=key)
    again = http.post("/v1/batches", json={"jobs": [{"params": {"name": "ann"}, "type": "greet"}, NOPE]}, headers=key)
    assert (first.status_code, again.status_code) == (202, 202)
    assert again.headers["idempotency-replayed"] == "true"
    assert [again.json()[name] for name in ("id", "jobs", "rejected", "accepted", "replayed")] == [
        *(first.json()[name] for name in ("id", "jobs", "rejected", "accepted")),
        True,
    ]
    other = http.post("/v1/batches", json={"jobs": [GREET]}, headers=key)
    assert (other.status_code, other.json()["code"]) == (422, "KEY_REUSED")


def test_who_prefers_to_wait_gets_the_end(http: httpx.Client) -> None:
    answer = http.post("/v1/batches", json={"jobs": [GREET, GREET]}, headers={"Prefer": "wait=10"})
    assert answer.status_code == 200
    assert answer.json()["status"] == "completed"
    assert answer.headers["preference-applied"] == "wait=10"


def test_batches_have_lists_pages_and_etags_of_their_own(http: httpx.Client) -> None:
    owner = uuid.uuid4().hex
    made = [posted(http, GREET, owner=owner)["id"] for _ in range(3)]
    first = http.get("/v1/batches", params={"owner": owner, "limit": 2}).json()
    rest = http.get("/v1/batches", params={"owner": owner, "limit": 2, "cursor": first["next_cursor"]}).json()
    assert [item["id"] for item in first["items"] + rest["items"]] == made[::-1]
    assert rest["next_cursor"] is None
    assert all(item["type"] == "batch" for item in first["items"])
    assert {item["batch"] for item in http.get("/v1/jobs", params={"owner": owner}).json()["items"]} == set(made)
    done = ended(http, http.get(f"/v1/batches/{made[0]}").json())
    tag = http.get(f"/v1/batches/{made[0]}").headers["etag"]
    assert tag == f'"{done["epoch"]}:{done["seq"]}"'
    assert http.get(f"/v1/batches/{made[0]}", headers={"If-None-Match": tag}).status_code == 304


def test_a_batch_and_a_job_are_not_mistaken_for_each_other(http: httpx.Client) -> None:
    batch = posted(http, GREET)
    (job_id,) = batch["jobs"]
    for method, path in [
        ("GET", f"/v1/jobs/{batch['id']}"),
        ("GET", f"/v1/jobs/{batch['id']}/events"),
        ("GET", f"/v1/jobs/{batch['id']}/why"),
        ("POST", f"/v1/jobs/{batch['id']}/cancel"),
        ("DELETE", f"/v1/jobs/{batch['id']}"),
        ("GET", f"/v1/batches/{job_id}"),
        ("POST", f"/v1/batches/{job_id}/cancel"),
        ("GET", "/v1/batches/never-was-0000000000"),
    ]:
        assert http.request(method, path).status_code == 404, (method, path)
    polled = http.get("/v1/poll", params={"channels": f"batch:{job_id},job:{batch['id']}", "wait": 5}).json()
    assert [frame["code"] for frame in polled if frame["type"] == "problem"] == ["NOT_FOUND", "NOT_FOUND"]


def test_a_channel_tells_the_whole_story_of_a_batch(http: httpx.Client, server: ServerProcess) -> None:
    batch = posted(http, GREET, {"type": "half"}, GREET)
    frames: list[dict[str, Any]] = []
    with http.stream("GET", "/v1/stream", params={"channels": f"batch:{batch['id']}@0"}, timeout=30) as stream:
        for line in stream.iter_lines():
            if line.startswith("data: "):
                value = json.loads(line.removeprefix("data: "))
                frames += value if isinstance(value, list) else [value]
    told = [frame for frame in frames if frame.get("job") == batch["id"]]
    assert told[-1]["type"] == "complete"
    assert told[-1]["state"]["counts"] == {"pending": 0, "running": 0, "completed": 2, "failed": 1, "cancelled": 0}
    assert [frame["seq"] for frame in told] == sorted({frame["seq"] for frame in told})
    progress = [frame["state"]["progress"] for frame in told]
    assert progress == sorted(progress)
    assert frames[-1]["type"] == "bye"
    cursor = f"{told[-1]['seq']}"
    again = http.get("/v1/stream", params={"channels": f"batch:{batch['id']}@{cursor}", "epoch": batch["epoch"]})
    assert again.status_code == 204
    late = http.get("/v1/poll", params={"channels": f"batch:{batch['id']}@0", "wait": 0}).json()
    assert [frame["type"] for frame in late] == ["hello", "complete", "bye"]
