"""The small examples: polling with curl, a FastAPI application around Jindu."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from support.server import CODE, ROOT, ForkedServer, free_port, wait_ready

QUICK = {"parcels": 5, "pause": 0.01}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ForkedServer]:
    with ForkedServer("examples.browser.app:app", tmp_path_factory.mktemp("parcels")) as process:
        yield process


def shell(script: str, server: ForkedServer, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(ROOT / "examples" / "polling" / script), *arguments]
    env = {**os.environ, "JINDU_URL": server.url}
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False)


def test_curl_submits_and_follows_to_the_result(server: ForkedServer) -> None:
    done = shell("watch.sh", server, "send_parcels", json.dumps(QUICK))
    assert done.returncode == 0, done.stderr
    job_id, *changes, result = done.stdout.splitlines()
    assert changes[-1] == "completed completed 100.0 %"
    assert json.loads(result) == {"sent": 5}
    simple = shell("simple.sh", server, job_id)
    assert (simple.returncode, simple.stdout.split()[0]) == (0, "completed")


def test_curl_tells_a_failure_and_a_refusal(server: ForkedServer) -> None:
    failed = shell("watch.sh", server, "send_parcels", json.dumps({**QUICK, "lost": 2}))
    assert (failed.returncode, failed.stderr.strip()) == (1, "NETWORK_ERROR")
    assert shell("simple.sh", server, failed.stdout.splitlines()[0]).returncode == 1
    refused = shell("watch.sh", server, "nobody")
    assert refused.returncode == 1
    assert "refused" in refused.stderr


@pytest.fixture
def api(tmp_path: Path) -> Iterator[str]:
    """The FastAPI application, served by uvicorn."""
    port = free_port()
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, CODE)), "JINDU_STORE": f"sqlite:///{tmp_path}/jindu.db"}
    command = [sys.executable, "-m", "uvicorn", "examples.fastapi_mount.main:api", "--port", str(port)]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=log, stderr=log)
    url = f"http://127.0.0.1:{port}"
    wait_ready(process, f"http://127.0.0.1:{port}", (tmp_path / "log").read_text, "/jobs/readyz")
    yield url
    process.terminate()
    process.wait(60)


def test_jindu_inside_fastapi(api: str) -> None:
    assert httpx.post(f"{api}/exports", json={"rows": 0}).status_code == 422
    made = httpx.post(f"{api}/exports", json={"rows": 20})
    assert made.status_code == 202, made.text
    job_id = made.json()["id"]
    kinds = []
    with httpx.stream("GET", f"{api}{made.json()['watch']}", timeout=30) as answer:
        for line in answer.iter_lines():
            if line.startswith("data: "):
                told = json.loads(line.removeprefix("data: "))
                kinds += [frame["type"] for frame in (told if isinstance(told, list) else [told])]
    assert "complete" in kinds
    assert httpx.get(f"{api}/exports/{job_id}").json() == {"status": "completed", "progress": 100, "result": {"rows": 20}}
    assert httpx.get(f"{api}/exports/nobody").status_code == 404
    assert httpx.get(f"{api}/openapi.json").json()["info"]["title"] == "Shop"
