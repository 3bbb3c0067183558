"""A server for the JavaScript client, and its packages."""

import subprocess
from collections.abc import Iterator

import pytest

from support.javascript import NO_PACKAGES, SDK, has_packages
from support.node import NO_NODE, found
from support.server import UNHURRIED, ServerProcess


@pytest.fixture(scope="session")
def node() -> str:
    """Node.js, with the packages of the client installed and its files built."""
    program = found()
    if program is None:
        pytest.skip(NO_NODE)
    if not has_packages():
        pytest.skip(NO_PACKAGES)
    return program


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    folder = tmp_path_factory.mktemp("javascript")
    env = {"JOURNEY_COUNT": str(folder / "count"), "JINDU_GRACE": "4", "JINDU_CONCURRENCY": "40"}
    with ServerProcess("journeys.journey_jobs:app", folder, env=env) as process:
        yield process


@pytest.fixture(scope="session")
def built(node: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """What `build.js` printed."""
    done = subprocess.run([node, "build.js"], cwd=SDK, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def readme_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """With the jobs that the README watches."""
    with ServerProcess("client_javascript.readme_jobs:app", tmp_path_factory.mktemp("readme")) as process:
        yield process


@pytest.fixture(scope="module")
def keyed_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """For who makes keys: from then on it asks for them."""
    with ServerProcess("client_javascript.readme_jobs:app", tmp_path_factory.mktemp("keyed"), env=UNHURRIED) as process:
        yield process
