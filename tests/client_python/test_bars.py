"""What `wait(progress=…)` draws, by each means; the notebook's own bar is tried in a real kernel, in test_notebook."""

import asyncio
import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from client_python.hostile_server import HostileServer
from client_python.stories import JOB, telling, told
from jindu_client import Client, JobFailed, Update

STORY = told(6)


def waited(progress: Any, end: str = "completed") -> None:
    with HostileServer(telling(told(8, end=end))) as server, Client(server.url) as client:
        client.job(JOB).wait(timeout=20, progress=progress)


def test_a_callable_takes_each_update() -> None:
    seen: list[Update] = []
    waited(seen.append)
    assert seen[-1].is_end
    assert len(seen) > 5


@pytest.mark.parametrize("kind", ["rich", "tqdm"])
def test_a_bar_of_a_kind(capsys: pytest.CaptureFixture[str], kind: str) -> None:
    waited(kind)
    shown = capsys.readouterr()
    assert "100.0%" in shown.err
    assert shown.out == ""


@pytest.mark.parametrize("kind", ["rich", "tqdm", "lines"])
def test_a_bar_of_a_job_that_failed_shows_how_far_it_came(capsys: pytest.CaptureFixture[str], kind: str) -> None:
    with pytest.raises(JobFailed):
        waited(kind, "failed")
    assert "42.0%" in capsys.readouterr().err


def test_no_such_bar() -> None:
    with pytest.raises(ValueError, match="rich"):
        waited("ascii")


def test_tqdm_is_taken_where_there_is_no_rich(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rich", None)
    waited(True)
    assert "100.0%|" in capsys.readouterr().err


def test_a_shell_without_a_display_is_no_notebook(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """IPython in a terminal. The notebook itself is tried in a real kernel, in test_notebook."""
    terminal = ModuleType("IPython")
    terminal.get_ipython = lambda: SimpleNamespace(kernel=None)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "IPython", terminal)
    waited(True)
    assert "100.0%" in capsys.readouterr().err


async def test_a_blocking_client_within_a_running_loop() -> None:
    """As in a notebook: the loop runs, and is held up, and nothing is broken by it."""
    with HostileServer(telling(STORY)) as server, Client(server.url) as client:
        assert client.job(JOB).wait(timeout=20) == {"n": 6}
    assert asyncio.get_running_loop().is_running()
