"""Every example of the README, run as it stands against a real server, but for the address."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from support.server import ROOT, ServerProcess

README = ROOT / "client_sdk" / "python" / "README.md"
BLOCKS = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
ADDRESS = "http://127.0.0.1:8765"
SAYS = (  # one thing of what each shows, in order
    "",
    "AI 配额已用尽",
    "'completed': 3",
    "{'brand': 'B'}",
    "{'brand': 'X'}",
    "100.0",  # the rung only if the job outlives the first look
    "removed",
)


def test_each_example_is_tried() -> None:
    assert len(BLOCKS) == len(SAYS)
    assert all(ADDRESS in block for block in BLOCKS)


@pytest.mark.parametrize(("block", "says"), list(zip(BLOCKS, SAYS, strict=False)))
def test_an_example_does_what_it_says(running: ServerProcess, tmp_path: Path, block: str, says: str) -> None:
    module = tmp_path / "shown.py"
    module.write_text(block.replace(ADDRESS, running.url), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-X", "utf8", str(module)], capture_output=True, text=True, encoding="utf-8", timeout=90, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert says in done.stdout, done.stdout + done.stderr


def test_the_first_example_is_three_lines_and_draws_a_bar(running: ServerProcess, tmp_path: Path) -> None:
    assert len(BLOCKS[0].strip().splitlines()) == 3
    module = tmp_path / "shown.py"
    module.write_text(BLOCKS[0].replace(ADDRESS, running.url) + "print(result)\n")
    done = subprocess.run([sys.executable, str(module)], capture_output=True, text=True, timeout=60, check=True)
    assert "100.0%" in done.stderr
    assert done.stdout == "{'brand': 'X'}\n"
