"""The JavaScript client: each file `*.test.mjs` beside this one is run by Node's own test runner against a real server."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from support.javascript import SDK
from support.server import ROOT, ServerProcess

FILES = sorted(Path(__file__).parent.glob("*.test.mjs"))


@pytest.fixture
def addresses(server: ServerProcess, readme_server: ServerProcess, keyed_server: ServerProcess) -> dict[str, str]:
    return {"JINDU_URL": server.url, "README_URL": readme_server.url, "KEYED_URL": keyed_server.url}


@pytest.mark.timeout(0 if "SCHEDULES" in os.environ else 300)  # a hundred schedules take a quarter of an hour
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name.removesuffix(".test.mjs"))
def test_by_node(path: Path, node: str, built: str, addresses: dict[str, str]) -> None:
    env = {**os.environ, **addresses}
    done = subprocess.run([node, "--test", str(path)], env=env, capture_output=True, text=True)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    passed = re.search(r"^# pass (\d+)$", said, re.MULTILINE)
    assert passed is not None, said
    assert int(passed[1]) > 0
    for unwanted in ("fail", "cancelled", "skipped", "todo"):
        assert f"# {unwanted} 0" in said, said


def test_the_build_says_what_the_files_weigh(built: str) -> None:
    [size] = re.findall(r"^jindu\.mjs .* (\d+) gzipped$", built, re.MULTILINE)
    assert 2_000 < int(size) <= 8.5 * 1024


def test_lint_finds_nothing(node: str) -> None:
    done = subprocess.run([node, "node_modules/eslint/bin/eslint.js", "."], cwd=SDK, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_lint_finds_nothing_in_the_dashboard(node: str) -> None:
    command = [node, SDK / "node_modules" / "eslint" / "bin" / "eslint.js", "--config", SDK / "eslint.page.js", "app"]
    done = subprocess.run(command, cwd=ROOT / "server" / "jindu" / "web" / "static", capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("project", ["tsconfig.json", "tsconfig.wechat.json"])
def test_types_fit(node: str, project: str) -> None:
    """The second: against WeChat's own typings, where no DOM exists."""
    command = [node, "node_modules/typescript/bin/tsc", "--noEmit", "--project", project]
    done = subprocess.run(command, cwd=SDK, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
