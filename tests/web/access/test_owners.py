"""An owner's key lives in a world of the owner's jobs: lists, submits, batches, clean-up, idempotency keys."""

import uuid
from typing import Any

import pytest

from web.access.guarded import GREET, Guarded, bearer


def listed(guarded: Guarded, credential: str, path: str = "/v1/jobs", **query: Any) -> set[str]:
    answer = guarded.get(path, credential, params={"limit": 1000, **query})
    assert answer.status_code == 200, answer.text
    return {item["id"] for item in answer.json()["items"]}


@pytest.mark.parametrize("kind", ["jobs", "batches"])
def test_lists_show_what_is_the_callers(guarded: Guarded, kind: str) -> None:
    path = f"/v1/{kind}"
    made = {owner: (guarded.job if kind == "jobs" else guarded.batch)(owner)["id"] for owner in ("ann", "bob", None)}
    anns = listed(guarded, guarded.keys["ann", "watch"], path)
    assert made["ann"] in anns
    assert not {made["bob"], made[None]} & anns
    assert listed(guarded, guarded.keys["ann", "watch"], path, owner="ann") == anns
    assert listed(guarded, guarded.keys["ann", "watch"], path, owner="bob") == set()
    assert listed(guarded, guarded.keys["ann", "watch"], path, q=made["bob"]) == set()
    assert set(made.values()) <= listed(guarded, guarded.keys[None, "watch"], path)
    assert listed(guarded, guarded.token(owner="ann"), path) == anns


def test_a_page_goes_on_within_the_owners_jobs(guarded: Guarded) -> None:
    owner = uuid.uuid4().hex
    key = guarded.key("watch", owner=owner)
    made = []
    for _ in range(3):
        made.append(guarded.job(owner)["id"])
        guarded.job("bob")
    first = guarded.get("/v1/jobs", key, params={"limit": 2}).json()
    rest = guarded.get("/v1/jobs", key, params={"limit": 2, "cursor": first["next_cursor"]}).json()
    assert [item["id"] for item in first["items"] + rest["items"]] == made[::-1]
    assert rest["next_cursor"] is None


def test_a_token_for_a_batch_opens_its_jobs_and_their_list(guarded: Guarded) -> None:
    batch, other = guarded.batch("ann"), guarded.batch("ann")
    (job_id,) = batch["jobs"]
    token = batch["token"]
    assert listed(guarded, token, batch=batch["id"]) == {job_id}
    assert guarded.get(f"/v1/jobs/{job_id}/result", token).status_code == 200
    assert guarded.get(f"/v1/batches/{batch['id']}", token).status_code == 200
    assert guarded.get(f"/v1/batches/{other['id']}", token).status_code == 404
    assert guarded.get(f"/v1/jobs/{other['jobs'][0]}", token).status_code == 404
    for path in ("/v1/jobs", f"/v1/jobs?batch={other['id']}", "/v1/batches"):
        assert guarded.get(path, token).status_code == 403


def test_what_an_owner_submits_is_the_owners(guarded: Guarded) -> None:
    key = guarded.keys["ann", "submit"]
    for named in ({}, {"owner": "ann"}, {"owner": None}):
        answer = guarded.post("/v1/jobs", {**GREET, **named}, key)
        assert (answer.status_code, answer.json()["owner"]) == (202, "ann")
    refused = guarded.post("/v1/jobs", {**GREET, "owner": "bob"}, key)
    assert (refused.status_code, refused.json()["code"]) == (403, "FORBIDDEN")
    put = guarded.http.put(f"/v1/jobs/{uuid.uuid4().hex}", json={**GREET, "owner": "bob"}, headers=bearer(key))
    assert put.status_code == 403


def test_batches_of_an_owner(guarded: Guarded) -> None:
    key = guarded.keys["ann", "submit"]
    answer = guarded.post("/v1/batches", {"jobs": [GREET, {**GREET, "owner": "bob"}, {**GREET, "owner": "ann"}]}, key)
    body = answer.json()
    assert (answer.status_code, body["owner"], body["accepted"]) == (202, "ann", 2)
    assert [(one["index"], one["error"]["code"]) for one in body["rejected"]] == [(1, "FORBIDDEN")]
    for job_id in filter(None, body["jobs"]):
        assert guarded.get(f"/v1/jobs/{job_id}").json()["owner"] == "ann"
    assert guarded.post("/v1/batches", {"jobs": [GREET], "owner": "bob"}, key).status_code == 403


def test_a_retry_stays_with_the_owner(guarded: Guarded) -> None:
    job = guarded.job("ann", "hold")
    assert guarded.post(f"/v1/jobs/{job['id']}/cancel", credential=guarded.keys["ann", "submit"]).status_code in (200, 202)
    while not (shown := guarded.get(f"/v1/jobs/{job['id']}").json())["is_completed"]:
        guarded.get(f"/v1/jobs/{job['id']}", params={"wait": 10, "since": f"{shown['epoch']}:{shown['seq']}"})
    again = guarded.post(f"/v1/jobs/{job['id']}/retry", credential=guarded.keys["ann", "submit"])
    assert (again.status_code, again.json()["owner"]) == (202, "ann")
    assert guarded.get(f"/v1/jobs/{again.json()['id']}", again.json()["token"]).status_code == 200
    guarded.post(f"/v1/jobs/{again.json()['id']}/cancel")


def test_an_idempotency_key_is_of_its_caller(guarded: Guarded) -> None:
    name = {"Idempotency-Key": uuid.uuid4().hex}
    made = {}
    for owner in (None, "ann", "bob"):
        body = {**GREET, "params": {"name": str(owner)}}
        key = {**bearer(guarded.keys[owner, "submit"]), **name}
        first = guarded.http.post("/v1/jobs", json=body, headers=key)
        again = guarded.http.post("/v1/jobs", json=body, headers=key)
        assert "idempotency-replayed" not in first.headers
        assert again.headers["idempotency-replayed"] == "true"
        assert again.json()["id"] == first.json()["id"]
        assert again.json()["token"] == first.json()["token"]
        made[owner] = first.json()["id"]
    assert len(set(made.values())) == 3


def test_an_owners_operator_removes_the_owners_jobs_only(guarded: Guarded) -> None:
    owner = uuid.uuid4().hex
    operator = guarded.key("operate", owner=owner)
    mine, foreign = guarded.job(owner)["id"], guarded.job("bob")["id"]
    answer = guarded.http.delete("/v1/jobs", params={"older_than": "0"}, headers=bearer(operator))
    assert (answer.status_code, answer.json()) == (200, {"removed": 1})
    assert guarded.get(f"/v1/jobs/{mine}").status_code == 410
    assert guarded.get(f"/v1/jobs/{foreign}").status_code == 200


def test_an_owners_operator_sees_types_with_the_counts_of_the_owners_jobs(guarded: Guarded) -> None:
    owner = uuid.uuid4().hex
    guarded.job(owner)
    guarded.job("bob")
    types = guarded.get("/v1/types", guarded.key("operate", owner=owner)).json()["items"]
    counts = {item["type"]: sum(item["counts"].values()) for item in types}
    assert counts == {"greet": 1, "half": 0, "hold": 0, "large": 0, "still": 0}
