from collections.abc import Iterator

import httpx
import pytest

from support.receiver import Receiver
from support.server import ServerProcess
from web.conftest import looked_over


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server that may send to this machine."""
    env = {"JINDU_WEBHOOK_NETWORKS": "127.0.0.0/8", "JINDU_CONCURRENCY": "50"}
    with ServerProcess("web.web_jobs:app", tmp_path_factory.mktemp("webhooks"), env=env) as process:
        yield process


@pytest.fixture
def http(server: ServerProcess) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, event_hooks={"response": [looked_over]}) as client:
        yield client


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver
