"""`jindu repair` and `jindu import` as a shell runs them (REQUIREMENTS B4, B15)."""

import json
import re
import shlex
import sqlite3
from pathlib import Path
from typing import Any

import httpx
import pytest

from cli.running import Jindu, read
from support.server import ServerProcess

ROOT = Path(__file__).resolve().parents[2]
MAP = """
type = "diagnosis"
keep = "10d"
stages = ["ai_fetching", "ranking_analysis", "source_tracing"]

[fields]
task_id = "execution_id"
status = "state"

[statuses]
success = "completed"

[stage_names]
"排名" = "ranking_analysis"
"""
DONE = {
    "execution_id": "exec-0001-aaaa-bbbb", "state": "success", "stage": "ai_fetching", "progress": 80, "is_completed": False,
    "result": {"brand": "品牌"}, "created_at": "2026-01-31 12:00:00", "updated_at": 1769860900000, "owner": "u1", "tags": ["x"],
}  # fmt: skip
FAILED = {
    "execution_id": "exec-0002-aaaa-bbbb", "state": "failed", "stage": "排名", "progress": 60, "is_completed": True,
    "error": "平台没有应答", "created_at": 1769860800,
}  # fmt: skip
CANCELLED = {"execution_id": "exec-0003-aaaa-bbbb", "state": "cancelled", "stage": "cancelled", "progress": 0}
REJECTED: list[tuple[Any, str]] = [
    ({"execution_id": "exec-0004-aaaa-bbbb", "state": "processing"}, "has not ended"),
    ({"execution_id": "short", "state": "success"}, "16 to 64"),
    ({"execution_id": "exec-0005-aaaa-bbbb", "state": "weird"}, "[statuses]"),
    ({"execution_id": "exec-0006-aaaa-bbbb", "state": "failed", "created_at": "yesterday"}, "created_at is no time"),
    ({"execution_id": "exec-0007-aaaa-bbbb", "state": "success", "result": "x" * 1_100_000}, "1048576"),
    ("not json", "object"),
]


@pytest.fixture
def alone(tmp_path: Path) -> Jindu:
    """Commands that meet no server."""
    return Jindu({"JINDU_STORE": f"sqlite:///{tmp_path}/jindu.db", "COLUMNS": "200", "PYTHONUTF8": "1"}, tmp_path)


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, ...]:
    lines = [json.dumps(record, ensure_ascii=False) for record in (DONE, FAILED, CANCELLED)]
    lines += ["", *(json.dumps(record) for record, _ in REJECTED), "{broken"]
    (tmp_path / "old.jsonl").write_text("\n".join(lines), encoding="utf-8")
    (tmp_path / "map.toml").write_text(MAP, encoding="utf-8")
    return str(tmp_path / "old.jsonl"), "--map", str(tmp_path / "map.toml")


def test_an_import_names_what_it_took_repaired_and_rejected(alone: Jindu, files: tuple[str, ...], tmp_path: Path) -> None:
    dry = alone("import", *files, "--dry-run")
    assert dry.returncode == 1
    assert not (tmp_path / "jindu.db").exists()
    done = alone("import", *files)
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout + "Dry run: nothing was changed.\n" == dry.stdout
    assert "line 1 (exec-0001-aaaa-bbbb): set right: status=completed 但 stage=ai_fetching" in done.stdout
    for number, (_, reason) in enumerate(REJECTED, 5):
        (line,) = [line for line in done.stdout.splitlines() if line.startswith(f"line {number}:")]
        assert reason in line
    assert f"line {5 + len(REJECTED)}: not JSON" in done.stdout
    assert done.stdout.endswith("3 taken over, 0 there already, 2 set right, 7 rejected.\n")
    again = json.loads(alone("import", *files, "--json").stdout)
    assert (again["imported"], again["present"], len(again["rejected"])) == (0, 3, 7)
    assert read(alone("repair", "--json"))["records"] == []


def test_what_was_imported_is_served(alone: Jindu, files: tuple[str, ...], tmp_path: Path) -> None:
    alone("import", *files)
    with ServerProcess("web.web_jobs:app", tmp_path) as server, httpx.Client(base_url=server.url) as http:
        done = http.get("/v1/jobs/exec-0001-aaaa-bbbb").json()
        failed = http.get("/v1/jobs/exec-0002-aaaa-bbbb").json()
        kinds = [one["kind"] for one in http.get("/v1/jobs/exec-0002-aaaa-bbbb/events").json()["items"]]
        assert http.get("/v1/jobs", params={"owner": "u1"}).json()["items"][0]["id"] == done["id"]
    assert {name: done[name] for name in ("type", "status", "stage", "progress", "is_completed", "result", "tags")} == {
        "type": "diagnosis", "status": "completed", "stage": "completed", "progress": 100, "is_completed": True,
        "result": {"brand": "品牌"}, "tags": ["x"],
    }  # fmt: skip
    assert (done["created_at"], done["finished_at"]) == ("2026-01-31T12:00:00.000Z", "2026-01-31T12:01:40.000Z")
    assert (failed["stage"], failed["progress"], failed["reached"]) == ("failed", 0, 60)
    assert failed["error"]["message"]["zh"] == "平台没有应答"
    assert [stage["state"] for stage in failed["stages"]] == ["skipped", "failed", "pending"]
    assert kinds == ["submit", "claim", "stage", "progress", "fail"]


@pytest.mark.parametrize(
    ("text", "said"),
    [("kepp = 1", "kepp"), ("[fields]\ntask = 'x'", "task"), ("keep = 'long'", "map.toml"), ("x = ", "not TOML"),
     ("stages = ['a', 'a']", "names that differ"), ("[statuses]\na = 1", "table of texts")],
)  # fmt: skip
def test_a_mapping_that_is_wrong(alone: Jindu, files: tuple[str, ...], tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "map.toml").write_text(text)
    refused = alone("import", *files)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert said in refused.stderr
    assert not (tmp_path / "jindu.db").exists()


def test_repair_says_what_it_did(alone: Jindu, files: tuple[str, ...], tmp_path: Path) -> None:
    alone("import", *files)
    connection = sqlite3.connect(tmp_path / "jindu.db")
    connection.execute("UPDATE jobs SET phase = 'running' WHERE id = 'exec-0001-aaaa-bbbb'")
    connection.execute("CREATE TABLE tmp_old (a)")
    connection.commit()
    connection.close()
    line = "exec-0001-aaaa-bbbb: row set right from its log (phase): running -> completed\n"
    dry, done, again = alone("repair", "--dry-run"), alone("repair"), alone("repair", lang="zh_CN.UTF-8")
    assert dry.stdout == f"{line}3 records looked at, 1 to set right, 0 beyond repair.\nDry run: nothing was changed.\n"
    assert done.stdout == f"{line}3 records looked at, 1 to set right, 0 beyond repair.\n"
    assert again.stdout == "检查了 3 条记录，0 条需要修复，0 条无法修复。\n"
    assert [one.returncode for one in (dry, done, again)] == [0, 0, 0]
    assert alone("repair", "--temporary", "--dry-run").stdout == "temporary table tmp_old\nDry run: nothing was changed.\n"
    assert read(alone("repair", "--temporary", "--json"))["tables"] == ["tmp_old"]
    assert alone("repair", "--temporary").stdout == "Nothing was left over.\n"


def test_while_a_server_runs_it_is_refused(server: ServerProcess, alone: Jindu, files: tuple[str, ...]) -> None:
    for arguments in (("repair",), ("repair", "--temporary"), ("import", *files)):
        refused = alone(*arguments, "--store", f"sqlite:///{server.store}")
        assert (refused.returncode, refused.stdout) == (1, "")
        assert "in use" in refused.stderr


def test_a_record_beyond_repair_is_named_and_is_exit_1(alone: Jindu, files: tuple[str, ...], tmp_path: Path) -> None:
    alone("import", *files)
    connection = sqlite3.connect(tmp_path / "jindu.db")
    connection.execute("DELETE FROM submissions WHERE num = 1")
    connection.commit()
    connection.close()
    done = alone("repair")
    assert (done.returncode, "exec-0001-aaaa-bbbb: beyond repair" in done.stdout) == (1, True)


def test_what_the_document_shows_works(alone: Jindu, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = (ROOT / "docs" / "repair.md").read_text(encoding="utf-8")
    (mapping,) = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    (tmp_path / "stages.toml").write_text(mapping, encoding="utf-8")
    (tmp_path / "old.jsonl").write_text(json.dumps(DONE), encoding="utf-8")
    shown = [shlex.split(line, comments=True)[1:] for line in re.findall(r"^jindu .*$", text, re.MULTILINE)]
    assert len(shown) == 8
    for arguments in sorted(shown):  # the import first: it makes the store
        done = alone(*arguments)
        assert done.returncode == 0, done.stderr
