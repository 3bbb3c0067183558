"""No block of code in any page is left to itself: what no other test runs is parsed by what it is for, or type-checked."""

import ast
import json
import re
import shlex
import subprocess
import sys
import textwrap
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from support.command_line import refused
from support.server import ROOT

PAGES = [*ROOT.glob("README*.md"), *(ROOT / "docs").rglob("*.md"), *ROOT.glob("client_sdk/*/README.md")]
NAMES = sorted(str(page.relative_to(ROOT)) for page in PAGES)
# Of these a name or two is the reader's own.
CHECKED = ("README.md", "README.zh-CN.md", "docs/eta.md", "docs/keys.md", "docs/monitoring.md")
READERS = """
from collections.abc import Callable
from typing import Any

ask: Callable[..., Any]
rank: Callable[..., Any]
"""


def blocks(name: str) -> list[tuple[str, str]]:
    """(language, text) of each."""
    return re.findall(r"^```(\w*)\n(.*?)^```$", (ROOT / name).read_text(), re.MULTILINE | re.DOTALL)


def shell(text: str) -> None:
    done = subprocess.run(["bash", "-n"], input=text, text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    here = re.sub(r"<<'(\w+)'\n.*?^\1$", "", text, flags=re.MULTILINE | re.DOTALL)
    for line in here.splitlines():
        if re.match(r"jindu [a-z]", line) and not re.search(r"# exit 2|[\\&<$]", line):
            words = shlex.split(line.partition(" || ")[0].partition(" >")[0], comments=True)
            assert refused(words[1:]) is None, refused(words[1:])


def documents(text: str) -> None:
    """JSON, one document or several."""
    decoder = json.JSONDecoder()
    while text := text.strip():
        text = text[decoder.raw_decode(text)[1] :]


PARSED: dict[str, Callable[[str], Any]] = {
    "json": documents,
    "toml": tomllib.loads,
    "yaml": yaml.safe_load,
    "sh": shell,
    "python": lambda text: compile(text, "shown", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT),
}
# js and html run in Node.js and Chromium wherever they are shown; the charts are compared with the transition table.
ELSEWHERE = {"": "output", "text": "output", "js": "run", "html": "run", "mermaid": "compared"}


@pytest.mark.parametrize("name", [name for name in NAMES if blocks(name)])
def test_blocks_are_what_they_say(name: str) -> None:
    for language, text in blocks(name):
        assert language in PARSED or language in ELSEWHERE
        if language in PARSED:
            PARSED[language](text)


def test_programs_that_need_the_reader_fit_the_types(tmp_path: Path) -> None:
    """As far as types go: the name of a job's module, of a platform, of a server are the reader's."""
    modules = []
    for name in CHECKED:
        for number, (language, text) in enumerate(blocks(name)):
            if language == "python":
                module = tmp_path / f"shown_{len(modules)}.py"
                body = f"async def shown() -> None:\n{textwrap.indent(text, '    ')}"
                module.write_text(f"# {name}, block {number}\n{READERS}\n{body}")
                modules.append(str(module))
    assert len(modules) >= 7
    command = [sys.executable, "-m", "mypy", "--strict", "--disable-error-code", "type-arg", "--config-file"]
    done = subprocess.run(
        [*command, str(ROOT / "pyproject.toml"), *modules], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert done.returncode == 0, done.stdout
