from collections.abc import Iterator
from pathlib import Path

import pytest

from errors.platform import Platform, platform
from jindu import App
from jindu.settings import Settings


@pytest.fixture(scope="session")
def upstream() -> Iterator[Platform]:
    with platform() as running:
        yield running


@pytest.fixture
def store_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/jindu.db"


@pytest.fixture
def app(store_url: str) -> App:
    """Not open yet."""
    return App(settings=Settings(store=store_url, grace=0))
