"""Two nodes over one Redis: what is done on one is seen, and holds, on the other."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx
import orjson
import pytest
from websockets.asyncio.client import connect

from chaos.nodes import NodeProcess, several
from chaos.test_redis_faults import WITHIN, ended, eventually, frame
from support.receiver import Receiver
from support.redis import RedisCluster, RedisProcess

pytestmark = pytest.mark.timeout(400)


@pytest.fixture(scope="module", params=[RedisProcess, RedisCluster])
def nodes(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[NodeProcess]]:
    """For those tests that leave both as they found them."""
    folder = tmp_path_factory.mktemp("nodes")
    with request.param(folder) as redis, asyncio.Runner() as runner:
        open_nodes = several(redis, folder, "chaos.nodes_jobs:app", 2)
        yield runner.run(open_nodes.__aenter__())
        runner.run(open_nodes.__aexit__(None, None, None))


async def test_what_one_node_does_holds_on_the_other(nodes: list[NodeProcess]) -> None:
    here, there = nodes
    async with (
        httpx.AsyncClient(base_url=here.url, timeout=WITHIN) as one,
        httpx.AsyncClient(base_url=there.url, timeout=WITHIN) as other,
    ):
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
    async with (
        httpx.AsyncClient(base_url=nodes[0].url, timeout=WITHIN) as one,
        httpx.AsyncClient(base_url=nodes[1].url, timeout=WITHIN) as other,
    ):
        for client in (one, other):  # one of the two does not run it
            job_id = (await one.post("/v1/jobs", json={"type": "work"})).json()["id"]
            await eventually(lambda job_id=job_id: status(other, job_id, "running"))
            answer = await client.post(f"/v1/jobs/{job_id}/cancel")
            assert answer.status_code in (200, 202), answer.text
            await eventually(lambda job_id=job_id: status(one, job_id, "cancelled"))


async def test_a_batch_over_both_nodes_ends_once_for_who_watches_either(nodes: list[NodeProcess]) -> None:
    jobs = [{"type": type} for type in ("work", "single", "work", "second_try", "work", "work")]
    async with httpx.AsyncClient(base_url=nodes[0].url, timeout=WITHIN) as one:
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
            async with (
                httpx.AsyncClient(base_url=nodes[0].url, timeout=WITHIN) as one,
                httpx.AsyncClient(base_url=nodes[1].url, timeout=WITHIN) as other,
            ):
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


async def test_an_end_on_any_node_is_told_once_to_a_webhook_that_was_made_on_another(tmp_path: Path) -> None:
    networks = {"JINDU_WEBHOOK_NETWORKS": "127.0.0.0/8"}
    with RedisProcess(tmp_path) as redis, Receiver() as receiver:
        async with several(redis, tmp_path, "chaos.nodes_jobs:app", 2, **networks) as nodes:
            async with httpx.AsyncClient(base_url=nodes[0].url, timeout=WITHIN) as one:
                async with httpx.AsyncClient(base_url=nodes[1].url, timeout=WITHIN) as other:
                    made = (await one.post("/v1/webhooks", json={"url": receiver.url})).json()

                    async def known() -> bool:
                        return len((await other.get("/v1/webhooks")).json()["items"]) == 1

                    await eventually(known)
                    asked = [{"type": "work"}, {"type": "work"}, {"type": "single"}]
                    jobs = [(await other.post("/v1/jobs", json=body)).json()["id"] for body in asked]
                    await ended(nodes[0], jobs)
            letters = await asyncio.to_thread(receiver.wait, len(jobs))
            told = Counter(letter.verified(made["secret"])["data"]["id"] for letter in letters)
    assert told == Counter(jobs)


async def test_schedules_go_on_when_the_node_that_leads_them_is_killed(tmp_path: Path) -> None:
    with RedisProcess(tmp_path) as redis:
        async with several(redis, tmp_path, "chaos.nodes_jobs:app", 2) as nodes:

            async def led_by() -> str:
                return "".join((redis.client.get(key) or b"").decode() for key in redis.client.keys("{j}:lead:schedules*"))

            async with httpx.AsyncClient(base_url=nodes[0].url, timeout=WITHIN) as http:
                await eventually(lambda: both_known(http))
                made = await http.post("/v1/schedules", json={"id": "tidy", "type": "work", "every": 1, "overlap": "queue"})
                assert made.status_code == 201, made.text
                await eventually(lambda: runs(http, 2))
                leader = await eventually(led_by)
                shown = (await http.get("/v1/stats")).json()["nodes"]
                pid = next(one["pid"] for one in shown if one["boot"] == leader)
            dead, lives = sorted(nodes, key=lambda node: node.pid != pid)
            assert dead.pid == pid
            dead.kill()
            async with httpx.AsyncClient(base_url=lives.url, timeout=WITHIN) as http:
                before = (await http.get("/v1/schedules/tidy")).json()["runs"]
                await eventually(lambda: runs(http, before + 3))
                assert await led_by() not in ("", leader)
                assert (await http.post("/v1/schedules/tidy/pause")).is_success
                number = (await http.get("/v1/schedules/tidy")).json()["runs"]
                jobs = (await http.get("/v1/jobs", params={"tag": "schedule:tidy", "limit": 200})).json()["items"]
                await ended(lives, [job["id"] for job in jobs])
    assert 0 <= len(jobs) - number <= 1, "each due time ran once; the pause may have come between a run and its count"


async def runs(client: httpx.AsyncClient, number: int) -> bool:
    return bool((await client.get("/v1/schedules/tidy")).json()["runs"] >= number)


async def test_a_rate_is_one_rate_on_all_nodes(tmp_path: Path) -> None:
    slow = {"JINDU_READS_PER_SECOND": "0.01", "JINDU_RATE_BURST": "20"}
    with RedisProcess(tmp_path) as redis:
        async with several(redis, tmp_path, "chaos.nodes_jobs:app", 2, **slow) as nodes:
            async with httpx.AsyncClient(base_url=nodes[0].url, timeout=WITHIN) as one:
                async with httpx.AsyncClient(base_url=nodes[1].url, timeout=WITHIN) as other:
                    answers = [await client.get("/v1/types") for _ in range(15) for client in (one, other)]
    codes = [answer.status_code for answer in answers]
    assert codes == [200] * 20 + [429] * 10
    assert int(answers[-1].headers["retry-after"]) > 0
