"""The app on an ASGI server that is not ours: no frames straight to the transport, and still every transport tells all."""

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from support.rawclient import Held
from support.server import ServerProcess
from support.transports import TRANSPORTS, Transport

PARTS = 20


class Hypercorn(ServerProcess):
    """The same app, served by hypercorn."""

    @property
    def command(self) -> list[str]:
        config = ["--bind", f"127.0.0.1:{self.port}", "--workers", "1", "--graceful-timeout", "1"]
        return [sys.executable, "-m", "hypercorn", *config, self._target]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    folder: Path = tmp_path_factory.mktemp("hypercorn")
    env = {"JINDU_STORE": f"sqlite:///{folder}/jindu.db"}
    with Hypercorn("journeys.elsewhere_jobs:app", folder, env=env) as process:
        yield process


@pytest.mark.parametrize("transport", TRANSPORTS, ids=lambda transport: transport.__name__)
async def test_each_transport_tells_a_job_to_its_end(server: ServerProcess, transport: Transport) -> None:
    async with httpx.AsyncClient(base_url=server.url) as http:
        job = (await http.post("/v1/jobs", json={"type": "parts", "params": {"number": PARTS}})).json()["id"]
    held = Held(job)
    async with asyncio.timeout(60):
        await transport(server.url, held)
    assert [end["type"] for end in held.ends] == ["complete"]
    assert held.state["result"] == PARTS
    # Snapshots are polled: what came between two is in the next, in the order of its making.
    assert [key for key, _ in held.order] == [str(number) for number in range(PARTS)]
