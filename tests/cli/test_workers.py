"""`jindu serve` over Redis: what it refuses and says, and several processes on one port."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from chaos.nodes import NodeProcess
from support.redis import SAFE, RedisProcess
from support.server import CODE, ROOT, free_port

pytestmark = pytest.mark.timeout(400)
WITHIN = 90.0  # seconds, for machines that are busy


def refused(*args: str) -> str:
    """What `jindu serve` says when it does not."""
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, CODE))}
    command = [sys.executable, "-m", "jindu", "serve", "chaos.nodes_jobs:app", "--port", str(free_port()), *args]
    done = subprocess.run(command, capture_output=True, text=True, env=env, cwd=ROOT, timeout=WITHIN)
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        (("--appendonly", "no"), "CONFIG SET appendonly yes"),
        (("--appendonly", "yes", "--maxmemory-policy", "allkeys-lru"), "CONFIG SET maxmemory-policy noeviction"),
        (("--appendonly", "yes", "--maxmemory-policy", "volatile-ttl"), "CONFIG SET maxmemory-policy noeviction"),
    ],
)
def test_settings_that_lose_jobs_are_refused_with_what_to_do(tmp_path: Path, settings: tuple[str, ...], says: str) -> None:
    with RedisProcess(tmp_path, settings) as redis:
        said = refused("--store", redis.url)
    assert says in said
    assert "--allow-volatile" in said


def test_for_trying_out_they_are_taken(tmp_path: Path) -> None:
    with RedisProcess(tmp_path, ("--appendonly", "no")) as redis:
        env = {"JINDU_ALLOW_VOLATILE": "true"}
        with NodeProcess(redis, tmp_path, "node", "chaos.nodes_jobs:app", env) as node:
            assert httpx.get(f"{node.url}/readyz", timeout=WITHIN).is_success


def test_a_redis_that_is_not_there_a_replica_and_half_a_cluster_are_refused(tmp_path: Path) -> None:
    assert "cannot be used" in refused("--store", f"redis://127.0.0.1:{free_port()}")
    with RedisProcess(tmp_path, (*SAFE, "--replicaof", "127.0.0.1", "1")) as redis:
        assert "is a replica" in refused("--store", redis.url)
    cluster = tmp_path / "cluster"
    cluster.mkdir()
    with RedisProcess(cluster, (*SAFE, "--cluster-enabled", "yes", "--cluster-port", str(free_port()))) as redis:
        assert "not every slot is served" in refused("--store", redis.url)
        assert "only database 0" in refused("--store", redis.url.removesuffix("/0") + "/3")


def test_several_processes_need_a_store_that_they_can_share(tmp_path: Path) -> None:
    said = refused("--workers", "2", "--store", f"sqlite:///{tmp_path}/jindu.db")
    assert "belongs to one process" in said
    assert "redis://" in said
    assert not (tmp_path / "jindu.db").exists()


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisProcess]:
    with RedisProcess(tmp_path) as process:
        yield process


class Workers(NodeProcess):
    @property
    def command(self) -> list[str]:
        return [*super().command, "--workers", "2"]


def eventually(condition: Callable[[], bool]) -> None:
    """A process that dies or ends takes the requests that it had with it: that is no answer yet."""
    deadline = time.monotonic() + WITHIN
    while True:
        with suppress(httpx.TransportError):
            if condition():
                return
        assert time.monotonic() < deadline
        time.sleep(0.05)


def nodes_of(served: Workers) -> set[int]:
    """The processes that share the store, as whichever answers knows them."""
    return {one["pid"] for one in httpx.get(f"{served.url}/v1/stats", timeout=WITHIN).json()["nodes"]}


def test_workers_share_a_port_and_one_that_dies_is_started_anew(redis: RedisProcess, tmp_path: Path) -> None:
    with Workers(redis, tmp_path, "workers", "chaos.nodes_jobs:app", {"JINDU_GRACE": "1"}) as served:
        eventually(lambda: len(nodes_of(served)) == 2)
        pids = nodes_of(served)
        assert served.pid not in pids
        jobs = [httpx.post(f"{served.url}/v1/jobs", json={"type": "work"}, timeout=WITHIN).json()["id"] for _ in range(4)]
        dead = min(pids)
        os.kill(dead, signal.SIGKILL)
        eventually(lambda: len(nodes_of(served) - {dead}) == 2)
        for job_id in jobs:
            eventually(lambda job_id=job_id: httpx.get(f"{served.url}/v1/jobs/{job_id}", timeout=WITHIN).json()["is_completed"])
        eventually(lambda: bool(nodes_of(served)))
        pids = nodes_of(served) - {dead}
        assert served.stop() == 0
        eventually(lambda: not any(Path(f"/proc/{pid}").exists() for pid in pids))


def test_workers_drain_when_their_parent_is_killed(redis: RedisProcess, tmp_path: Path) -> None:
    with Workers(redis, tmp_path, "workers", "chaos.nodes_jobs:app", {"JINDU_GRACE": "1"}) as served:
        eventually(lambda: len(nodes_of(served)) == 2)
        pids = nodes_of(served)
        served.kill()
        eventually(lambda: not any(Path(f"/proc/{pid}").exists() for pid in pids))
