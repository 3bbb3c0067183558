"""Row G10: tables, accounts, tasks of every kind and end, and whole workflows, against real servers and platforms."""

import json
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from examples.content_hub.database import Database
from examples.content_hub.writing import cover_image, divided, review, verdict

from jindu.core.hook import new_secret
from support.fixtures import play, wait
from support.following import until_status
from support.receiver import Receiver

ASKED = {"account_id": 1, "topic": "web framework asyncio", "keywords": ["asyncio"]}
TASKS = "/api/v1/content/tasks"


def submit(http: httpx.Client, **changes: Any) -> str:
    answer = http.post("/api/v1/content/generate/async", json={**ASKED, **changes})
    assert answer.status_code == 200, answer.text
    assert answer.json()["status"] == "pending"
    return str(answer.json()["task_id"])


def ended(http: httpx.Client, task_id: str) -> dict[str, Any]:
    return wait(http, f"{TASKS}/{task_id}")


def started(http: httpx.Client, task_id: str) -> None:
    until_status(http, http.get(f"{TASKS}/{task_id}").json()["job_id"], "running")


def test_requests_of_old_clients_are_answered_as_they_know_it(serve, start_platform) -> None:
    with serve(start_platform().base_url) as (_, http):
        play(http, "content_hub")


# Tables and accounts.


def test_the_tables(tmp_path: Path) -> None:
    database = Database(tmp_path / "c.db")
    assert database.accounts() == [{"id": 1, "name": "default"}]
    assert database.add_account("shop") == database.add_account("shop") == {"id": 2, "name": "shop"}
    assert (database.has_account(2), database.has_account(3)) == (True, False)
    rows = sqlite3.connect(tmp_path / "c.db")
    columns = [row[1] for row in rows.execute("PRAGMA table_info(content)")]
    rows.close()
    assert columns == [
        "task_id", "account_id", "title", "body", "cover_image", "review_status", "review", "created_at",
    ]  # fmt: skip


def test_a_content_is_kept_replaced_and_removed(tmp_path: Path) -> None:
    database = Database(tmp_path / "c.db")
    content: dict[str, Any] = {"task_id": "t", "account_id": 1, "title": "T", "body": "B", "cover_image": "data:"}
    content |= {"review_status": "approved", "review": {"score": 100, "passed": True, "reasons": []}}
    database.keep(content)
    database.keep({**content, "title": "T2"})
    found = database.content("t")
    assert found is not None
    assert (found["title"], found["review"]["score"]) == ("T2", 100)
    database.remove("t")
    assert database.content("t") is None
    with pytest.raises(sqlite3.IntegrityError):
        database.keep({**content, "account_id": 99})


# Writing and review.


def test_title_body_and_cover() -> None:
    assert divided("# A title\n\nThe body.", "topic") == ("A title", "The body.")
    assert divided("1. first\n2. second", "topic") == ("topic", "1. first\n2. second")
    assert divided("one line", "topic") == ("topic", "one line")
    assert cover_image("<x>") == cover_image("<x>") != cover_image("y")


@pytest.mark.parametrize(
    ("body", "keywords", "auto_approve", "told"),
    [
        ("words about asyncio, " * 5, ["asyncio"], True, "approved"),
        ("words about asyncio, " * 5, ["asyncio"], False, "pending_review"),
        ("words about asyncio, " * 5, ["other", "asyncio"], True, "approved"),
        ("lorem ipsum " * 10, [], True, "rejected"),
        ("short", [], True, "rejected"),
    ],
)
def test_the_review(body: str, keywords: list[str], auto_approve: bool, told: str) -> None:
    assert verdict(review("title", body, keywords), auto_approve=auto_approve) == told


# Tasks.


def test_the_higher_priority_goes_first_whoever_came_first(serve, start_platform) -> None:
    slow, env = start_platform(tokens_per_second=40).base_url, {"ASYNC_MAX_CONCURRENT_TASKS": "1"}
    with serve(slow, **env) as (_, http):
        first = submit(http)
        started(http, first)
        low, high = submit(http, priority=1), submit(http, priority=9)
        ended(http, high)
        assert http.get(f"{TASKS}/{low}").json()["status"] in ("pending", "running")
        assert ended(http, low)["status"] == "completed"


def test_another_platform_stands_in_and_an_empty_answer_fails_kindly(serve, start_platform) -> None:
    broke, good = start_platform(fail_status=402).base_url, start_platform().base_url
    with serve(broke, good) as (_, http):
        assert ended(http, submit(http))["result"]["platform"] == "Spare"
    empty = start_platform(hang_up_after=0).base_url
    with serve(empty) as (_, http):
        failed = ended(http, submit(http))
        assert (failed["status"], failed["result"]) == ("failed", None)
        assert failed["error"]


def test_a_retry_keeps_the_id_and_recovers(serve, start_platform) -> None:
    with serve(start_platform(fail_status=402).base_url) as (_, http):
        task_id = submit(http)
        assert ended(http, task_id)["status"] == "failed"
        assert http.get(f"{TASKS}/stats").json()["success_rate"] == 0.0
    # The platform is repaired, the server was started anew.
    with serve(start_platform().base_url) as (_, http):
        again = http.post(f"{TASKS}/{task_id}/retry")
        assert (again.status_code, again.json()["task_id"]) == (200, task_id)
        assert ended(http, task_id)["status"] == "completed"
        told = http.get(TASKS).json()
        assert (told["total"], told["items"][0]["task_id"], told["items"][0]["status"]) == (1, task_id, "completed")
        assert http.get(f"{TASKS}/stats").json()["by_status"]["failed"] == 0
        assert http.delete(f"{TASKS}/cleanup?days=0").json()["deleted"] == 1
        assert http.get(f"{TASKS}/{task_id}").status_code == 404


def test_a_running_one_is_cancelled(serve, start_platform) -> None:
    with serve(start_platform(silent_after=1).base_url) as (_, http):
        task_id = submit(http)
        started(http, task_id)
        assert http.post(f"{TASKS}/{task_id}/cancel").status_code == 200
        told = ended(http, task_id)
        assert told["status"] == "cancelled"
        assert 0 < (told["poll_after"] or 1) <= 30


def test_many_at_once(serve, start_platform) -> None:
    with serve(start_platform().base_url) as (_, http), ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda _: submit(http), range(24)))
        assert len(set(made)) == 24
        assert {ended(http, task_id)["status"] for task_id in made} == {"completed"}
        assert http.get(f"{TASKS}?limit=5").json()["total"] == 24


def test_the_end_is_told_to_the_callback_signed(serve, start_platform) -> None:
    secret = new_secret()
    env = {"JINDU_WEBHOOK_NETWORKS": "127.0.0.0/8", "CONTENT_WEBHOOK_SECRET": secret}
    with Receiver() as receiver, serve(start_platform().base_url, **env) as (_, http):
        task_id = submit(http, callback_url=receiver.url)
        told = receiver.wait(1)[0].verified(secret)
        assert told["type"] == "job.completed"
        assert task_id in json.dumps(told)
        bad = http.post("/api/v1/content/generate/async", json={**ASKED, "callback_url": "ftp://example"})
        assert (bad.status_code, list(bad.json())) == (400, ["error"])


def test_where_keys_exist_one_is_needed_and_owners_are_apart(serve, start_platform) -> None:
    with serve(start_platform().base_url) as (server, http):
        admin = http.post("/v1/keys", json={"name": "a", "scopes": ["submit", "watch", "operate"]}).json()["key"]
        assert http.get(TASKS).status_code == 401
        assert http.post("/api/v1/content/generate/async", json=ASKED).status_code == 401
        root = httpx.Client(base_url=server.url, headers={"Authorization": f"Bearer {admin}"}, timeout=30)
        clients = []
        for owner in ("ann", "bob"):
            body = {"name": owner, "scopes": ["submit", "watch"], "owner": owner}
            key = root.post("/v1/keys", json=body).json()["key"]
            clients.append(httpx.Client(base_url=server.url, headers={"Authorization": f"Bearer {key}"}, timeout=30))
        ann, bob = clients
        task_id = submit(ann)
        assert ended(ann, task_id)["status"] == "completed"
        assert bob.get(f"{TASKS}/{task_id}").status_code == 404
        assert bob.get(TASKS).json()["total"] == 0
        assert (ann.get(TASKS).json()["total"], root.get(TASKS).json()["total"]) == (1, 1)
        for client in (root, *clients):
            client.close()
