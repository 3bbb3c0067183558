"""Submitting is typed under mypy --strict: a wrong parameter is found before anything runs (AUTHORING)."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
JOBS = """
from jindu import App, Context, Handle, JobError, Retry, Stage

app = App()

@app.job(stages=[Stage("a", 5)], timeout="5m", retry=Retry(attempts=3, base=1, cap=60), concurrency=4, keep_for="1h")
async def diagnose(ctx: Context, brand: str, platforms: list[str]) -> dict[str, int]:
    return {brand: len(platforms)}

@app.job(timeout=30, concurrency=5)
def calibrate(ctx: Context, info_hash: str) -> str:
    return info_hash

@app.job(run_in="process")
def render(pages: list[str]) -> int:
    return len(pages)

@app.job
async def bare(number: int = 1) -> None:
    raise JobError("AI_QUOTA_EXHAUSTED", retry_after=60)

async def use() -> None:
"""
RIGHT = [
    'handle: Handle[dict[str, int]] = await diagnose.submit(brand="x", platforms=["a"])',
    'found: dict[str, int] = await (await diagnose.submit("x", ["a"])).wait(timeout=5)',
    'text: str = await (await calibrate.options(key="k", owner="u", priority=5).submit(info_hash="h")).wait()',
    'number: int = await (await render.submit(pages=["a"])).wait()',
    "await bare.submit(number=3)",
    'app.schedule("*/10 * * * *", bare, params={"number": 3})',
    'app.schedule(bare, every="10m", overlap="queue")',
    'app.schedule(every="10m", job=bare)',
    'await diagnose.submit_many([{"brand": "x", "platforms": []}])',
]
WRONG = [
    "await diagnose.submit(brand=5, platforms=[])",
    'await diagnose.submit(brand="x")',
    'await calibrate.options(priority="high").submit(info_hash="h")',
    "number: int = await (await calibrate.submit(info_hash='h')).wait()",
    "await bare.submit(nunber=3)",
    "app.job(stges=[])",
    "app.schedule(bare)",
    'app.schedule("@daily", bare, overlp="queue")',
]


def mypy(tmp_path: Path, lines: list[str]) -> subprocess.CompletedProcess[str]:
    snippet = tmp_path / "snippet.py"
    snippet.write_text(JOBS + "".join(f"    {line}\n" for line in lines))
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file", str(ROOT / "pyproject.toml"), str(snippet)]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT)


def test_what_authoring_shows_is_accepted(tmp_path: Path) -> None:
    checked = mypy(tmp_path, RIGHT)
    assert checked.returncode == 0, checked.stdout


@pytest.fixture(scope="module")
def refusals(tmp_path_factory: pytest.TempPathFactory) -> str:
    return mypy(tmp_path_factory.mktemp("typing"), WRONG).stdout


@pytest.mark.parametrize("place", range(len(WRONG)), ids=WRONG)
def test_a_wrong_call_is_found(refusals: str, place: int) -> None:
    line = JOBS.count("\n") + 1 + place
    assert f"snippet.py:{line}: error" in refusals
