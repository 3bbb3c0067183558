"""Commands as a shell runs them: what goes in, and how they end."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from jindu.cli.main import cli


@dataclass(frozen=True)
class Done:
    """How a command ended, and what it said."""

    returncode: int
    stdout: str
    stderr: str


@dataclass(frozen=True)
class Jindu:
    """`jindu …` against the server: called within this process, or with `outside` in one of its own."""

    env: Mapping[str, str]
    folder: Path

    def __call__(self, *arguments: str, lang: str = "en_GB.UTF-8") -> Done:
        result = CliRunner().invoke(cli, arguments, env=self._environment(lang), prog_name="jindu")
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Done(result.exit_code, result.stdout, result.stderr)

    def outside(self, *arguments: str, lang: str = "en_GB.UTF-8") -> Done:
        env = {name: value for name, value in self._environment(lang).items() if value is not None}
        command = [sys.executable, "-m", "jindu", *arguments]
        done = subprocess.run(command, env=env, cwd=self.folder, capture_output=True, text=True, timeout=60)
        return Done(done.returncode, done.stdout, done.stderr)

    def _environment(self, lang: str) -> dict[str, str | None]:
        unset = {name: None for name in os.environ if name.startswith(("JINDU_", "LC_"))}
        return {**os.environ, **unset, **self.env, "LANG": lang}


def read(done: Done) -> Any:
    """The JSON on standard output of a command that succeeded."""
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
