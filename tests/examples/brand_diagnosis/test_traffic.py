"""Row A7: the shipped diagnosis watched to its end over one connection, against the same watched by polling."""

import asyncio
from pathlib import Path

import httpx
from examples.brand_diagnosis.app import demo_params

from jindu_client import AsyncClient, Update
from support.counting_proxy import Counts, counting
from support.server import ForkedServer

PACE = 0.5  # frames a second for progress
POLL_EVERY = 0.5  # seconds
FRAMES_AT_MOST = 5 * 1024  # bytes, results apart
# Slow enough that the job lasts several seconds, as with a platform of the outside world.
RATE = {"LOCAL_PLATFORM_TOKENS_PER_SECOND": "40"}


def size_of_results(updates: list[Update]) -> int:
    """Bytes of partial results and the result, as JSON."""
    values = [update.data for update in updates if update.kind == "result"] + [updates[-1].result]
    return sum(len(httpx.Request("POST", "http://x", json=value).content) for value in values)


async def watched(counts: Counts, job_id: str) -> list[Update]:
    async with AsyncClient(counts.url) as client:
        return [update async for update in client.watch(job_id, pace=PACE)]


async def polled(counts: Counts, job_id: str) -> None:
    async with httpx.AsyncClient(base_url=counts.url) as http:
        while not (await http.get(f"/v1/jobs/{job_id}")).json()["is_completed"]:
            await asyncio.sleep(POLL_EVERY)


async def test_watching_costs_one_connection_and_a_tenth_of_polling(tmp_path: Path) -> None:
    with ForkedServer("examples.brand_diagnosis.app:app", tmp_path, env=RATE) as server:
        async with asyncio.timeout(90), counting(server.port) as socket, counting(server.port) as polling:
            submitted = httpx.post(f"{server.url}/v1/jobs", json={"type": "diagnose", "params": demo_params()})
            job_id = submitted.json()["id"]
            updates, _ = await asyncio.gather(watched(socket, job_id), polled(polling, job_id))
    assert updates[-1].kind == "complete"
    assert socket.connections == 1
    frames = socket.bytes - size_of_results(updates)
    assert frames <= FRAMES_AT_MOST
    assert polling.bytes >= 10 * frames
