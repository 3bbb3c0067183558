"""kill -9 of a server that runs a schedule, again and again: no due time is run by two jobs, and it goes on."""

import random
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from support.server import ServerProcess

ROUNDS = 3


def runs(store: Path) -> dict[str, str]:
    """The due time of each run, from the keys in the store; by the id of its job."""
    with closing(sqlite3.connect(store)) as database:
        return dict(database.execute("SELECT id, key FROM jobs WHERE type = 'note'").fetchall())


def until(url: str, number: int) -> int:
    """The count of runs of the schedule, once it is above `number`."""
    deadline = time.monotonic() + 60
    while (count := httpx.get(f"{url}/v1/schedules/note").json()["runs"]) <= number:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return int(count)


@pytest.mark.promise("killed")
def test_a_schedule_goes_on_after_each_kill_and_doubles_nothing(tmp_path: Path) -> None:
    chance = random.Random(7)
    env = {"SCHEDULE_FILE": str(tmp_path / "ran"), "JINDU_GRACE": "0"}
    with ServerProcess("journeys.scheduled_jobs:app", tmp_path, env=env) as server:
        seen = 0
        for _ in range(ROUNDS):
            seen = until(server.url, seen + 1)
            for _ in range(chance.randrange(60)):  # to any moment between two due times
                httpx.get(f"{server.url}/healthz")
            server.kill()
            server.start()
        seen = until(server.url, seen + 1)
        schedule = httpx.get(f"{server.url}/v1/schedules/note").json()
        server.kill()
        jobs, ran = runs(server.store), set((tmp_path / "ran").read_text().split())
    assert len(set(jobs.values())) == len(jobs), "no due time has two jobs"
    assert ran <= set(jobs), "nothing ran that is no job"
    assert schedule["runs"] <= len(jobs) <= schedule["runs"] + 3, "each is counted, but for those that came meanwhile"
    assert len(jobs) > ROUNDS
