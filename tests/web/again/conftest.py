"""A server with more jobs than the room's; answers without a body have nothing to look over."""

from collections.abc import Iterator

import httpx
import pytest

from support.server import ServerProcess
from web.conftest import looked_over


def with_body_looked_over(answer: httpx.Response) -> None:
    if answer.status_code not in (204, 304):
        looked_over(answer)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    env = {"JINDU_CONCURRENCY": "50"}
    with ServerProcess("web.again.again_jobs:app", tmp_path_factory.mktemp("again"), env=env) as process:
        yield process


@pytest.fixture
def http(server: ServerProcess) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, event_hooks={"response": [with_body_looked_over]}) as client:
        yield client
