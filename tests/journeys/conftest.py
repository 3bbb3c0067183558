from collections.abc import Iterator
from pathlib import Path

import pytest

from support.server import ServerProcess


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    """A running server of the journeys' jobs; `tmp_path / "count"` is the count kept outside."""
    env = {"JOURNEY_COUNT": str(tmp_path / "count"), "JINDU_GRACE": "4"}
    with ServerProcess("journeys.journey_jobs:app", tmp_path, env=env) as process:
        yield process
