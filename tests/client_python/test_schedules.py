"""Seeded schedules of faults, twenty jobs each: no end lost, no result doubled or lost, no step backwards.

`make faults` runs a hundred of them; FAULT_SCHEDULES=7 runs seven. Without rule 1 ("apply if greater") the same must fail, or
it would prove nothing.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import jindu_client
from client_python.schedules import JOBS, Wrong, run
from support.server import CODE, ServerProcess

SCHEDULES = int(os.environ.get("FAULT_SCHEDULES", "2"))
RULE_1 = "if seq is None or seq <= held.seq or"
TESTS = Path(__file__).parents[1]

pytestmark = pytest.mark.timeout(180)


@pytest.mark.parametrize("seed", range(1, SCHEDULES + 1))
async def test_nothing_is_lost_doubled_or_turned_back(running: ServerProcess, seed: int) -> None:
    wrong, faults = await run(running.port, seed)
    assert wrong == Wrong()
    assert faults >= JOBS / 2, "too little happened"


def test_without_rule_1_the_same_fails(running: ServerProcess, tmp_path: Path) -> None:
    copy = tmp_path / "jindu_client"
    shutil.copytree(Path(jindu_client.__file__).parent, copy)
    held = copy / "_held.py"
    text = held.read_text()
    assert RULE_1 in text
    held.write_text(text.replace(RULE_1, "if seq is None or"))
    paths = [tmp_path, TESTS, *(path for path in CODE if path.name != "python")]
    command = [sys.executable, "-W", "error", "-m", "client_python.schedules", str(running.port), *map(str, range(1, 11))]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths))}
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=150, check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "steps_backwards=0" not in done.stdout.splitlines()[-1], done.stdout + done.stderr
