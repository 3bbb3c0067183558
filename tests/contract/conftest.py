"""Every store joins the suite here: a backend is something that opens the same database again and again."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from contract.stories import running
from jindu.core.clock import ManualClock
from jindu.store.contract import Store
from jindu.store.opener import open_store
from support.redis import RedisCluster, RedisProcess

Backend = Callable[[], Awaitable[Store]]


@pytest.fixture(scope="session")
def redis_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisProcess]:
    """One for all tests of a session: each begins with it empty."""
    with RedisProcess(tmp_path_factory.mktemp("redis")) as process:
        yield process


@pytest.fixture(scope="session")
def redis_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisCluster]:
    """The same, of three."""
    with RedisCluster(tmp_path_factory.mktemp("cluster")) as cluster:
        yield cluster


STORES = {"sqlite": "", "redis": "redis_process", "redis-cluster": "redis_cluster"}  # and the fixtures that they need


@pytest.fixture(params=STORES)
def backend(request: pytest.FixtureRequest, tmp_path: Path) -> Backend:
    url = f"sqlite:///{tmp_path}/jindu.db"
    if STORES[request.param]:
        process: RedisProcess | RedisCluster = request.getfixturevalue(STORES[request.param])
        process.client.flushall()
        url = process.url
    return lambda: open_store(url, ManualClock())


@pytest.fixture
async def store(backend: Backend) -> AsyncIterator[Store]:
    async with running(await backend()) as store:
        yield store
