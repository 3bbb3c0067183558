"""The routes of the calibration as its clients use them, and the script over torrent files, by real processes."""

import hashlib
import statistics
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import bencodepy
import httpx
import pytest

from support.fixtures import play, wait
from support.following import until_status
from support.server import ROOT, ForkedServer

APP = "examples.calibration.app:app"
FOLDER = ROOT / "examples" / "calibration"
SLOW = f"{sys.executable} -c 'import time; time.sleep(3600)'"
LICENSE = "60b136fbd044ba0df6708703b302d91942bf0a05"


@contextmanager
def served(folder: Path, **env: str) -> Iterator[tuple[ForkedServer, httpx.Client]]:
    env = {"CALIBRATION_NOTES": str(folder / "notes.db"), "JINDU_GRACE": "0", **env}
    with ForkedServer(APP, folder, env=env) as server, httpx.Client(base_url=server.url, timeout=60) as http:
        yield server, http
        server.stop()  # not killed: the scripts that still run end with it


def submit(http: httpx.Client, info_hash: str = "abc") -> str:
    answer = http.post("/api/calibrate/async", json={"info_hash": info_hash})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["task_id"])


def status(http: httpx.Client, task_id: str) -> dict[str, Any]:
    answer = http.get(f"/api/calibrate/status/{task_id}")
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def test_requests_of_old_clients_are_answered_as_they_know_it(tmp_path: Path) -> None:
    with served(tmp_path) as (_, http):
        kept = play(http, "calibration", license=LICENSE)
        assert str(uuid.UUID(kept["by_hash"])) == kept["by_hash"]
    # Results are kept an hour, over a restart too.
    with served(tmp_path) as (_, http):
        assert status(http, kept["by_hash"])["result"] == "Jindu LICENSE"


def test_a_script_that_takes_too_long_is_ended_and_told_as_of_old(tmp_path: Path) -> None:
    with served(tmp_path, CALIBRATION_SCRIPT=SLOW, CALIBRATION_TIMEOUT="0.5") as (_, http):
        task_id = submit(http)
        wait(http, f"/api/calibrate/status/{task_id}")
        assert status(http, task_id) == {
            "success": True, "task_id": task_id, "status": "failed", "info_hash": "abc", "error": "校准超时（0.5秒）",
        }  # fmt: skip
        http.post("/api/notes", json={"info_hash": "abc"})
        late = http.post("/api/calibrate/1")
        assert (late.status_code, late.json()) == (504, {"success": False, "error": "校准超时（0.5秒）"})


def test_the_usual_limit_is_thirty_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    from examples.calibration.app import app

    assert app.errors.body("CALIBRATION_TIMEOUT")["message"]["zh"] == "校准超时（30秒）"
    assert (app.registry.get("calibrate").concurrency, app.registry.get("calibrate").keep_for) == (5, 3600)  # type: ignore[union-attr]


def test_five_run_the_sixth_waits_and_everybody_is_answered_meanwhile(tmp_path: Path) -> None:
    with served(tmp_path, CALIBRATION_SCRIPT=SLOW) as (server, http):
        five = [submit(http) for _ in range(5)]
        for task_id in five:
            until_status(http, task_id, "running")
        sixth = submit(http)
        assert status(http, sixth)["status"] == "pending"
        assert http.get("/api/notes/1").status_code == 404
        assert http.get("/healthz").status_code == 200
        assert {status(http, task_id)["status"] for task_id in five} == {"running"}
        assert median_ms(http, sixth) < 100
        # A cancelled one ends its script and makes room.
        assert http.post(f"/api/calibrate/{five[0]}/cancel").json()["success"] is True
        until_status(http, five[0], "cancelled")
        until_status(http, sixth, "running")
        assert status(http, five[0])["error"]
        assert http.post(f"/api/calibrate/{sixth}/retry").status_code == 409
        again = http.post(f"/api/calibrate/{five[0]}/retry").json()
        assert (again["retry_of"], status(http, again["task_id"])["status"]) == (five[0], "pending")
        for task_id in (*five[1:], sixth, again["task_id"]):
            http.post(f"/api/calibrate/{task_id}/cancel")
        assert server.process is not None


def median_ms(http: httpx.Client, task_id: str) -> float:
    """Row I7, over submits and reads; the median, for the machine may be busy with other things."""
    took = []
    for _ in range(5):
        for method, path in (
            ("POST", "/api/calibrate/async"), ("GET", f"/api/calibrate/status/{task_id}"), ("GET", "/api/calibrate/settings"),
            ("GET", "/calibrate"), ("GET", "/healthz"), ("POST", "/api/notes"),
        ):  # fmt: skip
            body = {"json": {"info_hash": "later"}} if method == "POST" else {}
            answer = http.request(method, path, **body)
            assert answer.is_success
            took.append(1000 * answer.elapsed.total_seconds())
    return statistics.median(took)


def test_switched_off_the_asynchronous_routes_answer_503_and_nothing_else_changes(tmp_path: Path) -> None:
    with served(tmp_path, CALIBRATION_ASYNC="off") as (_, http):
        asked = {"json": {"info_hash": LICENSE}}
        answers = [
            http.post("/api/calibrate/async", **asked),
            http.get("/api/calibrate/status/any"),
            http.post("/api/calibrate/batch", **asked),
            http.post("/api/calibrate/any/cancel"),
            http.post("/api/calibrate/any/retry"),
        ]
        assert {(answer.status_code, answer.json()["success"]) for answer in answers} == {(503, False)}
        http.post("/api/notes", **asked)
        assert http.post("/api/calibrate/1").json()["result"] == "Jindu LICENSE"
        assert http.get("/api/calibrate/settings").json() == {"async": False, "timeout": 30}


@pytest.mark.parametrize(
    ("name", "value"), [("CALIBRATION_TIMEOUT", "soon"), ("CALIBRATION_TIMEOUT", "0"), ("CALIBRATION_SCRIPT", "'")]
)
def test_a_wrong_setting_stops_the_start(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(AssertionError, match=name), served(tmp_path, **{name: value}):
        pass


# The script.


def find(info_hash: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(FOLDER / "find_name.py"), info_hash, "--folder", str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_script_finds_the_name_of_a_hash_among_files_good_and_bad(tmp_path: Path) -> None:
    hashes = {}
    for name in ("one", "zwei", "三"):
        info = {"length": 1, "name": name, "piece length": 16384, "pieces": b"x" * 20}
        (tmp_path / f"{len(hashes)}.torrent").write_bytes(bencodepy.encode({"announce": "http://t.example/", "info": info}))
        hashes[name] = hashlib.sha1(bencodepy.encode(info)).hexdigest()
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "3.torrent").write_bytes(b"no bencode")
    (tmp_path / "4.torrent").write_bytes(b"i1e")
    (tmp_path / "5.torrent").write_bytes(bencodepy.encode({"info": {"length": 1}}))
    for name, info_hash in hashes.items():
        assert find(info_hash.upper(), tmp_path).stdout == f"{name}\n"
    missing = find("00" * 20, tmp_path)
    assert (missing.returncode, missing.stdout) == (3, "")


def test_the_shipped_torrent_has_the_hash_of_the_texts() -> None:
    assert find(LICENSE, FOLDER / "torrents").stdout == "Jindu LICENSE\n"
    assert LICENSE in (FOLDER / "README.md").read_text()
