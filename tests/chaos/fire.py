"""A server that is killed again and again, clients that come back, and the books that are kept outside of both."""

import asyncio
import itertools
import random
import signal
import sqlite3
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from chaos.chaos_jobs import STAGES, STEPS
from chaos.deadly_server import POINTS
from jindu_client import AsyncClient
from support.falls import Climb
from support.server import START_WITHIN, ServerProcess

TYPES = ["work", "work", "fails", "second_try", "fleeting"]  # submitted in each life
AT_ONCE = 20  # runs that a type may have in flight: so many steps may run twice for a death
DIES_WITHIN = 10.0  # seconds; a point that is not passed by then is helped by a signal
# Times that a point is passed alive at most: a life passes some of them often, some a few times, some once.
OFTEN, SOMETIMES, ONCE = 12, 3, 0
PASSES = {
    "before_commit": OFTEN,
    "between_commit_and_fan_out": OFTEN,
    "in_a_step": OFTEN,
    "at_checkpoint": ONCE,
    "in_cleanup": ONCE,
}
ENDS = ("return", "fail", "cancel")
RANDOM = "at_random"
IN_LIFE = [RANDOM, *(point for point in POINTS if point != "in_migration")]


class DeadlyServer(ServerProcess):
    """A server process with a point to die at."""

    @property
    def command(self) -> list[str]:
        plain = super().command
        return [plain[0], "-m", "chaos.deadly_server", *plain[3:]]

    def begin(self, point: str, passes: int) -> None:
        """Start, and return at once."""
        chaos = {"CHAOS_POINT": "" if point == RANDOM else point, "CHAOS_PASSES": str(passes)}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(self.command, env={**self._env, **chaos}, stdout=log, stderr=log)

    async def answers(self) -> bool:
        """Whether it became ready before it died."""
        deadline = time.monotonic() + START_WITHIN
        async with httpx.AsyncClient() as http:
            while time.monotonic() < deadline and self.alive:
                with suppress(httpx.HTTPError):
                    if (await http.get(f"{self.url}/readyz")).is_success:
                        return True
                await asyncio.sleep(0.01)
        return False

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    async def dead(self, within: float) -> bool:
        """Wait for its death, then see to it; whether it died by itself. Nothing but SIGKILL may have ended it."""
        assert self.process is not None
        deadline = time.monotonic() + within
        while self.alive and time.monotonic() < deadline:
            await asyncio.sleep(0.005)
        by_itself = not self.alive
        if not by_itself:
            self.process.send_signal(signal.SIGKILL)
        assert self.process.wait(timeout=10) == -signal.SIGKILL, self.said()[-3000:]
        return by_itself


@dataclass
class Books:
    """What was acknowledged and seen, kept outside of the server."""

    acknowledged: dict[str, str] = field(default_factory=dict)  # type by id
    unsure: dict[str, str] = field(default_factory=dict)  # submitted, never answered
    climbs: dict[str, Climb] = field(default_factory=dict)
    kills: Counter[str] = field(default_factory=Counter)

    def report(self, ends: int, doubles: int, lost: int) -> str:
        points = ", ".join(f"{point} {number}" for point, number in sorted(self.kills.items()))
        return (
            f"kills {self.kills.total()} ({points}); jobs {len(self.acknowledged)}, ends {ends}, lost {lost}, "
            f"double ends {doubles}, falls 0 (each of {len(self.climbs)} watched jobs was checked frame by frame)"
        )


class Fire:
    def __init__(self, server: DeadlyServer, seed: int) -> None:
        self.server = server
        self.count = Path(server._env["CHAOS_COUNT"])
        self.books = Books()
        self._random = random.Random(seed)
        self._ids = itertools.count(1)
        self._watches: list[asyncio.Task[None]] = []

    async def lives(self, number: int) -> None:
        """So many lives of the server, each ended by SIGKILL."""
        points: Iterator[str] = itertools.cycle(IN_LIFE)
        for _ in range(number):
            await self._life(next(points))

    async def _life(self, point: str) -> None:
        self.server.begin(point, self._random.randint(0, PASSES.get(point, SOMETIMES)))
        if await self.server.answers():
            await self._submit()
        by_itself = await self.server.dead(self._random.uniform(0.05, 0.8) if point == RANDOM else DIES_WITHIN)
        self.books.kills[point if by_itself else RANDOM] += 1

    async def aftermath(self) -> None:
        """A life without death, to the end of everything that was accepted; then the server stops as it should."""
        self.server.start()
        await self._submit(self.books.unsure.copy())
        async with asyncio.timeout(120):
            await asyncio.gather(*self._watches)
            async with httpx.AsyncClient(base_url=self.server.url) as http:
                for job_id in self.books.acknowledged:
                    while (await self._status(http, job_id)) in ("pending", "running"):
                        await asyncio.sleep(0.02)
        assert self.server.stop() == 0

    async def _status(self, http: httpx.AsyncClient, job_id: str) -> str:
        answer = await http.get(f"/v1/jobs/{job_id}")
        assert answer.status_code in (200, 410), f"{job_id} was acknowledged and is lost: {answer.text}"
        status: str = answer.json().get("status", "") if answer.status_code == 200 else "removed"
        return status

    async def _submit(self, again: dict[str, str] | None = None) -> None:
        """Jobs with ids of our own: what was not answered may be repeated, and is the same job."""
        jobs = again if again is not None else {f"chaos-{next(self._ids):012}": type for type in TYPES}
        async with httpx.AsyncClient(base_url=self.server.url, timeout=10) as http:
            await asyncio.gather(*(self._offer(http, job_id, type) for job_id, type in jobs.items()))

    async def _offer(self, http: httpx.AsyncClient, job_id: str, type: str) -> None:
        self.books.unsure[job_id] = type
        with suppress(httpx.TransportError):
            answer = await http.put(f"/v1/jobs/{job_id}", json={"type": type})
            assert answer.status_code in (202, 410), answer.text  # 410: it ran, and was cleaned up, unanswered
            del self.books.unsure[job_id]
            self.books.acknowledged[job_id] = type
            if type != "fleeting" and answer.status_code == 202:
                self._watches.append(asyncio.create_task(self._watch(job_id)))

    async def _watch(self, job_id: str) -> None:
        """One client to the end of the job, whatever dies meanwhile; every frame is checked as it comes."""
        climb = self.books.climbs[job_id] = Climb(job_id, ["init", *STAGES, "completed"])
        async with AsyncClient(self.server.url) as client:
            async for update in client.watch(job_id):
                climb.see(update)

    # -- the audit: the file itself, read when the server is gone ------------------------------------------------

    def audit(self) -> str:
        """Compare the books with the store; the report. Raises `AssertionError` with what was lost, doubled or left open."""
        with closing(sqlite3.connect(f"file:{self.server.store}?mode=ro", uri=True)) as store:
            assert store.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            rows = dict(store.execute("SELECT id, phase FROM jobs").fetchall())
            buried = {row[0] for row in store.execute("SELECT id FROM tombstones")}
            kinds = f"kind IN ({', '.join('?' * len(ENDS))})"
            ended = Counter(
                row[0] for row in store.execute(f"SELECT j.id FROM events AS e JOIN jobs AS j USING (num) WHERE {kinds}", ENDS)
            )
            codes = Counter(row[0] for row in store.execute("SELECT error ->> 'code' FROM jobs WHERE error IS NOT NULL"))
            repeated = store.execute(
                "SELECT num, key FROM events WHERE kind = 'result' GROUP BY num, key HAVING count(*) > 1"
            ).fetchall()
        lost = [job_id for job_id in self.books.acknowledged if job_id not in rows and job_id not in buried]
        doubles = [job_id for job_id, number in ended.items() if number != 1]
        assert not lost
        assert not doubles
        assert not repeated
        assert set(codes) <= {"DIAGNOSIS_FAILED", "JOB_QUARANTINED", "NETWORK_ERROR"}, codes
        self._audit_rows(rows)
        self._audit_steps(rows)
        return self.books.report(len(ended) + len(buried), len(doubles), len(lost))

    def _audit_rows(self, rows: dict[str, str]) -> None:
        for job_id, phase in rows.items():
            type = self.books.acknowledged.get(job_id) or self.books.unsure[job_id]
            expected = {"failed"} if type == "fails" else {"completed", "failed"}  # failed: three deaths in a row
            assert phase in expected, (job_id, type, phase)
        assert all(climb.ends == 1 for climb in self.books.climbs.values())

    def _audit_steps(self, rows: dict[str, str]) -> None:
        """Each step of a completed job ran, and only those in flight at a death ran twice."""
        ran = Counter(tuple(line.split()) for line in self.count.read_text().splitlines())
        for job_id, phase in rows.items():
            if phase == "completed" and self.books.acknowledged.get(job_id) in ("work", "second_try"):
                assert all(ran[job_id, step] >= 1 for step in STEPS), (job_id, "a step that never ran")
        assert sum(times - 1 for times in ran.values()) <= self.books.kills.total() * AT_ONCE * 3
