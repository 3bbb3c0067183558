"""One real server for the tests of this room that need one."""

from collections.abc import Iterator

import pytest

from support.server import UNHURRIED, ServerProcess


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    env = {**UNHURRIED, "JINDU_CONCURRENCY": "100"}
    with ServerProcess("client_python.sdk_jobs:app", tmp_path_factory.mktemp("sdk"), env=env) as process:
        yield process
