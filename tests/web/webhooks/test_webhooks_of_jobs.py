"""The webhook of a job: in each form it may be given, signed, told once the job has ended; what is refused."""

import base64
from typing import Any

import httpx
import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from support.receiver import Receiver

GREET = {"type": "greet", "params": {"name": "Ann"}}
MINE = "whsec_" + base64.b64encode(b"m" * 32).decode()


def test_a_url_alone_is_told_the_end_and_the_submit_the_secret(http: httpx.Client, receiver: Receiver) -> None:
    job = http.post("/v1/jobs", json={**GREET, "webhook": receiver.url, "tags": ["a"]}).json()
    [letter] = receiver.wait(1)
    said = letter.verified(job["webhook_secret"])
    assert (said["type"], said["data"]["id"], said["data"]["tags"]) == ("job.completed", job["id"], ["a"])
    assert said["data"]["result"] == {"greeting": "hello Ann"}
    assert said["timestamp"] == said["data"]["finished_at"] == http.get(f"/v1/jobs/{job['id']}").json()["finished_at"]
    assert letter.headers["content-type"] == "application/json"
    assert letter.id.startswith("msg_")
    with pytest.raises(WebhookVerificationError):
        letter.verified(MINE)
    with pytest.raises(WebhookVerificationError):
        Webhook(job["webhook_secret"]).verify(letter.body + b" ", letter.headers)


def test_an_object_with_a_secret_of_ones_own_and_chosen_ends(http: httpx.Client, receiver: Receiver) -> None:
    hook = {"url": receiver.url, "events": ["job.failed"], "secret": MINE}
    http.post("/v1/jobs?wait=10", json={**GREET, "webhook": hook})
    failed = http.post("/v1/jobs", json={"type": "half", "webhook": hook}).json()
    assert failed["webhook_secret"] == MINE
    [letter] = receiver.wait(1)
    said = letter.verified(MINE)
    assert (said["type"], said["data"]["id"], said["data"]["error"]["code"]) == ("job.failed", failed["id"], "DIAGNOSIS_FAILED")
    assert "canary" not in letter.body.decode()
    assert said["data"]["reached"] == 40


def test_a_cancelled_job_and_a_large_result(http: httpx.Client, receiver: Receiver) -> None:
    held = http.post("/v1/jobs", json={"type": "hold", "webhook": receiver.url}).json()
    http.post(f"/v1/jobs/{held['id']}/cancel")
    assert receiver.wait(1)[0].said["type"] == "job.cancelled"
    large = http.post("/v1/jobs", json={"type": "large", "webhook": receiver.url}).json()
    data = receiver.wait(2)[1].said["data"]
    assert (data["result_url"], "result" in data) == (f"/v1/jobs/{large['id']}/result", False)


def test_a_repeated_submit_tells_the_same_secret_and_the_end_is_told_once(http: httpx.Client, receiver: Receiver) -> None:
    asked, key = {**GREET, "webhook": receiver.url}, {"Idempotency-Key": "webhook-once"}
    first, again = (http.post("/v1/jobs?wait=10", json=asked, headers=key).json() for _ in range(2))
    assert (first["id"], first["webhook_secret"]) == (again["id"], again["webhook_secret"])
    other = http.post("/v1/jobs", json={**asked, "webhook": f"{receiver.url}/2"}, headers=key)
    assert (other.status_code, other.json()["code"]) == (422, "KEY_REUSED")
    http.post("/v1/jobs", json={**GREET, "webhook": f"{receiver.url}/last"})
    assert [letter.path for letter in receiver.wait(2)] == ["/hook", "/hook/last"]


def test_a_retry_by_hand_is_told_where_the_job_was(http: httpx.Client, receiver: Receiver) -> None:
    job = http.post("/v1/jobs?wait=10", json={"type": "half", "webhook": receiver.url}).json()
    new = http.post(f"/v1/jobs/{job['id']}/retry").json()
    letters = receiver.wait(2)
    assert [letter.said["data"]["id"] for letter in letters] == [job["id"], new["id"]]
    assert letters[1].verified(job["webhook_secret"])


def test_jobs_of_a_batch_have_their_own(http: httpx.Client, receiver: Receiver) -> None:
    jobs = [
        {**GREET, "webhook": {"url": receiver.url, "secret": MINE}},
        GREET,
        {**GREET, "webhook": "http://127.0.0.1:1\u0000/"},
    ]
    batch = http.post("/v1/batches", json={"jobs": jobs}).json()
    assert [one["index"] for one in batch["rejected"]] == [2]
    [letter] = receiver.wait(1)
    assert letter.verified(MINE)["data"]["batch"] == batch["id"]


@pytest.mark.parametrize(
    "wrong",
    [
        "ftp://example.com/", "example.com", "http://", "http://ann:secret@example.com/", "", 5, "http://exa mple.com/",
        {"url": "http://example.com/", "events": []}, {"url": "http://example.com/", "events": ["job.begun"]},
        {"url": "http://example.com/", "secret": "whsec_c2hvcnQ="}, {"url": "http://example.com/", "secret": "plain"}, {},
        {"url": "http://example.com/", "more": 1}, "http://example.com/" + "x" * 2_000, "http://[::1", "http://a:99999/",
    ],
)  # fmt: skip
def test_what_is_no_webhook_is_422_with_a_pointer(http: httpx.Client, wrong: Any) -> None:
    answer = http.post("/v1/jobs", json={**GREET, "webhook": wrong})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"].startswith("/webhook")
