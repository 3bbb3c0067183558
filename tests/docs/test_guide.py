"""The user guide, in English and Chinese: what it shows runs, its frames are frames, its commands and codes exist.

The shell sessions of the quick start are run by test_sessions; where the pages of the clients are tried, the test below says.
"""

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from jindu.cli.main import COMMANDS
from jindu.core.catalogue import CATALOGUE
from jindu.core.messages import ServerFrame
from support.command_line import refused
from support.node import NO_NODE, found
from support.server import ROOT, ServerProcess

ADDRESS = "http://127.0.0.1:8765"
GUIDE = ("quick-start.md", "concepts.md", "authoring.md", "clients.md", "faq.md")
BOTH = [f"docs/{folder}{name}" for name in GUIDE for folder in ("", "zh/")]
CLIENTS = ("docs/clients.md", "docs/zh/clients.md")


def text(name: str) -> str:
    return (ROOT / name).read_text()


def blocks(name: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", text(name), re.DOTALL)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with ServerProcess("client_javascript.readme_jobs:app", tmp_path_factory.mktemp("guide")) as process:
        yield process


@pytest.mark.parametrize("name", CLIENTS)
@pytest.mark.parametrize("language", ["python", "sh"])
def test_the_clients_do_what_they_say(name: str, language: str, server: ServerProcess, tmp_path: Path) -> None:
    program = "\n".join(blocks(name, language))
    assert ADDRESS in program
    file = tmp_path / "shown"
    file.write_text(program.replace(ADDRESS, server.url))
    command = [sys.executable, "-W", "error"] if language == "python" else ["bash", "-euo", "pipefail"]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([*command, str(file)], capture_output=True, text=True, timeout=100, cwd=tmp_path, env=env)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines() == re.findall(r"# +→ (.*)$", program, re.MULTILINE)


@pytest.mark.parametrize("name", CLIENTS)
def test_the_program_for_node_does_what_it_says(name: str, server: ServerProcess, tmp_path: Path) -> None:
    node = found()
    if node is None:
        pytest.skip(NO_NODE)
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "node_modules" / "jindu-client").symlink_to(ROOT / "client_sdk" / "javascript")
    _, program = blocks(name, "js")
    (tmp_path / "shown.mjs").write_text(program.replace(ADDRESS, server.url))
    command = [node, "--preserve-symlinks", "shown.mjs"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines() == re.findall(r"// → (.*)$", program, re.MULTILINE)


@pytest.mark.parametrize("name", CLIENTS)
def test_the_pages_are_those_that_are_tried_elsewhere(name: str) -> None:
    """The web page in tests/browser, the mini-program in tests/client_javascript, both from the README."""
    readme = "client_sdk/javascript/README.md"
    assert blocks(name, "html") == blocks(readme, "html")
    page, _ = blocks(name, "js")
    assert page in blocks(readme, "js")


@pytest.mark.parametrize("name", ["docs/concepts.md", "docs/zh/concepts.md"])
def test_the_frames_are_frames(name: str) -> None:
    (block,) = blocks(name, "json")
    frames: list[Any] = TypeAdapter(list[ServerFrame]).validate_json(block)
    assert frames == json.loads(block), "no field too many"
    numbers = [frame["seq"] for frame in frames if "seq" in frame]
    assert numbers == sorted(set(numbers))


@pytest.mark.parametrize("name", GUIDE)
def test_both_languages_show_the_same(name: str) -> None:
    """The same blocks, but for comments and texts for people; the same headings, one for one."""
    english, chinese = text(f"docs/{name}"), text(f"docs/zh/{name}")
    languages = [re.findall(r"^```(\w+)", page, re.MULTILINE) for page in (english, chinese)]
    assert languages[0] == languages[1]
    depths = [
        re.findall(r"^(#+) ", re.sub(r"```.*?```", "", page, flags=re.DOTALL), re.MULTILINE) for page in (english, chinese)
    ]
    assert depths[0] == depths[1]
    for language in set(languages[0]):
        pairs = zip(blocks(f"docs/{name}", language), blocks(f"docs/zh/{name}", language), strict=True)
        for one, other in pairs:
            assert code(one) == code(other)


def code(block: str) -> list[str]:
    """Without what is said to readers: comments behind code, and empty lines."""
    lines = (re.sub(r"\s*(?:(?<!\S)#|//) .*$", "", line).rstrip() for line in block.splitlines())
    return [line for line in lines if line]


@pytest.mark.parametrize(
    "wrong", ["nonsense", "task nonsense", "task why", "task why ID --nonsense", "keys create N --expires"]
)
def test_what_is_no_command_is_found(wrong: str) -> None:
    assert refused(wrong.split()) is not None


@pytest.mark.parametrize("name", [*BOTH, "docs/README.md", "docs/zh/README.md", "docs/comparison.md", "docs/monitoring.md"])
def test_every_command_that_is_named_is_taken(name: str) -> None:
    fenced = [line for block in blocks(name, "sh") for line in block.splitlines()]
    inline = re.findall(r"`(jindu [^`\n]*)`", text(name))
    commands = [line for line in [*fenced, *inline] if re.match(r"jindu [a-z]", line) and " &" not in line]
    for line in commands:
        arguments = shlex.split(line.partition(" || ")[0], comments=True)[1:]
        if line in inline and len(arguments) == 1 and arguments[0] in COMMANDS:
            continue  # it is named, not shown
        assert refused(arguments) is None, refused(arguments)


@pytest.mark.parametrize("name", BOTH)
def test_every_code_that_is_named_is_in_the_catalogue(name: str) -> None:
    page = re.sub(r"```.*?```", "", text(name), flags=re.DOTALL)
    named = set(re.findall(r"[`\"]([A-Z]+(?:_[A-Z]+)+)[`\"]", page))
    settings = {one for one in named if one.startswith("JINDU_")} | {"ERROR_ID"}
    assert named - settings - set(CATALOGUE) == set()
