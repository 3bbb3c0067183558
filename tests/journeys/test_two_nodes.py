"""Two nodes over one Redis: what is done on one is seen, and holds, on the other."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import orjson
import pytest
from websockets.asyncio.client import connect

from chaos.nodes import NodeProcess, several
from chaos.test_redis_faults import ended, eventually, frame
from support.redis import RedisProcess


@pytest.fixture
async def nodes(tmp_path: Path) -> AsyncIterator[list[NodeProcess]]:
    with RedisProcess(tmp_path) as redis:
        async with several(redis, tmp_path, "chaos.nodes_jobs:app", 2) as nodes:
            yield nodes


async def test_what_one_node_does_holds_on_the_other(nodes: list[NodeProcess]) -> None:
    here, there = nodes
    async with httpx.AsyncClient(base_url=here.url) as one, httpx.AsyncClient(base_url=there.url) as other:
        await eventually(lambda: both_known(one))
        # A pause holds everywhere, and so does its end.
        assert (await one.post("/v1/types/work/pause")).is_success
        job_id = (await other.post("/v1/jobs", json={"type": "work"})).json()["id"]
        await eventually(lambda: why(other, job_id, "paused"))
        # A feed of one node shows what the other runs.
        async with connect(f"ws://127.0.0.1:{there.port}/v1/ws", subprotocols=["jindu.v1"]) as socket:  # type: ignore[list-item]
            await socket.send(orjson.dumps({"type": "subscribe", "channels": {"jobs": 0}}).decode())
            await frame(socket, lambda told: told["type"] == "subscribed")
            assert (await one.post("/v1/types/work/resume")).is_success
            await frame(socket, lambda told: told.get("job") == job_id and told["state"]["status"] == "completed")
        # The same key on both is one job.
        asked = {"json": {"type": "single"}, "headers": {"Idempotency-Key": "order-1"}}
        same = {(await client.post("/v1/jobs", **asked)).json()["id"] for client in (one, other, one)}  # type: ignore[arg-type]
        assert len(same) == 1
        await ended(there, [job_id, *same])


async def test_a_running_job_is_cancelled_from_any_node(nodes: list[NodeProcess]) -> None:
    async with httpx.AsyncClient(base_url=nodes[0].url) as one, httpx.AsyncClient(base_url=nodes[1].url) as other:
        for client in (one, other):  # one of the two does not run it
            job_id = (await one.post("/v1/jobs", json={"type": "work"})).json()["id"]
            await eventually(lambda job_id=job_id: status(other, job_id, "running"))
            answer = await client.post(f"/v1/jobs/{job_id}/cancel")
            assert answer.status_code in (200, 202), answer.text
            await eventually(lambda job_id=job_id: status(one, job_id, "cancelled"))


async def test_a_batch_over_both_nodes_ends_once_for_who_watches_either(nodes: list[NodeProcess]) -> None:
    jobs = [{"type": type} for type in ("work", "single", "work", "second_try", "work", "work")]
    async with httpx.AsyncClient(base_url=nodes[0].url, timeout=30) as one:
        batch = (await one.post("/v1/batches", json={"jobs": jobs})).json()
        async with connect(f"ws://127.0.0.1:{nodes[1].port}/v1/ws", subprotocols=["jindu.v1"]) as socket:  # type: ignore[list-item]
            await socket.send(orjson.dumps({"type": "subscribe", "channels": {f"batch:{batch['id']}": 0}}).decode())
            told = await frame(socket, lambda told: told["type"] in ("complete", "error"))
        assert told["type"] == "complete"
        assert told["state"]["result"]["counts"]["completed"] == len(jobs)
        await ended(nodes[1], batch["jobs"])


async def both_known(client: httpx.AsyncClient) -> bool:
    return len((await client.get("/v1/stats")).json()["nodes"]) == 2


async def status(client: httpx.AsyncClient, job_id: str, wanted: str) -> bool:
    return bool((await client.get(f"/v1/jobs/{job_id}")).json()["status"] == wanted)


async def why(client: httpx.AsyncClient, job_id: str, code: str) -> bool:
    reasons = (await client.get(f"/v1/jobs/{job_id}/why")).json()["reasons"]
    return code in [reason["code"] for reason in reasons]


async def test_a_key_made_on_one_node_opens_the_other_and_is_revoked_there(tmp_path: Path) -> None:
    with RedisProcess(tmp_path) as redis:
        async with several(redis, tmp_path, "chaos.nodes_jobs:app", 2) as nodes:
            async with httpx.AsyncClient(base_url=nodes[0].url) as one, httpx.AsyncClient(base_url=nodes[1].url) as other:
                made = await one.post("/v1/keys", json={"name": "ops", "scopes": ["submit", "watch", "operate"]})
                key = made.json()
                headers = {"Authorization": f"Bearer {key['key']}"}

                async def opens() -> bool:
                    return (await other.get("/v1/stats", headers=headers)).status_code == 200

                async def is_closed() -> bool:
                    return (await other.get("/v1/stats")).status_code == 401

                await eventually(opens)
                await eventually(is_closed)
                assert (await one.delete(f"/v1/keys/{key['id']}", headers=headers)).is_success

                async def refuses() -> bool:
                    return (await other.get("/v1/stats", headers=headers)).status_code == 401

                await eventually(refuses)
