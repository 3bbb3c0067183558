"""kill -9 at named points and at random: what was acknowledged ends, once; nothing falls; nothing runs twice without need.

CHAOS_KILLS is how often (20; `make chaos` asks for 200), CHAOS_SEED makes a run repeatable.
"""

import math
import os
import random
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from chaos.fire import IN_LIFE, DeadlyServer, Fire
from jindu.store.sqlite import schema

KILLS = int(os.environ.get("CHAOS_KILLS", "20"))
SEED = int(os.environ.get("CHAOS_SEED", "0")) or random.randrange(1, 2**31)
HITS = 5  # of each point at least
OLD_JOB = "old-job-of-version-1"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[DeadlyServer]:
    """Not started yet; killed at the end if a test failed to end it."""
    process = DeadlyServer("chaos.chaos_jobs:app", tmp_path, env={"CHAOS_COUNT": str(tmp_path / "count"), "JINDU_GRACE": "1"})
    yield process
    process.__exit__()


@pytest.mark.timeout(60 + KILLS * 15)
@pytest.mark.promise("killed")
async def test_nothing_is_lost_whatever_kills_the_server(server: DeadlyServer, capsys: pytest.CaptureFixture[str]) -> None:
    fire = Fire(server, SEED)
    await fire.lives(KILLS)
    await fire.aftermath()
    report = fire.audit()
    with capsys.disabled():
        sys.stdout.write(f"\nchaos, seed {SEED}: {report}\n")
    assert fire.books.kills.total() == KILLS
    if KILLS >= 100:  # the short run hits each point once or twice
        assert all(fire.books.kills[point] >= 5 for point in IN_LIFE), fire.books.kills
        assert len(fire.books.acknowledged) >= 500


def old_store(path: Path) -> None:
    """A file as the first version wrote it, with a job that waits."""
    with closing(sqlite3.connect(path)) as store:
        store.executescript(f"{schema.migrations()[0]}; PRAGMA user_version = 1;")
        store.execute("INSERT INTO meta VALUES ('epoch', 'old-epoch'), ('born_at', '0')")
        store.execute(
            "INSERT INTO jobs (num, id, type, created_at, keep_for, phase, seq, run, attempt, crashes, position, floor, "
            "message, priority, due_at, updated_at, results, result_bytes, lines) "
            "VALUES (1, ?, 'fleeting', 0, 3600, 'pending', 1, 0, 1, 0, -1, 0, '', 0, 0, 0, 0, 0, 0)",
            (OLD_JOB,),
        )
        plan = '[{"name": "working", "weight": 1, "title": {}}]'
        store.execute("INSERT INTO submissions VALUES (1, 1, ?, ?)", (plan, b"{}"))
        store.execute("INSERT INTO events VALUES (1, 1, 'submit', 0, NULL, ?)", (b"[0, 0, []]",))
        store.commit()


@pytest.mark.promise("killed")
async def test_a_death_in_any_migration_leaves_a_file_that_goes_on(server: DeadlyServer) -> None:
    old_store(server.store)
    later = len(schema.migrations()) - 1
    for number in range(later):
        for hit in range(math.ceil(HITS / later)):
            # Coming to a migration for the first time, the one before it has to be passed.
            server.begin("in_migration", 1 if number and not hit else 0)
            assert not await server.answers()
            assert await server.dead(10), "it died in the migration"
    server.start()
    told = httpx.get(f"{server.url}/v1/stream", params={"channels": f"job:{OLD_JOB}@0"}).text
    assert '"epoch":"old-epoch"' in told
    assert told.count('"type":"complete"') == 1
    assert server.stop() == 0
    with closing(sqlite3.connect(server.store)) as store:
        assert store.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert store.execute("SELECT phase FROM jobs").fetchone() == ("completed",)
