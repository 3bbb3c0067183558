"""The deploy script, its check list, the readiness report, and `python main.py`."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from support.server import CODE, ROOT, free_port, wait_ready

FOLDER = ROOT / "examples" / "content_hub"
STEPS = 11


def deploy(folder: Path, *arguments: str, tests: str = "") -> subprocess.CompletedProcess[str]:
    script = FOLDER / "scripts" / "deploy_async_content.sh"
    env = {**os.environ, "PYTHON": sys.executable, "DEPLOY_TESTS": tests, "CONTENT_DB": str(folder / "content.db")}
    command = ["bash", str(script), "--port", str(free_port()), *arguments]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)


def test_eleven_steps_are_ticked_and_a_second_time_there_is_a_backup(tmp_path: Path) -> None:
    first, second = deploy(tmp_path), deploy(tmp_path)
    for done in (first, second):
        assert done.returncode == 0, done.stdout + done.stderr
        assert [int(number) for number in re.findall(r"✓ (\d+)/11", done.stdout)] == list(range(1, STEPS + 1))
        assert "成功率" in done.stdout
        assert "reports/warmup-report.json" in done.stdout
    assert len(list((tmp_path / "reports" / "archive").iterdir())) == 2
    (backup,) = (tmp_path / "backups").iterdir()
    assert f"backups/{backup.name}" in second.stdout


def test_it_stops_at_the_first_failure_and_names_the_backup(tmp_path: Path) -> None:
    assert deploy(tmp_path, "--dry-run").returncode == 0
    assert not list(tmp_path.iterdir())
    subprocess.run(
        [sys.executable, "-m", "examples.content_hub.checks", "models"],
        env={**os.environ, "PYTHONPATH": str(ROOT), "CONTENT_DB": str(tmp_path / "content.db")},
        check=True,
    )
    failed = deploy(tmp_path, tests="false")
    assert failed.returncode == 1
    assert re.findall(r"[✓✗] \d+", failed.stdout) == ["✓ 1", "✓ 2", "✗ 3"]
    assert "backups/content-hub-" in failed.stderr


def test_the_check_list_is_long_enough_and_what_the_script_ticks_is_marked() -> None:
    text = (FOLDER / "DEPLOYMENT_CHECKLIST.md").read_text()
    assert len(re.findall(r"^## \d\. ", text, re.MULTILINE)) == 6
    assert len(re.findall(r"^- \[ \] ", text, re.MULTILINE)) >= 50
    assert {int(number) for number in re.findall(r"\[S (\d+)\]", text)} == set(range(1, STEPS + 1))


@pytest.fixture
def started(tmp_path: Path):
    """`python main.py` in the application's folder."""
    port = free_port()
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, CODE)), "CONTENT_DB": str(tmp_path / "content.db")}
    env["LOCAL_PLATFORM_TOKENS_PER_SECOND"] = "4000"
    command = [sys.executable, "main.py", "--port", str(port), "--store", f"sqlite:///{tmp_path}/jindu.db"]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=FOLDER, env=env, stdout=log, stderr=log)
    url = f"http://127.0.0.1:{port}"
    wait_ready(process, f"http://127.0.0.1:{port}", (tmp_path / "log").read_text)
    yield url
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 0


def test_main_starts_it_and_the_readiness_report_is_made_of_what_was_measured(started: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "examples.content_hub.readiness", "--output", str(tmp_path / "R.md"), "--base-url"]
    done = subprocess.run([*command, started], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    text = (tmp_path / "R.md").read_text()
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == ["Functions", "Performance", "Quality", "Documents", "Known limits"]
    assert "[ ]" not in text
    assert re.search(r"\| submit \| 5 \| [\d.]+ ms \|", text)
    nobody = subprocess.run([*command, f"{started}/nowhere"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (nobody.returncode, "Traceback" in nobody.stderr) == (1, False)
