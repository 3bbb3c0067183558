"""kill -9 while batches are open: every job ends, every batch ends once, behind all of its jobs."""

import asyncio

import httpx
import pytest

from support.server import ServerProcess

BATCHES, JOBS = 3, 10


async def moved(http: httpx.AsyncClient, batch_id: str) -> None:
    """Until its jobs are in the middle of their work."""
    async with asyncio.timeout(30):
        while True:
            batch = (await http.get(f"/v1/batches/{batch_id}")).json()
            assert not batch["is_completed"]
            if batch["progress"] > 10:
                return
            await asyncio.sleep(0.005)


@pytest.mark.promise("killed")
async def test_batches_end_once_whatever_dies(server: ServerProcess) -> None:
    jobs = [{"type": "counting", "params": {"number": number}} for number in range(JOBS)]
    async with httpx.AsyncClient(base_url=server.url, timeout=30) as http:
        made = [(await http.post("/v1/batches", json={"jobs": jobs})).json() for _ in range(BATCHES)]
        await moved(http, made[0]["id"])
    server.kill()
    server.start()
    async with httpx.AsyncClient(base_url=server.url, timeout=30) as http:
        for batch in made:
            polled = (await http.get("/v1/stream", params={"channels": f"batch:{batch['id']}@0"}, timeout=60)).text
            assert polled.count('"type":"complete"') == 1
            done = (await http.get(f"/v1/batches/{batch['id']}")).json()
            assert done["counts"] == {"pending": 0, "running": 0, "completed": JOBS, "failed": 0, "cancelled": 0}
            for job_id in batch["jobs"]:
                job = (await http.get(f"/v1/jobs/{job_id}")).json()
                assert job["status"] == "completed"
                assert job["finished_at"] <= done["finished_at"]
