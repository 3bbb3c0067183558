"""Making and ending credentials: keys, tokens, tickets; what each is refused for."""

import asyncio
import time
from typing import Any

import httpx
import pytest

from web.access.guarded import GREET, Guarded, bearer

UNKNOWN = "01UNKNOWNAAAAAAAAAAAAAAAAA"


def test_a_key_is_shown_once_and_works_at_once(guarded: Guarded) -> None:
    answer = guarded.post("/v1/keys", {"name": "shop", "scopes": ["watch", "submit"], "owner": "ann", "expires_in": 3600})
    made = answer.json()
    text = made.pop("key")
    assert answer.status_code == 201
    assert (made["name"], made["scopes"], made["owner"], made["revoked_at"]) == ("shop", ["submit", "watch"], "ann", None)
    assert made["expires_at"] > made["created_at"]
    assert guarded.get(answer.headers["location"]).json() == made
    listed = guarded.get("/v1/keys")
    assert made in listed.json()["items"]
    assert text not in listed.text
    assert guarded.get("/v1/jobs", text).status_code == 200


def test_a_revoked_key_is_no_good_at_once_and_stays_in_the_list(guarded: Guarded) -> None:
    made = guarded.post("/v1/keys", {"name": "shop", "scopes": ["watch"]}).json()
    for _ in range(2):
        answer = guarded.http.delete(f"/v1/keys/{made['id']}", headers=bearer(guarded.admin))
        assert answer.status_code == 204
    assert guarded.get("/v1/jobs", made["key"]).status_code == 401
    assert guarded.get(f"/v1/keys/{made['id']}").json()["revoked_at"] is not None
    assert guarded.http.delete("/v1/keys/nobody", headers=bearer(guarded.admin)).status_code == 404
    assert guarded.get("/v1/keys/nobody").status_code == 404


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"scopes": ["watch"]}, "/name"),
        ({"name": "", "scopes": ["watch"]}, "/name"),
        ({"name": "a"}, "/scopes"),
        ({"name": "a", "scopes": []}, "/scopes"),
        ({"name": "a", "scopes": ["watch", "root"]}, "/scopes/1"),
        ({"name": "a", "scopes": ["cancel"]}, "/scopes"),
        ({"name": "a", "scopes": ["watch"], "owner": ""}, "/owner"),
        ({"name": "a", "scopes": ["watch"], "expires_in": 0}, "/expires_in"),
        ({"name": "a", "scopes": ["watch"], "expires_in": "1h"}, "/expires_in"),
        ({"name": "a", "scopes": ["watch"], "key": "mine"}, "/key"),
    ],
)
def test_a_key_that_cannot_be_made_is_told_with_a_pointer(guarded: Guarded, body: Any, pointer: str) -> None:
    answer = guarded.post("/v1/keys", body)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


def test_the_answer_to_a_submit_holds_a_token_for_that_job(guarded: Guarded) -> None:
    key = guarded.keys["ann", "submit"]
    job = guarded.post("/v1/jobs", GREET, key, params={"wait": 10}).json()
    assert guarded.get(f"/v1/jobs/{job['id']}", job["token"]).json()["status"] == "completed"
    assert guarded.get(f"/v1/jobs/{job['id']}", key).status_code == 403, "submit implies no watch"
    assert guarded.post(f"/v1/jobs/{job['id']}/cancel", credential=job["token"]).status_code == 403
    assert "token" not in guarded.get(f"/v1/jobs/{job['id']}").json()


def test_a_token_may_cancel_if_asked_for(guarded: Guarded) -> None:
    job = guarded.job("ann", "hold")["id"]
    watching, cancelling = guarded.token(job=job), guarded.token(job=job, scope="watch cancel")
    assert guarded.post(f"/v1/jobs/{job}/cancel", credential=watching).status_code == 403
    assert guarded.post(f"/v1/jobs/{job}/cancel", credential=cancelling).status_code in (200, 202)
    assert guarded.http.patch(f"/v1/jobs/{job}", json={"priority": 1}, headers=bearer(cancelling)).status_code == 403


def test_a_token_for_an_owner_opens_all_that_is_the_owners(guarded: Guarded) -> None:
    anns, bobs = guarded.job("ann")["id"], guarded.job("bob")["id"]
    token = guarded.token(owner="ann")
    assert guarded.get(f"/v1/jobs/{anns}", token).status_code == 200
    assert guarded.get(f"/v1/jobs/{bobs}", token).status_code == 404
    assert guarded.post("/v1/jobs", GREET, token).status_code == 403
    with_own_key = guarded.token(guarded.keys["ann", "watch"], owner="ann")
    assert guarded.get(f"/v1/jobs/{anns}", with_own_key).status_code == 200


@pytest.mark.parametrize(
    ("asker", "asked", "status"),
    [
        (("ann", "watch"), {"owner": "bob"}, 403),
        ((None, "watch"), {"owner": "ann"}, 403),
        ((None, "operate"), {"owner": "ann"}, 201),
        (("ann", "operate"), {"owner": "bob"}, 403),
        (("ann", "watch"), {"owner": "ann", "scope": "watch cancel"}, 403),
        (("ann", "operate"), {"owner": "ann", "scope": "watch cancel"}, 201),
        (("ann", "watch"), {"job": UNKNOWN}, 404),
        (("ann", "watch"), {"batch": UNKNOWN}, 404),
        ((None, "submit"), {"job": UNKNOWN}, 403),
    ],
)
def test_who_makes_tokens_for_what(guarded: Guarded, asker: tuple[str | None, str], asked: Any, status: int) -> None:
    assert guarded.post("/v1/tokens", asked, guarded.keys[asker]).status_code == status


def test_nobody_hands_on_what_they_do_not_have(guarded: Guarded) -> None:
    job = guarded.job("ann")["id"]
    watching = guarded.token(job=job, ttl=600)
    cancel = guarded.post("/v1/tokens", {"job": job, "scope": "watch cancel"}, watching)
    assert (cancel.status_code, cancel.json()["code"]) == (403, "FORBIDDEN")
    again = guarded.post("/v1/tokens", {"job": job}, watching).json()
    longer = guarded.post("/v1/tokens", {"job": job, "ttl": 6000}, watching).json()
    shorter = guarded.post("/v1/tokens", {"job": job, "ttl": 60}, watching).json()
    assert again["expires_at"] == longer["expires_at"] > shorter["expires_at"]


def test_a_token_made_with_a_key_falls_with_it_and_that_of_a_submit_does_not(guarded: Guarded) -> None:
    made = guarded.post("/v1/keys", {"name": "shop", "scopes": ["watch", "submit"]}).json()
    job = guarded.post("/v1/jobs", GREET, made["key"]).json()
    handed_on = guarded.token(made["key"], job=job["id"])
    guarded.http.delete(f"/v1/keys/{made['id']}", headers=bearer(guarded.admin))
    assert guarded.get(f"/v1/jobs/{job['id']}", handed_on).status_code == 401
    assert guarded.get(f"/v1/jobs/{job['id']}", job["token"]).status_code == 200


def test_a_token_ends_at_its_time(guarded: Guarded) -> None:
    job = guarded.job("ann", "hold")
    token = guarded.token(job=job["id"], ttl=0.5)
    assert guarded.get(f"/v1/jobs/{job['id']}", token).status_code == 200
    deadline = time.monotonic() + 10
    while guarded.get(f"/v1/jobs/{job['id']}", token).status_code == 200:
        assert time.monotonic() < deadline
    assert guarded.get(f"/v1/jobs/{job['id']}", token).status_code == 401
    guarded.post(f"/v1/jobs/{job['id']}/cancel")


def test_a_token_of_a_job_that_was_removed_hears_that_it_is_gone(guarded: Guarded) -> None:
    job = guarded.post("/v1/jobs", GREET, params={"wait": 10}).json()
    assert guarded.http.delete(f"/v1/jobs/{job['id']}", headers=bearer(guarded.admin)).status_code == 204
    assert guarded.get(f"/v1/jobs/{job['id']}", job["token"]).status_code == 410
    assert guarded.post("/v1/tokens", {"job": job["id"]}).status_code == 410


def test_tokens_live_through_one_rotation_and_not_through_two(guarded: Guarded) -> None:
    job = guarded.job("ann")
    for status in (200, 401):
        assert guarded.post("/v1/keys/rotate").status_code == 204
        assert guarded.get(f"/v1/jobs/{job['id']}", job["token"]).status_code == status


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, ""),
        ({"job": UNKNOWN, "owner": "ann"}, ""),
        ({"job": 5}, "/job"),
        ({"owner": "ann", "scope": "operate"}, "/scope"),
        ({"owner": "ann", "scope": ""}, "/scope"),
        ({"owner": "ann", "ttl": -1}, "/ttl"),
        ({"owner": "ann", "what": 1}, "/what"),
    ],
)
def test_what_is_no_token_is_told_with_a_pointer(guarded: Guarded, body: Any, pointer: str) -> None:
    answer = guarded.post("/v1/tokens", body)
    assert answer.status_code == 422, answer.text
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


def test_a_ticket_opens_its_channels_as_often_as_wished(guarded: Guarded) -> None:
    job, other = guarded.job("ann")["id"], guarded.job("ann")["id"]
    ticket = guarded.ticket(f"job:{job}", credential=guarded.keys["ann", "watch"])
    for _ in range(3):
        frames = guarded.http.get("/v1/poll", params={"channels": f"job:{job},job:{other}", "ticket": ticket}).json()
        assert [frame["type"] for frame in frames] == ["hello", "problem", "complete", "bye"] or [
            frame["type"] for frame in frames
        ] == ["hello", "complete", "problem", "bye"]
    assert guarded.http.get(f"/v1/jobs/{job}", params={"ticket": ticket}).status_code == 200
    assert guarded.http.get(f"/v1/jobs/{other}", params={"ticket": ticket}).status_code == 404
    assert guarded.http.get("/v1/jobs", params={"ticket": ticket}).status_code == 403
    assert guarded.http.post("/v1/jobs", params={"ticket": ticket}, json=GREET).status_code == 401
    assert guarded.http.post("/v1/tickets", params={"ticket": ticket}, json={"channels": [f"job:{job}"]}).status_code == 401
    assert guarded.get(f"/v1/jobs/{job}", ticket).status_code == 401, "a ticket is no token"


@pytest.mark.parametrize(
    ("asker", "channels", "status"),
    [
        (("ann", "watch"), ["jobs"], 403),
        (("ann", "watch"), ["owner:ann"], 201),
        (("ann", "watch"), ["owner:bob"], 403),
        ((None, "watch"), ["owner:bob"], 201),
        (("ann", "watch"), ["owner:ann", f"job:{UNKNOWN}"], 404),
        (("ann", "watch"), ["news"], 422),
        (("ann", "watch"), [], 422),
        ((None, "operate"), ["jobs"], 403),
        ((None, "submit"), ["jobs"], 403),
    ],
)
def test_who_gets_a_ticket_for_what(guarded: Guarded, asker: tuple[str | None, str], channels: list[str], status: int) -> None:
    assert guarded.post("/v1/tickets", {"channels": channels}, guarded.keys[asker]).status_code == status


def test_a_ticket_of_a_removed_key_is_no_good(guarded: Guarded) -> None:
    job = guarded.job("ann")["id"]
    made = guarded.post("/v1/keys", {"name": "shop", "scopes": ["watch"]}).json()
    ticket = guarded.ticket(f"job:{job}", credential=made["key"])
    assert guarded.http.get(f"/v1/jobs/{job}", params={"ticket": ticket}).status_code == 200
    guarded.http.delete(f"/v1/keys/{made['id']}", headers=bearer(guarded.admin))
    assert guarded.http.get(f"/v1/jobs/{job}", params={"ticket": ticket}).status_code == 401


@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "Bearer"])
def test_the_scheme_is_read_whatever_its_case(guarded: Guarded, scheme: str) -> None:
    assert guarded.http.get("/v1/jobs", headers={"Authorization": f"{scheme} {guarded.admin}"}).status_code == 200
    assert guarded.http.get("/v1/jobs", headers={"Authorization": f"Basic {guarded.admin}"}).status_code == 401


def test_with_keys_any_host_and_proxy_will_do_and_foreign_pages_will_not(guarded: Guarded) -> None:
    headers = {**bearer(guarded.admin), "Host": "jindu.example", "X-Forwarded-For": "10.0.0.1"}
    assert guarded.http.get("/v1/jobs", headers=headers).status_code == 200
    foreign = guarded.http.get("/v1/jobs", headers={**headers, "Origin": "https://evil.example"})
    assert (foreign.status_code, foreign.json()["code"]) == (403, "FORBIDDEN")
    form = guarded.http.post("/v1/jobs", content=b"type=greet", headers=headers)
    assert form.status_code == 415


@pytest.mark.parametrize("kind", ["look", "submit"])
async def test_who_waits_is_answered_when_their_key_is_revoked(guarded: Guarded, kind: str) -> None:
    made = guarded.post("/v1/keys", {"name": "lost", "scopes": ["watch", "submit"]}).json()
    job = guarded.job("ann", "hold")
    asked = {
        "look": ("GET", f"/v1/jobs/{job['id']}?wait=50&since={job['epoch']}:{job['seq']}", None),
        "submit": ("POST", "/v1/jobs?wait=50", {"type": "hold", "tags": [made["id"]]}),
    }[kind]
    before = guarded.get("/v1/stats").json()["connections"]
    async with (
        httpx.AsyncClient(base_url=guarded.server.url, headers=bearer(made["key"]), timeout=60) as http,
        asyncio.timeout(20),
    ):
        if kind == "look":  # until it does not move any more
            while (seen := (await http.get(f"/v1/jobs/{job['id']}")).json())["status"] != "running":
                await asyncio.sleep(0.02)
            asked = ("GET", f"/v1/jobs/{job['id']}?wait=50&since={seen['epoch']}:{seen['seq']}", None)
        held = asyncio.create_task(http.request(asked[0], asked[1], json=asked[2]))
        while guarded.get("/v1/stats").json()["connections"] == before:
            await asyncio.sleep(0.02)
        guarded.http.delete(f"/v1/keys/{made['id']}", headers=bearer(guarded.admin))
        answer = await held
    assert (answer.status_code, answer.json()["code"]) == (401, "UNAUTHORIZED")
    for open_job in [job, *guarded.get(f"/v1/jobs?tag={made['id']}").json()["items"]]:
        guarded.post(f"/v1/jobs/{open_job['id']}/cancel")
