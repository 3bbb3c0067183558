"""`jindu demo`: the work around the diagnosis is real, one of it fails kindly, and Ctrl+C ends all of it."""

import hashlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import examples.demo.app as demo
import httpx

from jindu.testing import Trial
from support.server import CODE, ROOT, free_port

START_WITHIN = 60.0


def test_the_checksums_are_those_of_the_files() -> None:
    result = Trial(demo.checksums).run(package="json", most=3).result
    paths = sorted((demo.LIBRARY / "json").rglob("*.py"))[:3]
    assert result["files"] == {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def test_words_are_counted() -> None:
    words = Trial(demo.count_words).run(package="json", most=5).result
    assert len(words) == 5
    assert "object" in words


def test_nobody_answers_and_that_is_said_kindly() -> None:
    story = Trial(demo.ask_neighbour).run()
    assert story.code == "NETWORK_ERROR"
    assert story.error is not None
    assert story.error["action"] == "retry"


def test_the_demo_shows_several_types_and_ends_with_its_terminal(tmp_path: Path) -> None:
    port = free_port()
    command = [sys.executable, "-m", "jindu", "demo", "--port", str(port), "--store", f"sqlite:///{tmp_path}/demo.db"]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, CODE)), "LANG": "en_GB.UTF-8"}
    with (tmp_path / "said").open("w+") as said:
        # A terminal sends its Ctrl+C to all of the group.
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=said, stderr=said, start_new_session=True)
        try:
            seen = waited_for(port, process)
            os.killpg(process.pid, signal.SIGINT)
            assert process.wait(60) == 130, "the diagnosis was still being watched"
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        said.seek(0)
        told = said.read()
    assert {"diagnose", "checksums", "count_words", "ask_neighbour"} <= {job["type"] for job in seen}
    [failed] = [job for job in seen if job["status"] == "failed"]
    assert (failed["type"], failed["error"]["title"]["en"]) == ("ask_neighbour", "Network connection failed")
    assert "Asking AI platforms" in told
    assert "Traceback" not in told


def waited_for(port: int, process: subprocess.Popen[bytes]) -> list[dict[str, object]]:
    """The jobs, once the diagnosis moves and one has failed."""
    deadline = time.monotonic() + START_WITHIN
    with httpx.Client(base_url=f"http://127.0.0.1:{port}") as http:
        while time.monotonic() < deadline and process.poll() is None:
            try:
                jobs = http.get("/v1/jobs").json()["items"]
            except httpx.TransportError:
                jobs = []
            moving = [job for job in jobs if job["type"] == "diagnose" and job["progress"] > 0]
            if moving and any(job["status"] == "failed" for job in jobs):
                return list(jobs)
            time.sleep(0.1)
    raise AssertionError("the demo did not come to show its jobs")
