"""What the documents of the content hub show is run: the blocks of one language of one text are one program."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from examples.content_hub.cli import app
from typer.main import get_command

from support.node import NO_NODE, found
from support.server import ROOT, ServerProcess

GUIDE, REFERENCE, API = (
    "docs/guides/async-content-user-guide.md",
    "docs/guides/async-content-cli-quick-reference.md",
    "docs/api/async-content-api.md",
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    folder = tmp_path_factory.mktemp("hub")
    env = {
        "CONTENT_DB": str(folder / "content.db"),
        "LOCAL_PLATFORM_TOKENS_PER_SECOND": "4000",
        "JINDU_APPLICATION_SUBMITS": "0",
    }
    with ServerProcess("examples.content_hub.app:app", folder, env=env) as process:
        yield process


def blocks(name: str, language: str) -> str:
    return "\n".join(re.findall(rf"```{language}\n(.*?)```", (ROOT / name).read_text(), re.DOTALL))


def run(command: list[str], program: str, server: ServerProcess, folder: Path) -> None:
    """Run a program as of a text; `contenthub` is the one beside this Python, or the module of this checkout."""
    hub = folder / "contenthub"
    hub.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m examples.content_hub.cli "$@"\n')
    hub.chmod(0o755)
    env = {**os.environ, "CONTENTHUB_URL": server.url, "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(command, input=program, text=True, capture_output=True, cwd=folder, env=env, check=False)
    assert done.returncode == 0, (done.stdout, done.stderr)


@pytest.mark.parametrize("name", [GUIDE, REFERENCE, API])
def test_shell(name: str, server: ServerProcess, tmp_path: Path) -> None:
    run(["bash", "-eu"], f"set -x\n{blocks(name, 'sh')}", server, tmp_path)


def test_python(server: ServerProcess, tmp_path: Path) -> None:
    run([sys.executable, "-"], blocks(API, "python"), server, tmp_path)


def test_javascript(server: ServerProcess, tmp_path: Path) -> None:
    node = found()
    if node is None:
        pytest.skip(NO_NODE)
    run([node, "--input-type=module", "-"], blocks(API, "js"), server, tmp_path)


def test_the_texts_show_as_much_as_they_promise() -> None:
    guide, reference = (ROOT / GUIDE).read_text(), (ROOT / REFERENCE).read_text()
    assert len(re.findall(r"^## \d\. ", guide, re.MULTILINE)) == 7
    assert len([line for line in blocks(GUIDE, "sh").splitlines() if line]) >= 20
    assert len([line for line in blocks(REFERENCE, "sh").splitlines() if "contenthub" in line]) >= 30
    groups = get_command(app).commands  # type: ignore[attr-defined]
    commands = [(group, name) for group, one in groups.items() for name in one.commands]
    assert len(commands) >= 15
    for group, name in commands:
        assert f"contenthub {group} {name}" in blocks(REFERENCE, "sh").replace("--format json ", "").replace(
            "--format csv ", ""
        )
    assert all(group in reference for group in groups)
