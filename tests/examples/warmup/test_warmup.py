"""The warm-up: communities, posts, feedback and the report, against a server process; the script beside it."""

import asyncio
import importlib
import json
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from examples.warmup.database import MIGRATIONS, Database
from examples.warmup.feeds import FeedError, parsed
from jsonschema import Draft202012Validator

from support.following import follow
from support.server import ROOT, ForkedServer, free_port

FEEDS = ROOT / "examples" / "warmup" / "feeds"
SCHEMA = json.loads((ROOT / "server" / "jindu" / "monitor" / "warmup-report.schema.json").read_text())
SECTIONS = ("warmup_period", "community_pool", "cache_metrics", "api_usage", "user_testing", "system_performance")


@pytest.fixture
def feeds() -> Iterator[str]:
    """The shipped feeds over HTTP."""

    class Handler(SimpleHTTPRequestHandler):
        def __init__(self, *args: Any, **more: Any) -> None:
            super().__init__(*args, directory=str(FEEDS), **more)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[ForkedServer, httpx.Client]]:
    env = {"WARMUP_DB": str(tmp_path / "warmup.db"), "WARMUP_EVERY": "1d"}
    with (
        ForkedServer("examples.warmup.app:app", tmp_path, env=env) as server,
        httpx.Client(base_url=server.url, timeout=30) as http,
    ):
        yield server, http


def warmed(http: httpx.Client) -> Any:
    task_id = http.post("/api/v1/communities/warm").json()["task_id"]
    return list(follow(http, task_id))[-1]["result"]


def test_the_pool_is_warmed_and_the_report_tells(served: tuple[ForkedServer, httpx.Client], feeds: str) -> None:
    server, http = served
    for name, feed, members in (("python", str(FEEDS / "python.xml"), 40), ("web", f"{feeds}/web.xml", 2)):
        assert http.post("/api/v1/communities", json={"name": name, "feed": feed, "members": 1}).status_code == 201
        assert http.post("/api/v1/communities", json={"name": name, "feed": feed, "members": members}).status_code == 201
    http.post("/api/v1/communities", json={"name": "gone", "feed": f"{feeds}/nothing.xml"})
    assert http.get("/api/v1/communities").json()["total"] == 3
    assert warmed(http) == {"communities": 3, "warmed": 2, "failed": ["gone"]}
    posts = http.get("/api/v1/communities/web/posts").json()
    assert posts == {"total": 1, "items": [{"title": "Sockets that come back", "link": "https://web.example/1"}]}
    assert http.get("/api/v1/communities/gone/posts").status_code == 502
    assert http.get("/api/v1/communities/nobody/posts").status_code == 404

    for tester, rating in (("ann", 5), ("ann", 4), ("bob", 3)):
        assert http.post("/api/v1/beta/feedback", json={"tester": tester, "rating": rating}).status_code == 201
    assert http.post("/api/v1/beta/feedback", json={"tester": "ann", "rating": 6}).status_code == 422
    assert http.get("/api/v1/beta/feedback").json()["total"] == 3

    report = http.get("/v1/report").json()
    Draft202012Validator(SCHEMA).validate(report)
    assert report["missing"] == []
    assert report["community_pool"] == {"communities": 3, "active": 2, "members": 42}
    assert report["user_testing"] == {"testers": 2, "feedback": 3, "average_rating": 4.0}
    assert report["warmup_period"]["started_at"]
    assert report["cache_metrics"]["hits"] == 1
    assert report["api_usage"]["requests"] > 10
    assert report["api_usage"]["avg_latency_ms"] > 0
    assert report["system_performance"]["completed"] >= 1  # the schedule may have fallen due too
    assert {entry["type"] for entry in http.get("/v1/schedules").json()["items"]} == {"warm_up", "warmup_report"}

    env = {"JINDU_URL": server.url, "PATH": ""}
    folder = server.log.parent / "reports"
    script = [sys.executable, str(ROOT / "examples" / "warmup" / "generate_warmup_report.py"), "--folder", str(folder)]
    done = subprocess.run(script, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    saved = json.loads((folder / "warmup-report.json").read_text())
    assert (saved["missing"], saved["community_pool"]["members"]) == ([], 42)
    assert len(list((folder / "archive").iterdir())) == 1


# The script, without a server.


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("JINDU_URL", f"http://127.0.0.1:{free_port()}")
    return importlib.import_module("examples.warmup.generate_warmup_report")


def test_a_server_that_is_down_is_named_as_missing(script: Any) -> None:
    report = script.build_report()
    Draft202012Validator(SCHEMA).validate(report)
    assert report["missing"] == list(SECTIONS)


async def test_both_ways_work_while_a_loop_runs_and_what_is_given_is_used(script: Any) -> None:
    assert script.build_report()["missing"] == list(SECTIONS)
    given = {"community_pool": {"communities": 3, "active": 2, "members": 41}}
    report = await script.build_report_async(given)
    assert report["community_pool"] == given["community_pool"]
    assert "community_pool" not in report["missing"]
    assert (await script.build_report_async(None))["missing"] == list(SECTIONS)
    await asyncio.sleep(0)


# Tables and feeds.


def test_tables_come_by_migration_also_from_the_version_before(tmp_path: Path) -> None:
    old = sqlite3.connect(tmp_path / "w.db")
    old.execute(MIGRATIONS[0])
    old.execute("INSERT INTO community (name, feed) VALUES ('old', 'x')")
    old.execute("PRAGMA user_version = 1")
    old.commit()
    old.close()
    database = Database(tmp_path / "w.db")
    assert database.add_feedback("ann", 5, "") == 1
    database.add_community("old", "y", 7)
    assert [(one["name"], one["feed"], one["members"]) for one in database.communities()] == [("old", "y", 7)]
    assert Database(tmp_path / "new.db").testing() == {"testers": 0, "feedback": 0, "average_rating": 0.0}


@pytest.mark.parametrize("text", [b"", b"<html/>", b"<!DOCTYPE rss [<!ENTITY a 'b'>]><rss/>", b"<rss>"])
def test_what_is_no_feed_is_refused(text: bytes) -> None:
    with pytest.raises(FeedError):
        parsed(text)
