"""One server for all tests of the room, whose limits of time are short."""

from collections.abc import Iterator

import pytest

from support.server import ServerProcess

LIMIT = 1.0  # seconds: the requests of the other tests have to come in time too, on a busy machine
BODY = 1.5


@pytest.fixture(scope="session")
def wired(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    env = {
        "JINDU_HEADER_SECONDS": str(LIMIT),
        "JINDU_BODY_SECONDS": str(BODY),
        "JINDU_CONCURRENCY": "50",
        "JINDU_BODY_BYTES": "300000",
    }
    with ServerProcess("wire.wire_jobs:app", tmp_path_factory.mktemp("wire"), env=env) as process:
        yield process
