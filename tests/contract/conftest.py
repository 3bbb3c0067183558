"""Every store joins the suite here: a backend is something that opens the same database again and again."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from contract.stories import running
from jindu.core.clock import ManualClock
from jindu.store.contract import Store
from jindu.store.opener import open_store

Backend = Callable[[], Awaitable[Store]]


@pytest.fixture(params=["sqlite"])
def backend(request: pytest.FixtureRequest, tmp_path: Path) -> Backend:
    urls = {"sqlite": f"sqlite:///{tmp_path}/jindu.db"}
    return lambda: open_store(urls[request.param], ManualClock())


@pytest.fixture
async def store(backend: Backend) -> AsyncIterator[Store]:
    async with running(await backend()) as store:
        yield store
