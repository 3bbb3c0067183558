"""The client as it is installed: a wheel built of its folder, in an environment that has nothing of the server."""

import subprocess
import sys
import venv
from pathlib import Path

import pytest

from support.server import ROOT, ServerProcess

WATCH = """
import importlib.util, sys
assert not [name for name in ("jindu", "starlette", "pydantic", "rich", "uvicorn") if importlib.util.find_spec(name)]
import jindu_client, pathlib
assert (pathlib.Path(jindu_client.__file__).parent / "py.typed").exists()
with jindu_client.Client(sys.argv[1]) as jindu:
    job = jindu.submit("report", brand="X")
    kinds = {update.kind for update in job.updates(timeout=60)}
    print(sorted(kinds), job.wait(timeout=60, progress=True))
"""


@pytest.mark.timeout(240)
def test_the_wheel_watches_a_job(running: ServerProcess, tmp_path: Path) -> None:
    wheels = tmp_path / "wheels"
    quiet = ["--quiet", "--disable-pip-version-check"]
    build = [sys.executable, "-m", "pip", "wheel", *quiet, "--no-deps", "--wheel-dir", str(wheels)]
    subprocess.run([*build, str(ROOT / "client_sdk" / "python")], check=True, timeout=120)
    (wheel,) = wheels.glob("jindu_client-*.whl")
    venv.create(tmp_path / "fresh", with_pip=True)
    python = tmp_path / "fresh" / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", *quiet, str(wheel)], check=True, timeout=120)
    done = subprocess.run(
        [python, "-I", "-W", "error", "-c", WATCH, running.url], capture_output=True, text=True, timeout=90, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "['complete', 'progress', 'result'] {'brand': 'X'}\n"
    assert "100.0% completed" in done.stderr, "without rich or tqdm the bar is lines"
