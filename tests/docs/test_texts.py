"""What the documents show is tried: every Python block compiles, those that stand alone run."""

import re
import runpy
from pathlib import Path

import pytest

from jindu.core.clock import SystemClock
from jindu.core.hook import new_secret
from jindu.monitor.sending import Letter

ROOT = Path(__file__).resolve().parents[2]
TEXTS = [
    "README.md",
    "README.zh-CN.md",
    "docs/authoring.md",
    "docs/zh/authoring.md",
    "docs/eta.md",
    "docs/keys.md",
    "docs/repair.md",
    "docs/schedules.md",
    "docs/webhooks.md",
    "docs/TASK_STATUS_API.md",
    "examples/brand_diagnosis/README.md",
    "examples/calibration/README.md",
]


def blocks(name: str) -> list[str]:
    return re.findall(r"```python\n(.*?)```", (ROOT / name).read_text(), re.DOTALL)


@pytest.mark.parametrize("name", TEXTS)
def test_python_in_texts_compiles(name: str) -> None:
    for number, block in enumerate(blocks(name)):
        compile(block, f"{name}[{number}]", "exec")


def run(block: str, tmp_path: Path) -> dict[str, object]:
    module = tmp_path / "shown.py"
    module.write_text(block)
    return runpy.run_path(str(module))


async def test_the_first_job_of_authoring_runs(tmp_path: Path) -> None:
    shown = run(blocks("docs/authoring.md")[0], tmp_path)
    async with shown["app"].open(store=f"sqlite:///{tmp_path}/a.db"):  # type: ignore[attr-defined]
        job = await shown["count_words"].submit(texts=[" one two ", "three"])  # type: ignore[attr-defined]
        assert await job.wait(timeout=30) == {"one two": 2, "three": 1}


def test_the_friendly_errors_of_authoring_are_taken(tmp_path: Path) -> None:
    shown = run(blocks("docs/authoring.md")[1], tmp_path)
    assert shown["app"].errors.body("PRINTER_ON_FIRE")["title"]["en"] == "The printer is on fire"  # type: ignore[attr-defined]


async def test_submitting_as_authoring_shows_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert await run(blocks("docs/authoring.md")[2], tmp_path)["main"]() == "Hello, Ada"  # type: ignore[operator]


def test_testing_as_authoring_shows_it(tmp_path: Path) -> None:
    run(blocks("docs/authoring.md")[3], tmp_path)["test_it_goes_on_behind_what_is_committed"]()  # type: ignore[operator]


def test_both_read_me_files_show_the_same_commands() -> None:
    commands = [re.findall(r"^(?:make|jindu) \S+", (ROOT / name).read_text(), re.MULTILINE) for name in TEXTS[:2]]
    assert commands[0] == commands[1]
    assert commands[0]


def test_schedules_and_the_report_as_the_document_shows_them(tmp_path: Path) -> None:
    app = run(blocks("docs/schedules.md")[0], tmp_path)["app"]
    assert list(app._schedules) == ["tidy", "nightly", "often"]  # type: ignore[attr-defined]
    app = run(blocks("docs/schedules.md")[1], tmp_path)["app"]
    assert app.report.build_report()["community_pool"]["members"] == 41  # type: ignore[attr-defined]


def test_a_receiver_as_the_document_shows_it(tmp_path: Path) -> None:
    received = run(blocks("docs/webhooks.md")[0], tmp_path)["received"]
    secret, now = new_secret(), SystemClock().wall()
    letter = Letter("msg_1", "https://receiver.example/", b'{"type":"job.completed"}', [secret], now)
    assert received(letter.payload, letter.headers(), secret) == {"type": "job.completed"}  # type: ignore[operator]


def test_the_monitor_as_the_document_shows_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(blocks("docs/repair.md")[0], tmp_path)
    assert "minor_issue ['status=failed 但 progress=60'] True" in capsys.readouterr().out
