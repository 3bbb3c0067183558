"""`/v1/webhooks`: made, listed, changed, rotated, removed; deliveries listed, read, and asked for again."""

import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from support.receiver import Receiver

GREET = {"type": "greet", "params": {"name": "Ann"}}


def made(http: httpx.Client, url: str, **given: Any) -> dict[str, Any]:
    answer = http.post("/v1/webhooks", json={"url": url, **given})
    assert answer.status_code == 201, answer.text
    shown: dict[str, Any] = answer.json()
    return shown


def until(look: Callable[[], Any]) -> Any:
    """What a look finds, once it finds something."""
    deadline = time.monotonic() + 30
    while not (found := look()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return found


def dead(http: httpx.Client, **query: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = http.get("/v1/webhooks/deliveries", params={"state": "dead", **query}).json()["items"]
    return items


def test_one_is_made_shown_without_its_secret_changed_and_removed(http: httpx.Client, receiver: Receiver) -> None:
    answer = http.post("/v1/webhooks", json={"url": receiver.url, "owner": "own-1", "types": ["greet"], "description": "店"})
    new = answer.json()
    place = answer.headers["location"]
    shown = http.get(place).json()
    assert new == {**shown, "secret": new["secret"]}
    assert (shown["events"], shown["enabled"], shown["description"]) == (
        ["job.completed", "job.failed", "job.cancelled"],
        True,
        "店",
    )
    assert shown in http.get("/v1/webhooks").json()["items"]
    changed = http.patch(place, json={"events": ["job.failed", "batch.completed"], "enabled": False}).json()
    assert changed == {**shown, "events": ["job.failed", "batch.completed"], "enabled": False} == http.get(place).json()
    assert http.patch(place, json={}).json() == changed
    assert [http.delete(place).status_code for _ in range(2)] == [204, 404]
    assert http.get(place).status_code == 404


def test_the_ends_of_an_owner_are_told_and_of_nobody_else(http: httpx.Client, receiver: Receiver) -> None:
    new = made(http, receiver.url, owner="own-2", events=["job.completed", "batch.completed"])
    http.post("/v1/jobs?wait=10", json={**GREET, "owner": "nobody-2"})
    job = http.post("/v1/jobs?wait=10", json={**GREET, "owner": "own-2"}).json()
    assert receiver.wait(1)[0].verified(new["secret"])["data"]["id"] == job["id"]
    batch = http.post("/v1/batches?wait=10", json={"jobs": [GREET, GREET], "owner": "own-2"}).json()
    said = [letter.verified(new["secret"]) for letter in receiver.wait(4)[1:]]
    assert sorted(one["type"] for one in said) == ["batch.completed", "job.completed", "job.completed"]
    assert batch["id"] in [one["data"]["id"] for one in said if one["type"] == "batch.completed"]
    http.delete(f"/v1/webhooks/{new['id']}")


def test_a_dead_letter_is_listed_and_delivered_when_asked_for(http: httpx.Client, receiver: Receiver) -> None:
    receiver.answer = lambda number: (410 if number == 0 else 204, {})
    new = made(http, receiver.url, owner="own-3")
    job = http.post("/v1/jobs?wait=10", json={**GREET, "owner": "own-3"}).json()
    [letter] = until(lambda: dead(http, webhook=new["id"]))
    assert (letter["job"], letter["status"], letter["error"], letter["attempts"]) == (job["id"], 410, "HTTP 410", 1)
    assert letter["due_at"] is None
    assert dead(http, job=job["id"]) == [letter]
    assert http.get(f"/v1/webhooks/{new['id']}/deliveries").json()["items"] == [letter]
    place = f"/v1/webhooks/deliveries/{letter['id']}"
    whole = http.get(place).json()
    assert whole == {**letter, "payload": receiver.letters[0].said}
    assert http.post(f"{place}/redeliver").status_code == 202
    again = receiver.wait(2)[1]
    assert (again.id, again.body) == (letter["id"], receiver.letters[0].body)
    until(lambda: http.get(place).json()["state"] == "delivered")
    assert dead(http, webhook=new["id"]) == []
    http.delete(f"/v1/webhooks/{new['id']}")
    assert http.post(f"{place}/redeliver").status_code == 404


def test_a_new_secret_signs_beside_the_old(http: httpx.Client, receiver: Receiver) -> None:
    new = made(http, receiver.url, owner="own-4")
    turned = http.post(f"/v1/webhooks/{new['id']}/rotate").json()
    mine = http.post(f"/v1/webhooks/{new['id']}/rotate", json={"secret": new["secret"]}).json()
    assert (turned["secret"] != new["secret"], mine["secret"]) == (True, new["secret"])
    http.post("/v1/jobs?wait=10", json={**GREET, "owner": "own-4"})
    letter = receiver.wait(1)[0]
    assert letter.verified(turned["secret"]) == letter.verified(new["secret"])
    http.delete(f"/v1/webhooks/{new['id']}")


def test_deliveries_come_in_pages(http: httpx.Client, receiver: Receiver) -> None:
    new = made(http, receiver.url, owner="own-5")
    jobs = [http.post("/v1/jobs?wait=10", json={**GREET, "owner": "own-5"}).json()["id"] for _ in range(5)]
    seen, cursor = [], None
    while True:
        query = {"limit": "2", **({"cursor": cursor} if cursor else {})}
        page = http.get(f"/v1/webhooks/{new['id']}/deliveries", params=query).json()
        seen += [item["job"] for item in page["items"]]
        if (cursor := page["next_cursor"]) is None:
            break
    assert seen == jobs[::-1]
    http.delete(f"/v1/webhooks/{new['id']}")


@pytest.mark.parametrize("url", ["http://10.0.0.1/", "http://[::1]/", "http://169.254.169.254/", "http://2130706434.1/", "x"])
def test_a_url_of_the_inside_is_refused_when_it_is_given(http: httpx.Client, url: str) -> None:
    there = made(http, "https://receiver.example/")["id"]
    answers = [
        http.post("/v1/webhooks", json={"url": url}),
        http.patch(f"/v1/webhooks/{there}", json={"url": url}),
        http.post("/v1/jobs", json={**GREET, "webhook": url}),
    ]
    http.delete(f"/v1/webhooks/{there}")
    if url.endswith(".1/"):  # a name like any other, as far as can be seen before it is looked up
        return
    assert [answer.status_code for answer in answers] == [422] * 3
    assert [answer.json()["errors"][0]["pointer"] for answer in answers] == ["/url", "/url", "/webhook"]


@pytest.mark.parametrize("query", ["state=lost", "limit=0", "limit=many"])
def test_a_question_that_makes_no_sense_is_400(http: httpx.Client, query: str) -> None:
    assert http.get(f"/v1/webhooks/deliveries?{query}").status_code == 400
    assert http.get("/v1/webhooks/deliveries/nobody").status_code == 404
    assert http.get("/v1/webhooks/nobody/deliveries").status_code == 404
