"""What the documents of the content hub show is run: the blocks of one language of one text are one program."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from examples.content_hub.cli import app
from typer.main import get_command

from support.node import NO_NODE, found
from support.server import ROOT, ForkedServer
from support.zygote import programs

GUIDE, REFERENCE, API = (
    "docs/guides/async-content-user-guide.md",
    "docs/guides/async-content-cli-quick-reference.md",
    "docs/api/async-content-api.md",
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ForkedServer]:
    folder = tmp_path_factory.mktemp("hub")
    env = {
        "CONTENT_DB": str(folder / "content.db"),
        "LOCAL_PLATFORM_TOKENS_PER_SECOND": "4000",
        "JINDU_APPLICATION_SUBMITS": "0",
    }
    with ForkedServer("examples.content_hub.app:app", folder, env=env) as process:
        yield process


def blocks(name: str, language: str) -> str:
    return "\n".join(re.findall(rf"```{language}\n(.*?)```", (ROOT / name).read_text(), re.DOTALL))


@pytest.fixture(scope="module")
def commands(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with programs(tmp_path_factory.mktemp("bin")) as folder:
        yield folder


@pytest.fixture
def run(server: ForkedServer, commands: Path, tmp_path: Path) -> Callable[[list[str], str], None]:
    """Run a program as of a text."""

    def run(command: list[str], program: str) -> None:
        env = {**os.environ, "CONTENTHUB_URL": server.url, "PATH": f"{commands}{os.pathsep}{os.environ['PATH']}"}
        done = subprocess.run(command, input=program, text=True, capture_output=True, cwd=tmp_path, env=env, check=False)
        assert done.returncode == 0, (done.stdout, done.stderr)

    return run


@pytest.mark.parametrize("name", [GUIDE, REFERENCE, API])
def test_shell(name: str, run: Callable[[list[str], str], None]) -> None:
    run(["bash", "-eu"], f"set -x\n{blocks(name, 'sh')}")


def test_python(run: Callable[[list[str], str], None]) -> None:
    run([sys.executable, "-"], blocks(API, "python"))


def test_javascript(run: Callable[[list[str], str], None]) -> None:
    node = found()
    if node is None:
        pytest.skip(NO_NODE)
    run([node, "--input-type=module", "-"], blocks(API, "js"))


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
