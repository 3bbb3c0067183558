from collections.abc import Iterator

import httpx
import pytest

from support.server import ServerProcess
from web.conftest import looked_over


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with ServerProcess("web.observing.observed_jobs:app", tmp_path_factory.mktemp("observing")) as process:
        yield process


@pytest.fixture
def http(server: ServerProcess) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, event_hooks={"response": [looked_over]}, timeout=30) as client:
        yield client
