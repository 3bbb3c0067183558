from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.running import Jindu
from support.server import ServerProcess


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cli")


@pytest.fixture(scope="session")
def server(folder: Path) -> Iterator[ServerProcess]:
    """One server for all tests here: its jobs stay, so tests name what they look for."""
    env = {"JOURNEY_COUNT": str(folder / "count"), "JINDU_GRACE": "0"}
    with ServerProcess("journeys.journey_jobs:app", folder, env=env) as process:
        yield process


@pytest.fixture(scope="session")
def jindu(server: ServerProcess, folder: Path) -> Jindu:
    return Jindu({"JINDU_URL": server.url, "COLUMNS": "200", "PYTHONUTF8": "1"}, folder)
