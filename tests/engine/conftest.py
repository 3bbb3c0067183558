"""An app on a real store in the test's own folder; bodies that do not listen are given up quickly."""

from pathlib import Path

import pytest

from jindu import App
from jindu.engine import commands, run
from jindu.settings import Settings


@pytest.fixture(autouse=True)
def _short_graces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "STOP_GRACE", 0.3)
    monkeypatch.setattr(commands, "TERM_GRACE", 0.3)


@pytest.fixture
def store_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/jindu.db"


@pytest.fixture
def app(store_url: str) -> App:
    """Not open yet: declare jobs, then `async with app.open() as node`. Draining does not wait."""
    return App(settings=Settings(store=store_url, grace=0))
