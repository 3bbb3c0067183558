"""What befalls Redis itself: killed and started again, paused, emptied. No false success, no end twice; clients are told when
history begins anew; the nodes recover by themselves and are not ready meanwhile."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from websockets.asyncio.client import ClientConnection, connect

from chaos.nodes import NodeProcess, several
from chaos.nodes_jobs import STAGES
from support.redis import SAFE, RedisProcess

WITHIN = 90.0  # seconds
LONGER_THAN_A_LEASE = 13.0  # seconds


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisProcess]:
    with RedisProcess(tmp_path) as process:
        yield process


async def eventually(condition: Callable[[], Any]) -> Any:
    """What `condition` returns (or awaits to) once it is true."""
    async with asyncio.timeout(WITHIN):
        while True:
            found = condition()
            found = await found if asyncio.iscoroutine(found) else found
            if found:
                return found
            await asyncio.sleep(0.05)


async def ready(node: NodeProcess) -> bool:
    async with httpx.AsyncClient(base_url=node.url, timeout=WITHIN) as http:
        return (await http.get("/readyz")).status_code == 200


async def not_ready(node: NodeProcess) -> bool:
    return not await ready(node)


async def submitted(node: NodeProcess, number: int, type: str = "work") -> list[str]:
    async with httpx.AsyncClient(base_url=node.url, timeout=WITHIN) as http:
        answers = [await http.post("/v1/jobs", json={"type": type}) for _ in range(number)]
    return [answer.json()["id"] for answer in answers if answer.status_code == 202]


async def ended(node: NodeProcess, job_ids: list[str]) -> None:
    """Each of them completes, once."""
    async with httpx.AsyncClient(base_url=node.url, timeout=WITHIN) as http:
        for job_id in job_ids:

            async def over(job_id: str = job_id) -> bool:
                answer = await http.get(f"/v1/jobs/{job_id}")
                return answer.status_code == 200 and answer.json()["is_completed"]

            await eventually(over)
            seen = (await http.get(f"/v1/jobs/{job_id}")).json()
            assert seen["status"] == "completed", (seen["error"], seen)
            assert [one["key"] for one in seen["partial"]] == STAGES
            events = (await http.get(f"/v1/jobs/{job_id}/events", params={"limit": 1000})).json()["items"]
            assert sum(event["kind"] in ("return", "fail", "cancel") for event in events) == 1


@asynccontextmanager
async def watching(node: NodeProcess, job_id: str) -> AsyncIterator[ClientConnection]:
    async with connect(f"ws://127.0.0.1:{node.port}/v1/ws", subprotocols=["jindu.v1"]) as socket:  # type: ignore[list-item]
        await socket.send(orjson.dumps({"type": "subscribe", "channels": {f"job:{job_id}": 0}}).decode())
        yield socket


async def frame(socket: ClientConnection, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The next frame that is `wanted`."""
    async with asyncio.timeout(WITHIN):
        while True:
            told = orjson.loads(await socket.recv())
            for one in told if isinstance(told, list) else [told]:
                if wanted(one):
                    found: dict[str, Any] = one
                    return found


@pytest.mark.timeout(400)
async def test_killed_and_started_again_nothing_acknowledged_is_lost(redis: RedisProcess, tmp_path: Path) -> None:
    async with several(redis, tmp_path, "chaos.nodes_jobs:app", 2) as nodes:
        jobs = await submitted(nodes[0], 12)
        async with watching(nodes[1], jobs[-1]) as socket:
            hello = await frame(socket, lambda one: one["type"] == "hello")
            await frame(socket, lambda one: one["type"] == "subscribed")
            redis.kill()
            await asyncio.gather(*(eventually(lambda node=node: not_ready(node)) for node in nodes))
            assert await submitted(nodes[0], 2) == [], "nothing is promised that cannot be kept"
            redis.start()
            await asyncio.gather(*(eventually(lambda node=node: ready(node)) for node in nodes))
            again = await frame(socket, lambda one: one["type"] == "hello")
            assert again["epoch"] != hello["epoch"], "appendfsync is everysec: the last second may be lost"
            await frame(socket, lambda one: one["type"] == "complete" and one["job"] == jobs[-1])
        jobs += await submitted(nodes[1], 3)
        await ended(nodes[0], jobs)


@pytest.mark.timeout(400)
async def test_with_each_write_synced_history_goes_on(tmp_path: Path) -> None:
    with RedisProcess(tmp_path, (*SAFE, "--appendfsync", "always")) as redis:
        async with several(redis, tmp_path, "chaos.nodes_jobs:app", 1) as nodes:
            jobs = await submitted(nodes[0], 4)
            before = redis.client.get("{j}:epoch")
            redis.kill()
            await eventually(lambda: not_ready(nodes[0]))
            redis.start()
            await ended(nodes[0], jobs)
            assert redis.client.get("{j}:epoch") == before


@pytest.mark.timeout(400)
async def test_paused_for_longer_than_a_lease_the_service_goes_on_by_itself(redis: RedisProcess, tmp_path: Path) -> None:
    async with several(redis, tmp_path, "chaos.nodes_jobs:app", 2) as nodes:
        jobs = await submitted(nodes[0], 10)
        before = redis.client.get("{j}:epoch")
        redis.pause()
        await asyncio.sleep(LONGER_THAN_A_LEASE)
        redis.go_on()
        await asyncio.gather(*(eventually(lambda node=node: ready(node)) for node in nodes))
        jobs += await submitted(nodes[1], 2)
        await ended(nodes[1], jobs)
        assert redis.client.get("{j}:epoch") == before, "nothing was lost"


@pytest.mark.timeout(400)
async def test_emptied_nobody_is_told_of_success_and_all_are_told_to_forget(redis: RedisProcess, tmp_path: Path) -> None:
    async with several(redis, tmp_path, "chaos.nodes_jobs:app", 2) as nodes:
        jobs = await submitted(nodes[0], 8, "single")
        async with watching(nodes[1], jobs[-1]) as socket:
            hello = await frame(socket, lambda one: one["type"] == "hello")
            await frame(socket, lambda one: one["type"] == "subscribed")
            redis.client.flushall()
            again = await frame(socket, lambda one: one["type"] in ("hello", "complete"))
            assert again["type"] == "hello"
            assert again["epoch"] != hello["epoch"]
            gone = await frame(socket, lambda one: one["type"] in ("problem", "complete"))
            assert gone["type"] == "problem"
            assert gone["channel"] == f"job:{jobs[-1]}"
        await asyncio.gather(*(eventually(lambda node=node: ready(node)) for node in nodes))
        await ended(nodes[0], await submitted(nodes[1], 3))
        async with httpx.AsyncClient(base_url=nodes[0].url, timeout=WITHIN) as http:
            assert (await http.get(f"/v1/jobs/{jobs[-1]}")).status_code == 404
