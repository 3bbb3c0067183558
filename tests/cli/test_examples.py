"""Every command that docs/cli.md shows is run, in order; one that is to end with another code than 0 says so."""

import re
import shlex
from pathlib import Path

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from cli.running import Jindu
from jindu.cli.main import cli
from jindu.cli.monitor import monitor
from jindu.cli.tasks import task

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "cli.md").read_text()
LINES = [line for block in re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL) for line in block.splitlines() if line]


def test_the_examples_do_what_they_say(jindu: Jindu, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    job = ""
    assert len(LINES) >= 15
    for line in LINES:
        name, *arguments = shlex.split(line, comments=True)
        done = jindu(*[job if argument == "ID" else argument for argument in arguments])
        told = re.search(r"# exit (\d+)", line)
        assert (name, done.returncode) == ("jindu", int(told[1]) if told else 0), (line, done.stdout, done.stderr)
        if arguments[0] == "submit" and done.returncode == 0:
            job = done.stdout.split()[0]


@pytest.mark.parametrize("command", sorted(get_command(task).commands))  # type: ignore[attr-defined]
def test_every_command_is_in_the_text(command: str) -> None:
    assert f"jindu task {command}" in TEXT


@pytest.mark.parametrize("command", sorted(get_command(monitor).commands))  # type: ignore[attr-defined]
def test_every_command_for_operators_is_in_the_text(command: str) -> None:
    assert f"jindu monitor {command}" in TEXT


@pytest.mark.parametrize(
    "command",
    [
        [],
        ["task"],
        *([c] for c in ("serve", "submit", "watch", "demo", "settings", "types")),
        *(["task", c] for c in ("list", "cancel", "log", "cleanup")),
        ["types", "pause"],
        ["report"],
        *(["scheduler", c] for c in ("list", "show", "pause", "resume", "run", "add", "delete")),
        *(["webhooks", c] for c in ("list", "add", "rotate", "delete", "deliveries", "redeliver")),
    ],
    ids=" ".join,
)
def test_every_command_has_help(command: list[str]) -> None:
    result = CliRunner().invoke(cli, [*command, "--help"])
    assert result.exit_code == 0
    assert "Usage" in result.stdout


def test_completion_is_offered() -> None:
    assert "--install-completion" in CliRunner().invoke(cli, ["--help"]).stdout
