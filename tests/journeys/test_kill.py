"""kill -9 of the server while jobs are open: nothing accepted is lost, everything ends once, steps happen once."""

import asyncio
from collections import Counter
from pathlib import Path

import httpx
import pytest

from jindu_client import AsyncClient
from support.falls import Climb
from support.server import ServerProcess

ROUNDS, JOBS, WATCHED = 10, 50, 5
STEPS = 6


async def until_in_the_middle(http: httpx.AsyncClient, count: Path, lines: int) -> None:
    """Until ten jobs run and the bodies have really begun their work."""
    async with asyncio.timeout(20):
        while True:
            running = (await http.get("/v1/jobs", params={"status": "running", "limit": 100})).json()["items"]
            middle = [job for job in running if job["stage"] in ("first", "second", "third")]
            begun = len(count.read_text().splitlines()) if count.exists() else 0
            if len(middle) >= 10 and begun >= lines:
                return
            await asyncio.sleep(0.005)


async def submitted(http: httpx.AsyncClient, first: int) -> dict[str, int]:
    """Fifty jobs at once; their numbers by the ids that were acknowledged."""

    async def one(number: int) -> tuple[str, int]:
        answer = await http.post("/v1/jobs", json={"type": "counting", "params": {"number": number}})
        assert answer.status_code == 202
        return answer.json()["id"], number

    return dict(await asyncio.gather(*(one(first + place) for place in range(JOBS))))


async def watched(url: str, job_id: str) -> Climb:
    """Everything one reconnecting client sees of a job, checked as it comes."""
    climb = Climb(job_id, ["init", "first", "second", "third", "completed"])
    async with AsyncClient(url) as client:
        async for update in client.watch(job_id):
            climb.see(update)
    return climb


@pytest.mark.promise("killed")
async def test_ten_rounds_of_fifty_jobs_survive_kill_minus_nine(server: ServerProcess, tmp_path: Path) -> None:
    count = tmp_path / "count"
    everything: dict[str, int] = {}
    for number in range(ROUNDS):
        async with httpx.AsyncClient(base_url=server.url, timeout=30) as http:
            jobs = await submitted(http, number * 1000)
            watches = [asyncio.create_task(watched(server.url, job_id)) for job_id in list(jobs)[:WATCHED]]
            await until_in_the_middle(http, count, len(everything) * STEPS + 12)
        server.kill()
        server.start()
        async with asyncio.timeout(60):
            climbs = await asyncio.gather(*watches)
        await all_completed(server.url, jobs)
        assert all(climb.ends == 1 and climb.results == 3 for climb in climbs)
        everything |= jobs
    ran = Counter(count.read_text().splitlines())
    assert len(ran) == len(everything) * STEPS, "a step that never ran"
    again = {line: times for line, times in ran.items() if times > 1}
    # Only a step in flight at a kill may run twice, and ten jobs run at once.
    assert sum(times - 1 for times in again.values()) <= ROUNDS * 10, again


async def all_completed(url: str, jobs: dict[str, int]) -> None:
    async with httpx.AsyncClient(base_url=url, timeout=30) as http:
        async with asyncio.timeout(60):
            for job_id, number in jobs.items():
                while not (job := (await http.get(f"/v1/jobs/{job_id}")).json())["is_completed"]:
                    await asyncio.sleep(0.02)
                assert job["status"] == "completed"
                assert job["attempt"] == 1
                assert job["result"]["number"] == number
                assert len(job["result"]["seen"]) == STEPS
                assert [kept["data"]["stage"] for kept in job["partial"]] == ["first", "second", "third"]
