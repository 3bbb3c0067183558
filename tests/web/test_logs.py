"""The log holds no credential, wherever one was put (RELIABILITY trap 3)."""

import logging
import re
from pathlib import Path

import httpx
import pytest

from jindu.core.current import current_job
from jindu.core.scrub import scrub
from jindu.settings import Settings
from jindu.web.logs import Filed, NoLogFile, Scrubbed, make_log_folder, of_job
from support.server import ServerProcess

KEY = "jk_0123456789abcdef_ZgC4qIJS4BeEFIPwk88864P1ZDWjlwaM2O4ewZRx7d4"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJqb2I6MDEifQ.dGhpcy1pcy1hLXNpZ25hdHVyZQ"


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        (f"GET /v1/ws?ticket={JWT}&x=1", "GET /v1/ws?ticket=***&x=1"),
        ("GET /v1/ws?x=1&TOKEN=plain", "GET /v1/ws?x=1&TOKEN=***"),
        (f"bearer {KEY}, again {JWT}.", "bearer ***, again ***."),
        (f"/v1/jobs/{KEY}", "/v1/jobs/***"),
        ("job_key=5 was kept; 3 tokens", "job_key=5 was kept; 3 tokens"),
        ("connection open", "connection open"),
    ],
)
def test_what_is_left_of_a_line(said: str, kept: str) -> None:
    assert scrub(said) == kept


def test_arguments_of_a_record_are_looked_at() -> None:
    record = logging.LogRecord(
        "uvicorn", logging.INFO, "x.py", 1, '%s - "WebSocket %s" [accepted]', ("::1", f"/?ticket={JWT}"), None
    )
    assert Scrubbed("%(message)s").format(record) == '::1 - "WebSocket /?***" [accepted]'
    plain = logging.LogRecord("uvicorn", logging.INFO, "x.py", 1, "%d jobs", (3,), None)
    assert Scrubbed("%(message)s").format(plain) == "3 jobs"


# Lines of jobs, and the file (REQUIREMENTS F9).


def test_a_line_of_a_job_carries_its_id_once() -> None:
    assert of_job("no job") == "no job"
    set_before = current_job.set("JOB1")
    try:
        assert of_job("said\nTraceback …") == "said [job JOB1]\nTraceback …"
        assert of_job("job JOB1 failed") == "job JOB1 failed"
        record = logging.LogRecord("a.b", logging.INFO, "x.py", 1, "token=%s", ("canary",), None)
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:]{8}\.\d{3} INFO a\.b: token=\*\*\* \[job JOB1\]", Filed().format(record))
    finally:
        current_job.reset(set_before)


def test_a_folder_that_cannot_be_made_is_told() -> None:
    with pytest.raises(NoLogFile, match=r"log file /proc/nowhere/app\.log cannot be written: .*setting log_file"):
        make_log_folder(Settings(log_file="/proc/nowhere/app.log"))


def test_the_file_has_the_lines_of_each_job_with_its_id_and_is_rotated(tmp_path: Path) -> None:
    file = tmp_path / "logs" / "app.log"
    env = {"JINDU_LOG_FILE": str(file), "JINDU_LOG_FILE_BYTES": "20000", "JINDU_LOG_FILES": "2"}
    with ServerProcess("web.logging_jobs:app", tmp_path, env=env) as server, httpx.Client(base_url=server.url) as http:
        made = {
            kind: http.post("/v1/jobs", params={"wait": 30}, json={"type": kind}).json()["id"] for kind in ("loops", "threads")
        }
        text = file.read_text()
        for kind, id in made.items():
            assert re.search(rf" WARNING web\.logging_jobs: {kind} says canary-line \[job {id}\]\n", text), text
        assert "canary-line" in server.said(), "and it is where it was before"
        for _ in range(3):
            http.post("/v1/jobs", params={"wait": 30}, json={"type": "talks"})
    assert sorted(path.name for path in file.parent.iterdir()) == ["app.log", "app.log.1", "app.log.2"]
    assert all(path.stat().st_size <= 20_000 for path in file.parent.iterdir())
