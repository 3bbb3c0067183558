"""The three scripts against live servers: the demo's own, and one that does not serve the diagnosis."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.server import ROOT, ForkedServer, free_port, wait_ready

FOLDER = ROOT / "examples" / "brand_diagnosis"
SCRIPTS = ("e2e_integration_test.py", "comprehensive_system_test.py", "performance_benchmark.py")
QUICK = {"LOCAL_PLATFORM_TOKENS_PER_SECOND": "400"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ForkedServer]:
    with ForkedServer("examples.brand_diagnosis.app:app", tmp_path_factory.mktemp("live"), env=QUICK) as process:
        yield process


def script(name: str, url: str, *more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(FOLDER / name), "--base-url", url, *more]
    return subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)


@pytest.mark.parametrize(("name", "checks"), [(SCRIPTS[0], 7), (SCRIPTS[1], 9)])
def test_all_checks_pass(server: ForkedServer, name: str, checks: int) -> None:
    done = script(name, server.url)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{checks} of {checks} passed" in done.stdout
    assert done.stdout.count("✓") == checks


def test_the_benchmark_prints_its_figures_and_the_verdict_is_its_exit_code(server: ForkedServer) -> None:
    patient = script(SCRIPTS[2], server.url, "--mean-ms", "1e9", "--per-second", "0")
    assert patient.returncode == 0, patient.stdout + patient.stderr
    for told in (server.url, "5 to warm up, 20 requests, 10 in parallel", "req/s", "verdict   ✓"):
        assert told in patient.stdout
    hasty = script(SCRIPTS[2], server.url, "--mean-ms", "0")
    assert hasty.returncode == 1
    assert "verdict   ✗" in hasty.stdout


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_server_that_is_something_else_fails(server: ForkedServer, name: str) -> None:
    done = script(name, f"{server.url}/nowhere")
    assert done.returncode == 1
    assert "✗" in done.stdout
    assert "Traceback" not in done.stderr


def test_the_seven_steps_pass_against_the_server_of_the_demo(tmp_path: Path) -> None:
    port = free_port()
    command = [sys.executable, "-m", "jindu", "demo", "--port", str(port), "--store", f"sqlite:///{tmp_path}/demo.db"]
    with (tmp_path / "said").open("wb") as said:
        demo = subprocess.Popen(command, cwd=ROOT, stdout=said, stderr=said)
    try:
        url = f"http://127.0.0.1:{port}"
        wait_ready(demo, f"http://127.0.0.1:{port}", (tmp_path / "said").read_text)
        done = script(SCRIPTS[0], url)
        assert done.returncode == 0, done.stdout + done.stderr
    finally:
        demo.send_signal(signal.SIGINT)  # as Ctrl+C: it ends its server too
        demo.wait(30)
