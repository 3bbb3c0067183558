"""What befalls one server of a cluster that nodes work on: killed and started again, with all that was acknowledged."""

import asyncio
from pathlib import Path

import httpx
import pytest

from chaos.nodes import several
from chaos.test_redis_faults import LONGER_THAN_A_LEASE, WITHIN, ended, eventually, frame, not_ready, ready, submitted, watching
from support.redis import SAFE, RedisCluster

TYPES = ("work", "single", "second_try")


@pytest.mark.timeout(400)
@pytest.mark.parametrize("slot", ["j", "j0"])
async def test_a_master_killed_and_started_again_loses_nothing(tmp_path: Path, slot: str) -> None:
    """The one with what is of no type, or the one with the type that is watched: from the node that did not take it."""
    with RedisCluster(tmp_path) as cluster:
        async with several(cluster, tmp_path, "chaos.nodes_jobs:app", 2) as nodes:
            jobs = [job for type in TYPES for job in await submitted(nodes[0], 5, type)]
            async with httpx.AsyncClient(base_url=nodes[1].url, timeout=WITHIN) as http:
                asked = {"jobs": [{"type": type} for type in TYPES]}
                batch = (await http.post("/v1/batches", json=asked)).json()
            watched = jobs[4]  # the last of "work"
            async with watching(nodes[1], watched) as socket:
                hello = await frame(socket, lambda one: one["type"] == "hello")
                await frame(socket, lambda one: one["type"] == "subscribed")
                killed = cluster.master_of(slot)
                killed.kill()
                await asyncio.gather(*(eventually(lambda node=node: not_ready(node)) for node in nodes))
                assert await submitted(nodes[0], 2) == [], "nothing is promised that cannot be kept"
                killed.start()
                await asyncio.gather(*(eventually(lambda node=node: ready(node)) for node in nodes))
                again = await frame(socket, lambda one: one["type"] == "hello")
                assert again["epoch"] != hello["epoch"], "appendfsync is everysec: the last second may be lost"
                await frame(socket, lambda one: one["type"] == "complete" and one["job"] == watched)
            jobs += await submitted(nodes[1], 3)
            await ended(nodes[0], jobs + batch["jobs"])


@pytest.mark.timeout(400)
async def test_with_each_write_synced_history_goes_on(tmp_path: Path) -> None:
    with RedisCluster(tmp_path, (*SAFE, "--appendfsync", "always")) as cluster:
        async with several(cluster, tmp_path, "chaos.nodes_jobs:app", 2) as nodes:
            jobs = [job for type in TYPES for job in await submitted(nodes[0], 3, type)]
            before = cluster.client.get("{j}:epoch")
            killed = cluster.master_of("j0")
            killed.kill()
            await eventually(lambda: not_ready(nodes[0]))
            killed.start()
            await ended(nodes[1], jobs)
            assert cluster.client.get("{j}:epoch") == before


@pytest.mark.timeout(400)
async def test_a_master_paused_for_longer_than_a_lease_the_service_goes_on_by_itself(tmp_path: Path) -> None:
    with RedisCluster(tmp_path) as cluster:
        async with several(cluster, tmp_path, "chaos.nodes_jobs:app", 2) as nodes:
            jobs = [job for type in TYPES for job in await submitted(nodes[0], 4, type)]
            before = cluster.client.get("{j}:epoch")
            paused = cluster.master_of("j0")
            paused.pause()
            await asyncio.sleep(LONGER_THAN_A_LEASE)
            paused.go_on()
            await asyncio.gather(*(eventually(lambda node=node: ready(node)) for node in nodes))
            jobs += await submitted(nodes[1], 2)
            await ended(nodes[1], jobs)
            assert cluster.client.get("{j}:epoch") == before, "nothing was lost"
