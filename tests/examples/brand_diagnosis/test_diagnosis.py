"""Whole diagnoses by a server in a process of its own, watched over HTTP as users do."""

import json
import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from support.following import follow
from support.forked import Forked

ROOT = Path(__file__).parents[3]
ASKED = {"brand": "Frame", "competitors": ["Loop", "Absent"], "question": "Which web framework for asyncio?"}


class Served:
    """A server process and a client of it. What it says is kept in `log`."""

    def __init__(self, store: Path, log: Path, **env: str) -> None:
        with closing(socket.create_server(("127.0.0.1", 0))) as closed_soon:
            port = closed_soon.getsockname()[1]
        command = ["serve", "examples.brand_diagnosis.app:app", "--port", str(port), "--store", f"sqlite:///{store}"]
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("BRAND_", "JINDU_", "LOCAL_PLATFORM_"))
        }
        self._log = log.open("wb")
        env = {**kept, "LOCAL_PLATFORM_TOKENS_PER_SECOND": "2000", **env}
        self.process = Forked(command, env=env, cwd=ROOT, said=self._log)
        # Retries are of the connection alone, with growing waits: until the server listens.
        self.http = httpx.Client(
            base_url=f"http://127.0.0.1:{port}", transport=httpx.HTTPTransport(retries=7), trust_env=False, timeout=40
        )

    def ready(self) -> None:
        try:
            assert self.http.get("/readyz").status_code == 200
        except httpx.ConnectError:
            pytest.fail(f"the server did not start: {Path(self._log.name).read_text()}")

    def submit(self, **params: Any) -> str:
        answered = self.http.post("/v1/jobs", json={"type": "diagnose", "params": params})
        assert answered.status_code == 202, answered.text
        return answered.json()["id"]

    def follow(self, job: str) -> Iterator[dict[str, Any]]:
        return follow(self.http, job)

    def ended(self, job: str) -> dict[str, Any]:
        return list(self.follow(job))[-1]

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        self.http.close()
        self.process.send_signal(how)
        self.process.wait(30)
        self._log.close()


@pytest.fixture
def serve(tmp_path: Path) -> Callable[..., Any]:
    """Context managers of servers that share one store, one after the other."""

    @contextmanager
    def serve(how: signal.Signals = signal.SIGTERM, *, ready: bool = True, **env: str) -> Iterator[Served]:
        with ExitStack() as after:
            served = Served(tmp_path / "jobs.db", tmp_path / "server.log", **env)
            after.callback(served.stop, how)
            if ready:
                served.ready()
            yield served

    return serve


def platforms(*entries: tuple[str, str, str]) -> str:
    return json.dumps([{"name": name, "base_url": url, "model": model} for name, url, model in entries])


def refused_url() -> str:
    with closing(socket.create_server(("127.0.0.1", 0))) as closed_soon:
        return f"http://127.0.0.1:{closed_soon.getsockname()[1]}/v1"


def test_without_settings_the_demo_runs_to_its_end(serve) -> None:
    from examples.brand_diagnosis.app import demo_params

    with serve(LOCAL_PLATFORM_TOKENS_PER_SECOND="150") as served:  # slow enough to be seen moving
        snapshots = list(served.follow(served.submit(**demo_params())))
    last = snapshots[-1]
    assert last["status"] == "completed", last
    result = last["result"]
    assert list(result) == ["brand", "question", "platforms", "ranking", "sources", "summary"]
    assert [entry["ok"] for entry in result["platforms"]] == [True, True, True]
    assert [row["brand"] for row in result["ranking"] if row["own"]] == ["starlette"]
    assert {"fastapi", "django", "flask", "aiohttp"} <= {row["brand"] for row in result["ranking"]}
    assert result["sources"]
    assert {kept["key"] for kept in last["partial"]} == {"Local BM25", "Local Summaries", "Local Classifiers"}
    assert len(json.dumps(result).encode()) < 32 * 1024
    moved = [snapshot["progress"] for snapshot in snapshots]
    assert moved == sorted(moved)
    assert len(set(moved)) > 3


def test_one_platform_down_leaves_a_smaller_result(serve, start_platform) -> None:
    good = start_platform().base_url
    with serve(BRAND_PLATFORMS=platforms(("Good", good, "local-bm25"), ("Down", refused_url(), "any"))) as served:
        last = served.ended(served.submit(**ASKED))
    assert last["status"] == "completed", last
    good_entry, down_entry = last["result"]["platforms"]
    assert good_entry == {"name": "Good", "model": "local-bm25", "ok": True}
    assert down_entry["ok"] is False
    assert down_entry["error"]["code"] == "NETWORK_ERROR"
    assert down_entry["error"]["action_text"] == {"zh": "重试", "en": "Try again"}
    assert [(row["brand"], row["rank"]) for row in last["result"]["ranking"]] == [("Frame", 1), ("Loop", 2), ("Absent", None)]
    assert "Down" in last["result"]["summary"]["en"]
    assert {kept["key"] for kept in last["partial"]} == {"Good", "Down#1"}


def test_another_platform_stands_in(serve, start_platform) -> None:
    broke, good = start_platform(fail_status=402).base_url, start_platform().base_url
    with serve(BRAND_PLATFORMS=platforms(("Broke", broke, "local-bm25"), ("Spare", good, "local-bm25"))) as served:
        last = served.ended(served.submit(**ASKED, platforms=["broke"]))
    assert last["status"] == "completed", last
    assert [(entry["name"], entry["ok"]) for entry in last["result"]["platforms"]] == [("Broke", False), ("Spare", True)]
    assert last["result"]["platforms"][0]["error"]["code"] == "AI_QUOTA_EXHAUSTED"
    assert next(kept for kept in last["partial"] if kept["key"] == "Spare")["data"]["instead_of"] == "Broke"


def test_nobody_answers(serve, start_platform) -> None:
    with serve(BRAND_PLATFORMS=platforms(("Broke", start_platform(fail_status=402).base_url, "local-bm25"))) as served:
        last = served.ended(served.submit(**ASKED))
    assert (last["status"], last["error"]["code"], last["error"]["action"]) == ("failed", "DIAGNOSIS_FAILED", "view_partial")
    assert [kept["key"] for kept in last["partial"]] == ["Broke#1"]


def test_no_key_is_seen_anywhere(serve, start_platform, tmp_path: Path) -> None:
    key = "sk-a-very-secret-key"
    right, wrong = start_platform(api_key=key).base_url, start_platform(api_key="sk-another-key").base_url
    entries = [
        {"name": name, "base_url": url, "model": "local-bm25", "api_key": key}
        for name, url in (("Right", right), ("Wrong", wrong))
    ]
    with serve(BRAND_PLATFORMS=json.dumps(entries)) as served:
        job = served.submit(**ASKED)
        last = served.ended(job)
    assert [entry["ok"] for entry in last["result"]["platforms"]] == [True, False]
    assert key not in json.dumps(last)
    kept = [file for file in tmp_path.iterdir() if file.is_file()]
    assert {"jobs.db", "server.log"} <= {file.name for file in kept}
    assert all(key.encode() not in file.read_bytes() for file in kept)


def test_out_of_time(serve, start_platform) -> None:
    silent = start_platform(silent_after=2).base_url
    good = start_platform().base_url
    entries = platforms(("Good", good, "local-bm25"), ("Silent", silent, "local-bm25"))
    with serve(BRAND_PLATFORMS=entries, BRAND_TIMEOUT="0.5") as served:
        last = served.ended(served.submit(**ASKED))
    assert (last["status"], last["error"]["code"]) == ("failed", "DIAGNOSIS_TIMEOUT")
    assert [kept["key"] for kept in last["partial"]] == ["Good"]


def test_bad_parameters_are_refused_at_once(serve) -> None:
    with serve() as served:
        for params in ({}, {"brand": " "}, {"brand": "x", "competitors": [""]}, {"brand": "x", "models": []}):
            answered = served.http.post("/v1/jobs", json={"type": "diagnose", "params": params})
            assert answered.status_code == 422
        last = served.ended(served.submit(brand="x", platforms=["nobody"]))
    assert last["error"]["code"] == "INVALID_PARAMS"


def test_after_a_kill_an_answered_platform_is_not_asked_again(serve, start_platform) -> None:
    good, silent = start_platform(), start_platform(silent_after=2)
    entries = (("Good", good.base_url, "local-bm25"), ("Slow", silent.base_url, "local-bm25"))
    with serve(how=signal.SIGKILL, BRAND_PLATFORMS=platforms(*entries)) as served:
        job = served.submit(**ASKED)
        next(snapshot for snapshot in served.follow(job) if snapshot["results"] == 1)
    good.stop()  # were it asked again, its answer would be missing
    entries = (("Good", good.base_url, "local-bm25"), ("Slow", start_platform().base_url, "local-bm25"))
    with serve(BRAND_PLATFORMS=platforms(*entries)) as served:
        last = served.ended(job)
    assert last["status"] == "completed", last
    assert [(entry["name"], entry["ok"]) for entry in last["result"]["platforms"]] == [("Good", True), ("Slow", True)]
    assert {kept["key"] for kept in last["partial"]} == {"Good", "Slow"}


@pytest.mark.parametrize("variable", ["BRAND_PLATFORMS", "BRAND_TIMEOUT"])
def test_a_wrong_setting_stops_the_start(serve, tmp_path: Path, variable: str) -> None:
    with serve(ready=False, **{variable: "[wrong"}) as served:
        assert served.process.wait(30) != 0
    assert variable in (tmp_path / "server.log").read_text()
