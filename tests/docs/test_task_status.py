"""docs/TASK_STATUS_API.md: the examples of each language, one after another, do what they say; the tables are true."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from jindu.core.catalogue import CATALOGUE
from jindu.core.plan import INIT, Plan
from jindu.core.states import ENDS, Status
from jindu.web.document.calls import CALLS
from support.node import NO_NODE, found
from support.server import ServerProcess

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "TASK_STATUS_API.md").read_text()
ADDRESS = "http://127.0.0.1:8765"
STAGES = ["ai_fetching", "ranking_analysis", "source_tracing"]
SUFFIXES = {"sh": ".sh", "js": ".mjs", "python": ".py"}


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)


def section(title: str) -> str:
    return TEXT.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def told(program: str) -> list[str]:
    """What the program says that it prints."""
    return re.findall(r"(?:#|//) → (.*)$", program, re.MULTILINE)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """The job of the text, served as the text says."""
    folder = tmp_path_factory.mktemp("status")
    (folder / "diagnosis.py").write_text(blocks("python")[0])
    with ServerProcess("diagnosis:app", folder, env={"PYTHONPATH": os.pathsep.join([str(folder), *sys.path])}) as process:
        yield process


def command(language: str) -> list[str]:
    if language == "sh":
        return ["bash", "-euo", "pipefail"]
    if language == "python":
        return [sys.executable, "-W", "error"]
    node = found()
    if node is None:
        pytest.skip(NO_NODE)
    # Browsers have WebSocket; of Node.js the versions from 22 on, and version 20 when asked.
    return [node, "--experimental-websocket", "--no-warnings"]


@pytest.mark.parametrize("language", ["sh", "js", "python"])
def test_the_examples_do_what_they_say(language: str, server: ServerProcess, tmp_path: Path) -> None:
    shown = blocks(language)[1 if language == "python" else 0 :]
    program = "\n".join(shown)
    assert len(shown) >= 7
    assert ADDRESS in program
    file = tmp_path / f"shown{SUFFIXES[language]}"
    file.write_text(program.replace(ADDRESS, server.url))
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([*command(language), str(file)], capture_output=True, text=True, timeout=100, cwd=tmp_path, env=env)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines() == told(program)


@pytest.mark.parametrize(
    "title", ["Submit", "Poll", "Long-poll", "Stream", "Cancel, and try again", "Errors", "Repeating safely"]
)
def test_each_way_is_shown_in_each_language(title: str) -> None:
    assert re.findall(r"```(\w+)\n", section(title)) == ["sh", "js", "python"]


def test_the_six_stages_and_the_statuses_are_those_of_the_code() -> None:
    first = re.findall(r"^\| `(\w+)` \|", section("What a job stands at"), re.MULTILINE)
    assert first == ["status", *(status.value for status in Status), "stage", INIT, *STAGES, "completed", "failed"]


def test_the_chart_has_every_way_through_the_stages_and_no_other() -> None:
    plan = [INIT, *(stage.name for stage in Plan.of(STAGES).stages)]
    ways = set(zip(plan, [*plan[1:], "completed"], strict=True))
    ways |= {(stage, end) for stage in plan for end in ("failed", "cancelled")}
    ways |= {("[*]", INIT)} | {(end.value, "[*]") for end in ENDS}
    assert set(re.findall(r"^    (\S+) --> (\S+)$", TEXT, re.MULTILINE)) == ways


def test_the_five_endpoints_are_calls_of_the_document() -> None:
    found_calls = re.findall(r"^\| `([A-Z]+) (/v1/[\w/{}]+)", section("The five endpoints"), re.MULTILINE)
    assert len(found_calls) == 5
    assert set(found_calls) <= set(CALLS)


def test_every_code_that_there_is_is_in_the_table() -> None:
    rows = re.findall(r"^\| ([\d, ]+) \|", section("HTTP codes"), re.MULTILINE)
    shown = {int(code) for row in rows for code in row.split(",")}
    served = {status for call in CALLS.values() for status in (*call.answers, *call.all_refusals)}
    assert shown >= served | {kind.status for kind in CATALOGUE.values()}


def test_links_lead_to_files_and_their_parts() -> None:
    for target, part in re.findall(r"\]\((?!http)([^)#]*)(#[^)]*)?\)", TEXT):
        file = ROOT / "docs" / target
        assert file.is_file(), target
        if part:
            assert f"\n## {part[1:].capitalize()}\n" in file.read_text()
