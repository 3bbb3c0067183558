"""`jindu doctor`: each thing that may be wrong is found, told with what to do, and is the exit code."""

import json
import os
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cli.running import Jindu
from support.server import CODE, ServerProcess, free_port


@pytest.fixture
def jindu(tmp_path: Path) -> Jindu:
    return Jindu({"COLUMNS": "200", "JINDU_PORT": str(free_port())}, tmp_path)


def looked(jindu: Jindu, folder: Path, *arguments: str, store: str = "jindu.db") -> tuple[int, dict[str, Any]]:
    done = jindu("doctor", "--json", "--store", f"sqlite:///{folder}/{store}", *arguments)
    return done.returncode, {check["check"]: check for check in json.loads(done.stdout)}


def test_all_is_well_before_the_first_start(jindu: Jindu, tmp_path: Path) -> None:
    code, found = looked(jindu, tmp_path)
    assert code == 0
    assert set(found) == {
        *("settings", "python", "alerts", "database", "disk", "port", "clock", "descriptors", "certificate"),
    }  # fmt: skip
    assert not [check for check in found.values() if check["state"] == "fail"]
    assert found["database"]["found"]["en"] == "will be made at the first start"
    assert all(check["found"]["zh"] and check["found"]["en"] for check in found.values())
    assert list(tmp_path.iterdir()) == [], "a look changes nothing"


def test_a_running_server_is_well(tmp_path: Path) -> None:
    with ServerProcess("web.observing.observed_jobs:app", tmp_path) as server:
        code, found = looked(Jindu({"JINDU_PORT": str(server.port)}, tmp_path), tmp_path)
    assert code == 0
    assert found["database"]["found"]["en"].startswith("in use by a running server")
    assert "and is ready" in found["port"]["found"]["en"]
    code, found = looked(Jindu({"JINDU_PORT": str(server.port)}, tmp_path), tmp_path)
    assert (code, found["database"]["found"]["en"][:5]) == (0, "sound")


def test_a_port_that_somebody_else_has(jindu: Jindu, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        code, found = looked(jindu, tmp_path, "--port", str(taken.getsockname()[1]))
    assert (code, found["port"]["state"]) == (1, "fail")
    assert "Choose another one (--port)" in found["port"]["advice"]["en"]


def test_a_port_that_others_can_reach(jindu: Jindu, tmp_path: Path) -> None:
    code, found = looked(jindu, tmp_path, "--host", "0.0.0.0")
    assert (code, found["port"]["state"]) == (0, "warn")
    assert "jindu keys create" in found["port"]["advice"]["en"]


def test_a_damaged_and_a_foreign_database(jindu: Jindu, tmp_path: Path) -> None:
    (tmp_path / "damaged.db").write_bytes(os.urandom(8192))
    sqlite3.connect(tmp_path / "foreign.db").execute("CREATE TABLE t (a)").connection.close()
    for store in ("damaged.db", "foreign.db"):
        code, found = looked(jindu, tmp_path, store=store)
        assert (code, found["database"]["state"]) == (1, "fail"), store
        assert "jindu restore" in found["database"]["advice"]["en"]
    assert jindu("doctor", "--store", "nowhere").returncode == 1
    code, found = looked(jindu, tmp_path / "nowhere")
    assert (code, found["database"]["state"]) == (1, "fail")


def test_settings_and_alerts_that_do_not_fit(jindu: Jindu, tmp_path: Path) -> None:
    file = tmp_path / "jindu.toml"
    file.write_text("prot = 1")
    code, found = looked(jindu, tmp_path, "--config", str(file))
    assert (code, list(found)) == (1, ["settings"])
    assert "'prot'" in found["settings"]["found"]["en"]
    (tmp_path / "alerts.toml").write_text("[rules.x]\nabove = 1")
    file.write_text(f'alerts = "{tmp_path}/alerts.toml"')
    code, found = looked(jindu, tmp_path, "--config", str(file))
    assert (code, found["alerts"]["state"]) == (1, "fail")
    assert "rules.x" in found["alerts"]["found"]["en"]


def test_a_disk_that_is_full(jindu: Jindu, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for free, state, ends in ((50 * 1024**2, "fail", 1), (500 * 1024**2, "warn", 0)):
        monkeypatch.setattr("shutil.disk_usage", lambda folder, free=free: type("Usage", (), {"free": free}))
        code, found = looked(jindu, tmp_path)
        assert (code, found["disk"]["state"]) == (ends, state)


def test_few_descriptors(tmp_path: Path) -> None:
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, CODE)), "JINDU_PORT": str(free_port())}
    command = f"ulimit -n 1024 && exec {sys.executable} -m jindu doctor --json --store sqlite:///{tmp_path}/a.db"
    done = subprocess.run(["sh", "-c", command], env=env, capture_output=True, text=True, check=True)
    (check,) = [check for check in json.loads(done.stdout) if check["check"] == "descriptors"]
    assert check["state"] == "warn"
    assert "ulimit -n" in check["advice"]["en"]


def test_a_table_for_people_in_both_languages(jindu: Jindu, tmp_path: Path) -> None:
    english = jindu("doctor", "--store", f"sqlite:///{tmp_path}/a.db").stdout
    chinese = jindu("doctor", "--store", f"sqlite:///{tmp_path}/a.db", lang="zh_CN.UTF-8").stdout
    assert "→ Alerts go to the log only" in english
    assert "→ 告警只写入日志" in chinese


def test_a_redis_that_does_not_answer_or_would_lose_jobs() -> None:
    from jindu.cli.checks import _safe

    assert _safe("7.0.15", "noeviction", "yes").state == "ok"
    for version, policy, saved in (
        ("6.2.1", "noeviction", "yes"),
        ("7.2.0", "allkeys-lru", "yes"),
        ("7.2.0", "noeviction", "no"),
    ):
        check = _safe(version, policy, saved)
        assert check.state == "fail"
        assert check.advice[1]


def test_a_certificate(jindu: Jindu, tmp_path: Path) -> None:
    import trustme

    made = trustme.CA().issue_cert("localhost")
    made.cert_chain_pems[0].write_to_path(str(tmp_path / "cert.pem"))
    made.private_key_pem.write_to_path(str(tmp_path / "key.pem"))
    files = ("--ssl-certfile", str(tmp_path / "cert.pem"), "--ssl-keyfile", str(tmp_path / "key.pem"))
    code, found = looked(jindu, tmp_path, *files)
    assert (code, found["certificate"]["state"]) == (0, "ok")
    code, found = looked(jindu, tmp_path, *files[:3], str(tmp_path / "none.pem"))
    assert (code, found["certificate"]["state"]) == (1, "fail")
