"""A backup taken from a running server and restored: live clients hear a new epoch, and see the job as the backup has it."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from jindu_client import AsyncClient
from support.server import ServerProcess


def jindu(server: ServerProcess, *arguments: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "jindu", *arguments, "--json"], env=server._env, capture_output=True, text=True, check=True
    )
    told: dict[str, Any] = json.loads(done.stdout)
    return told


@pytest.mark.promise("restored")
async def test_clients_of_a_restored_server_forget_and_go_on(server: ServerProcess, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    async with httpx.AsyncClient(base_url=server.url) as http:
        job = (await http.post("/v1/jobs", json={"type": "waiting"})).json()
        running = (await http.get(f"/v1/jobs/{job['id']}", params={"since": f"{job['epoch']}:1", "wait": 10})).json()
        assert jindu(server, "backup", str(copy), "--url", server.url)["bytes"] == copy.stat().st_size
        later = (await http.post("/v1/jobs", json={"type": "waiting"})).json()
        seen: list[tuple[str, int]] = []

        async def watch() -> None:
            async with AsyncClient(server.url) as client:
                async for update in client.watch(job["id"]):
                    seen.append((update.kind, update.seq))

        watching = asyncio.create_task(watch())
        async with asyncio.timeout(10):
            while not seen:
                await asyncio.sleep(0.01)
    server.kill()
    told = jindu(server, "restore", str(copy), "--store", f"sqlite:///{server.store}")
    assert Path(told["set_aside"]).exists()
    (tmp_path / "count.go").touch()
    server.start()
    async with asyncio.timeout(40):
        await watching
    assert seen[-1][0] == "complete"
    async with httpx.AsyncClient(base_url=server.url) as http:
        done = (await http.get(f"/v1/jobs/{job['id']}")).json()
        assert done["status"] == "completed"
        assert done["epoch"] != running["epoch"]
        assert (await http.get(f"/v1/jobs/{later['id']}")).status_code == 404
