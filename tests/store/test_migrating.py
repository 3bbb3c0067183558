"""A file of an older schema is brought up, and everything in it reads as before."""

import sqlite3
from pathlib import Path

import pytest

from contract.stories import kept, outcomes, running, submit
from jindu.core.clock import ManualClock
from jindu.core.plan import Plan
from jindu.store.contract import Exists, Gone
from jindu.store.sqlite import rows
from jindu.store.sqlite.schema import migrations
from jindu.store.sqlite.store import SqliteStore

# As the first version wrote them: one job that waits with a key, one that ended, one tombstone.
FIRST = """
INSERT INTO meta VALUES ('epoch', 'first-epoch'), ('born_at', '1800000000');
INSERT INTO jobs (num, id, type, owner, key, created_at, keep_for, expires_at, phase, seq, run, attempt, crashes, position,
    floor, message, priority, tags, due_at, updated_at, results, result_bytes, lines, finished_at, result_size)
VALUES
    (1, 'JOBOPEN', 'pdf', 'ann', 'k', 1800000000, 60, NULL, 'pending', 1, 0, 1, 0, -1, 0, '', 3, '["a"]', 1800000000,
     1800000000, 0, 0, 0, NULL, NULL),
    (2, 'JOBDONE', 'pdf', NULL, NULL, 1800000001, 60, NULL, 'completed', 3, 1, 1, 0, -1, 0, '', 0, NULL, 1800000001,
     1800000002, 0, 0, 0, 1800000002, 1);
INSERT INTO submissions VALUES (1, 1, 'PLAN', CAST('{"n":1}' AS BLOB)), (2, 2, 'PLAN', CAST('{}' AS BLOB));
INSERT INTO events VALUES (1, 1, 'submit', 1800000000, NULL, '[1800000000,3,["a"]]'),
    (2, 1, 'submit', 1800000001, NULL, '[1800000001,0,[]]'), (2, 2, 'claim', 1800000001, 'b', NULL),
    (2, 3, 'return', 1800000002, NULL, NULL);
INSERT INTO ends VALUES (2, CAST('7' AS BLOB));
INSERT INTO tags VALUES ('a', 1);
INSERT INTO tombstones VALUES ('JOBGONE', 1800000000);
"""


def first_file(path: Path) -> None:
    connection = sqlite3.connect(path)
    text = FIRST.replace("PLAN", rows.plan_text(Plan.of(["read"])))
    connection.executescript(f"{migrations()[0]}{text}PRAGMA user_version = 1;")
    connection.close()


@pytest.mark.promise("damaged")
async def test_a_file_of_the_first_schema_is_brought_up_and_reads_as_before(tmp_path: Path) -> None:
    path = tmp_path / "jindu.db"
    first_file(path)
    for _ in range(2):  # the second opening has nothing to do
        async with running(await SqliteStore.open(path, ManualClock())) as store:
            assert store.epoch == "first-epoch"
            open_, done = await store.read("JOBOPEN"), await store.read("JOBDONE")
            assert open_ is not None
            assert done is not None
            spec = open_.job.spec
            assert (spec.key, spec.params, spec.fingerprint, spec.retry_of) == ("k", b'{"n":1}', None, None)
            assert (open_.job.tags, open_.job.priority, open_.job.seq) == (("a",), 3, 1)
            assert (done.result, done.job.spec.max_attempts) == (b"7", 2)
            assert [entry.seq for entry in await store.log("JOBDONE")] == [1, 2, 3]
            assert await store.tombstone("JOBGONE") is True
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA user_version").fetchone() == (len(migrations()),)
    connection.close()


async def test_what_the_first_schema_held_is_guarded_by_the_new_one(tmp_path: Path) -> None:
    path = tmp_path / "jindu.db"
    first_file(path)
    async with running(await SqliteStore.open(path, ManualClock())) as store:
        again = submit("pdf", owner="ann", key="k")
        assert await outcomes(store, [again, submit(id="JOBGONE"), submit(id="JOBDONE")]) == [Exists, Gone, Exists]
        assert await store.remove(["JOBDONE"], 1_800_000_009) == ["JOBDONE"]
        await kept(store, submit())
