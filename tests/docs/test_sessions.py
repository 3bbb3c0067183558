"""Documents that are one shell session: run from top to bottom, by bash, against servers that they start themselves."""

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.server import CODE, ROOT, free_port
from support.zygote import programs

# The Chinese quick start has the same commands: test_guide compares them.
SESSIONS = ("docs/quick-start.md", "docs/first-hour.md", "docs/handbook/operations.md", "docs/migration.md")


@pytest.fixture(scope="module")
def commands(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with programs(tmp_path_factory.mktemp("bin")) as folder:
        yield folder


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", SESSIONS)
def test_the_session_runs(name: str, tmp_path: Path, commands: Path) -> None:
    session = "\n".join(re.findall(r"```sh\n(.*?)```", (ROOT / name).read_text(), re.DOTALL))
    # What `make setup` installs is what runs this test.
    session = re.sub(r"^make setup\b", ": make setup", session, flags=re.MULTILINE)
    env = {key: value for key, value in os.environ.items() if not key.startswith("JINDU_")}
    env |= {
        "PATH": f"{commands}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": os.pathsep.join(map(str, CODE)),
        "PORT": str(free_port()),
        "JINDU_REPOSITORY": ROOT.as_uri(),
        "LOCAL_PLATFORM_TOKENS_PER_SECOND": "400",
        "HOME": str(tmp_path),
    }
    # Whatever it started ends with it.
    script = f"trap 'kill $(jobs -p) 2>/dev/null || :' EXIT\nset -x\n{session}"
    done = subprocess.run(["bash", "-eu"], input=script, text=True, capture_output=True, cwd=tmp_path, env=env, check=False)
    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-5000:]}"
