"""Three nodes over one Redis, or over a cluster of three, killed and frozen at random: what was acknowledged ends, once; no
limit is exceeded; no client sees anything fall, whichever node it is on.

CHAOS_SECONDS (10) is how long the storm lasts and CHAOS_JOBS (40) how many jobs come; `make chaos-redis` asks for 120 and 300.
"""

import asyncio
import os
import random
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from chaos.nodes import Storm, several
from support.balancer import Balancer
from support.redis import RedisCluster, RedisProcess

SECONDS, JOBS = float(os.environ.get("CHAOS_SECONDS", "10")), int(os.environ.get("CHAOS_JOBS", "40"))
SEED = int(os.environ.get("CHAOS_SEED", "0")) or random.randrange(1, 2**31)
LONGER_THAN_A_LEASE = 11.5  # seconds


@pytest.fixture(params=[RedisProcess, RedisCluster])
def redis(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RedisProcess | RedisCluster]:
    with request.param(tmp_path) as process:
        yield process


@pytest.mark.timeout(120 + SECONDS * 4)
async def test_nothing_is_lost_whatever_befalls_the_nodes(
    redis: RedisProcess | RedisCluster, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chance = random.Random(SEED)
    async with several(redis, tmp_path, "chaos.nodes_jobs:app") as nodes, Balancer([node.port for node in nodes]) as balancer:
        storm = Storm(nodes, balancer, tmp_path / "bodies", SEED)
        async with asyncio.timeout(100 + SECONDS * 3):
            coming = asyncio.create_task(storm.submit(JOBS, SECONDS * 0.3))  # faster than the limits let them run
            until = asyncio.get_running_loop().time() + SECONDS
            await storm.kill()
            await storm.freeze(LONGER_THAN_A_LEASE)
            while asyncio.get_running_loop().time() < until:
                await asyncio.sleep(chance.uniform(0.2, 2))
                if chance.random() < 0.5:
                    await storm.kill()
                else:
                    await storm.freeze(chance.choice([1.0, 4.0, 7.0, LONGER_THAN_A_LEASE]))
            await coming
            await storm.settled()
            report = await storm.audit()
    with capsys.disabled():
        sys.stdout.write(f"\nstorm, seed {SEED}: {report}\n")
    assert storm.books.deaths.total() >= 2
