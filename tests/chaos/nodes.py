"""Several nodes over one Redis, behind a balancer; nodes that die and freeze; the books that are kept outside of them."""

import asyncio
import os
import random
import signal
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from chaos.nodes_jobs import LIMITS, STAGES
from jindu_client import AsyncClient
from support.balancer import Balancer
from support.falls import Climb
from support.redis import RedisCluster, RedisProcess
from support.server import ServerProcess

TYPES = ["work", "work", "single", "second_try", "work"]
ENDS = ("return", "fail", "cancel")
ON_ITS_WAY = 0.25  # seconds after a thaw in which a body may finish the line it was about to write


class NodeProcess(ServerProcess):
    """`jindu serve --store redis://…`."""

    def __init__(self, redis: RedisProcess | RedisCluster, folder: Path, name: str, target: str, env: dict[str, str]) -> None:
        super().__init__(target, folder, env=env)
        self.log = folder / f"{name}.log"
        self._redis = redis

    @property
    def command(self) -> list[str]:
        plain = super().command
        plain[plain.index("--store") + 1] = self._redis.url
        return plain

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid


@asynccontextmanager
async def several(
    redis: RedisProcess | RedisCluster, folder: Path, target: str, number: int = 3, **settings: str
) -> AsyncIterator[list[NodeProcess]]:
    """So many nodes, ready."""
    env = {"CHAOS_LOG": str(folder / "bodies"), "JINDU_GRACE": "1", **settings}
    nodes = [NodeProcess(redis, folder, f"node{one}", target, env) for one in range(number)]
    try:
        await asyncio.gather(*(asyncio.to_thread(node.start) for node in nodes))
        yield nodes
    finally:
        for node in nodes:
            if node.process is not None and node.process.poll() is None:
                os.kill(node.pid, signal.SIGCONT)
                node.__exit__()


@dataclass
class Books:
    acknowledged: dict[str, str] = field(default_factory=dict)  # type by id
    unsure: dict[str, str] = field(default_factory=dict)
    climbs: list[Climb] = field(default_factory=list)
    frozen: defaultdict[int, list[tuple[float, float]]] = field(default_factory=lambda: defaultdict(list))  # by process
    deaths: Counter[str] = field(default_factory=Counter)


class Storm:
    """Jobs come in through the balancer, clients watch through it, and nodes are hit at random."""

    def __init__(self, nodes: list[NodeProcess], balancer: Balancer, bodies: Path, seed: int) -> None:
        self.nodes = nodes
        self.books = Books()
        self._url = balancer.url
        self._bodies = bodies
        self._random = random.Random(seed)
        self._watches: list[asyncio.Task[None]] = []

    async def submit(self, number: int, over: float) -> None:
        """So many jobs, spread over `over` seconds, each repeated until it is acknowledged, each watched by one client."""
        async with httpx.AsyncClient(base_url=self._url, timeout=5) as http:
            for one in range(number):
                await self._offer(http, f"storm-{one:012}", TYPES[one % len(TYPES)])
                await asyncio.sleep(over / number)

    async def _offer(self, http: httpx.AsyncClient, job_id: str, type: str) -> None:
        while True:
            with suppress(httpx.TransportError):
                answer = await http.put(f"/v1/jobs/{job_id}", json={"type": type})
                if answer.status_code in (200, 202):
                    break
                assert answer.status_code in (429, 502, 503, 504), answer.text
            await asyncio.sleep(0.1)
        self.books.acknowledged[job_id] = type
        self._watches.append(asyncio.create_task(self._watch(job_id)))

    async def _watch(self, job_id: str) -> None:
        climb = Climb(job_id, ["init", *STAGES, "completed"])
        self.books.climbs.append(climb)
        async with AsyncClient(self._url) as client:
            async for update in client.watch(job_id):
                climb.see(update)

    async def kill(self) -> None:
        node = self._random.choice(self.nodes)
        self.books.deaths["killed"] += 1
        node.kill()
        await asyncio.sleep(self._random.uniform(0.1, 2))
        await asyncio.to_thread(node.start)

    async def freeze(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        node = self._random.choice(self.nodes)
        self.books.deaths["frozen"] += 1
        began = loop.time()
        os.kill(node.pid, signal.SIGSTOP)
        await asyncio.sleep(seconds)
        self.books.frozen[node.pid].append((began, loop.time()))
        os.kill(node.pid, signal.SIGCONT)

    async def settled(self) -> None:
        """All that was acknowledged has ended, for everybody who watched."""
        await asyncio.gather(*self._watches)

    # -- the audit -------------------------------------------------------------------------------------------------

    async def audit(self) -> str:
        ends: Counter[str] = Counter()
        async with httpx.AsyncClient(base_url=self._url, timeout=10) as http:
            for job_id in self.books.acknowledged:
                answer = await http.get(f"/v1/jobs/{job_id}")
                assert answer.status_code == 200, f"{job_id} was acknowledged and is lost: {answer.text}"
                seen = answer.json()
                assert seen["is_completed"], (job_id, seen["status"])
                assert seen["status"] == "completed" or seen["error"]["code"] == "JOB_QUARANTINED", seen
                assert [one["key"] for one in seen["partial"]] == (STAGES if seen["status"] == "completed" else seen["partial"])
                events = (await http.get(f"/v1/jobs/{job_id}/events", params={"limit": 1000})).json()["items"]
                finals = [event["kind"] for event in events if event["kind"] in ENDS]
                assert len(finals) == 1, (job_id, finals)
                assert events[-1]["kind"] in ENDS, "something follows the end"
                ends[seen["status"]] += 1
        assert all(climb.ends == 1 for climb in self.books.climbs)
        assert len(self.books.climbs) == len(self.books.acknowledged)
        most = self.most_at_once()
        assert all(most[type] <= limit for type, limit in LIMITS.items()), most
        shown = ", ".join(f"{type} {most[type]}/{limit}" for type, limit in LIMITS.items())
        return (
            f"jobs {len(self.books.acknowledged)}, ends {dict(ends)}, lost 0, double ends 0, falls 0; nodes "
            f"{dict(self.books.deaths)}; most at once by the bodies' own log: {shown}"
        )

    def most_at_once(self) -> Counter[str]:
        """For each type the most bodies that were alive at one moment, as they wrote it themselves. While its process was
        frozen a body was not; of a thaw, the line that was on its way does not count."""
        lives: dict[tuple[str, str, str, int], list[float]] = {}
        run: Counter[tuple[str, str, str]] = Counter()
        for line in self._bodies.read_text().splitlines():
            at, pid, what, job_id = line.split()
            type, _, event = what.partition(":")
            run[pid, type, job_id] += event == "begin"
            if not self._late(int(pid), float(at)):
                lives.setdefault((pid, type, job_id, run[pid, type, job_id]), []).append(float(at))
        moments = sorted(
            moment
            for (pid, type, _, _), at in lives.items()
            for begin, end in self._thawed(int(pid), min(at), max(at))
            for moment in ((begin, 1, type), (end, -1, type))
        )
        alive: Counter[str] = Counter()
        most: Counter[str] = Counter()
        for _, step, type in moments:
            alive[type] += step
            most[type] = max(most[type], alive[type])
        return most

    def _late(self, pid: int, at: float) -> bool:
        return any(end <= at <= end + ON_ITS_WAY for _, end in self.books.frozen[pid])

    def _thawed(self, pid: int, begin: float, end: float) -> list[tuple[float, float]]:
        parts = []
        for stopped, went_on in sorted(self.books.frozen[pid]):
            if begin < stopped < end:
                parts.append((begin, stopped))
                begin = min(went_on, end)
        return [*parts, (begin, end)]
