"""No space, locks, I/O errors, death: what SQLite does then, and what the store says."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from contract.stories import kept, outcomes, running, submit
from jindu.core.clock import ManualClock
from jindu.store.contract import Exists, Record, StorageFull, StoreBroken, StoreBusy, StoreError
from jindu.store.sqlite import writer
from jindu.store.sqlite.failures import meaning
from jindu.store.sqlite.store import SqliteStore


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    async with running(await SqliteStore.open(tmp_path / "jindu.db", ManualClock())) as store:
        yield store


async def pragma(store: SqliteStore, text: str) -> int:
    assert store._connection is not None
    return await store._connection.call(lambda connection: int(connection.execute(f"PRAGMA {text}").fetchone()[0]))


@pytest.mark.promise("disk_full")
async def test_no_space_fails_the_group_kindly_and_passes(store: SqliteStore) -> None:
    small = submit()
    await kept(store, small)
    await pragma(store, f"max_page_count = {await pragma(store, 'page_count')}")
    big = [submit(params=b'"' + b"x" * 50_000 + b'"') for _ in range(3)]
    assert await outcomes(store, big) == [StorageFull] * 3
    # Also in a replay, where one change of the group is guilty of something else.
    assert await outcomes(store, [submit(id=small.job.id), *big]) == [StorageFull] * 4
    assert store.broken is None
    assert await store.read(small.job.id) == Record(small.job)
    assert await store.read(big[0].job.id) is None
    await pragma(store, "max_page_count = 1000000")
    assert await outcomes(store, [*big, submit(id=small.job.id)]) == [None, None, None, Exists]
    assert await store.read(big[2].job.id) == Record(big[2].job)


FULL = """
import asyncio, resource, signal, sys
from contract.stories import outcomes, running, submit
from jindu.core.clock import SystemClock
from jindu.store.opener import open_store

async def main():
    async with running(await open_store(sys.argv[1], SystemClock())) as store:
        first = submit()
        await store.commit(first)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, resource.RLIM_INFINITY))
        seen = set()
        for _ in range(40):
            seen.update(await outcomes(store, [submit(params=b"1" * 50_000)]))
        assert (await store.read(first.job.id)).job == first.job
        print(sorted(kind.__name__ if kind else "kept" for kind in seen), store.broken, flush=True)
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        print(await outcomes(store, [submit()]), flush=True)

asyncio.run(main())
"""


@pytest.mark.promise("disk_full")
def test_a_file_at_its_size_limit_is_a_full_disk(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FULL, f"sqlite:///{tmp_path}/jindu.db"],
        capture_output=True,
        text=True,
        env=environment(),
        check=False,
    )
    assert done.stdout.splitlines() == ["['StorageFull', 'kept'] None", "[None]"], done.stderr


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}


@pytest.mark.promise("locked")
async def test_a_foreign_lock_is_busy_and_passes(store: SqliteStore) -> None:
    await pragma(store, "busy_timeout = 1")
    other = sqlite3.connect(store.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert await outcomes(store, [submit(), submit()]) == [StoreBusy] * 2
    with pytest.raises(StoreBusy):
        await store.sweep(0)
    other.close()
    assert await outcomes(store, [submit()]) == [None]


def failure(code: int) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("made for a test")
    error.sqlite_errorcode = code
    error.sqlite_errorname = "MADE"
    return error


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (sqlite3.SQLITE_FULL, StorageFull),
        (sqlite3.SQLITE_IOERR_WRITE, StorageFull),
        (sqlite3.SQLITE_IOERR_FSYNC, StoreBroken),
        (sqlite3.SQLITE_IOERR_READ, StoreBroken),
        (sqlite3.SQLITE_CORRUPT, StoreBroken),
        (sqlite3.SQLITE_CORRUPT_INDEX, StoreBroken),
        (sqlite3.SQLITE_NOTADB, StoreBroken),
        (sqlite3.SQLITE_READONLY_DBMOVED, StoreBroken),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, StoreBusy),
        (sqlite3.SQLITE_TOOBIG, StoreError),
    ],
)
def test_what_an_error_means(code: int, kind: type[StoreError]) -> None:
    assert type(meaning(failure(code))) is kind


@pytest.mark.parametrize("error", [failure(sqlite3.SQLITE_IOERR_FSYNC), KeyError("a defect")])
@pytest.mark.promise("fsync")
async def test_after_an_unknown_outcome_nothing_is_written(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    first = submit()
    await kept(store, first)

    def failing(*_: object) -> None:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(writer, "write", failing)
        futures = [store.commit(submit()) for _ in range(2)]
        done = await asyncio.gather(*futures, return_exceptions=True)
    assert [type(one) for one in done] == [StoreBroken] * 2
    assert done[0] is not done[1]
    assert store.broken
    with pytest.raises(StoreBroken):
        await store.commit(submit())
    with pytest.raises(StoreBroken):
        await store.sweep(0)
    assert await store.read(first.job.id) == Record(first.job)


@pytest.mark.promise("damaged")
async def test_damage_met_while_reading_stops_the_writing(store: SqliteStore) -> None:
    new = submit(params=b"1" * 20_000)
    await kept(store, new)
    assert store._connection is not None
    await store._connection.call(lambda connection: connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall())
    size = store.path.stat().st_size
    with store.path.open("r+b") as file:
        file.seek(100)
        file.write(b"\xff" * (size - 100))
    with pytest.raises(StoreBroken):
        await store.counts()
    assert store.broken
    with pytest.raises(StoreBroken):
        await store.commit(submit())


CARELESS = """
import asyncio, sys
from jindu.core.clock import SystemClock
from jindu.store.opener import open_store

async def main():
    store = await open_store(sys.argv[1], SystemClock())
    raise SystemExit(3)

asyncio.run(main())
"""


def test_a_process_that_fails_without_closing_ends(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", CARELESS, f"sqlite:///{tmp_path}/jindu.db"], timeout=30, check=False)
    assert done.returncode == 3


SUBMITTER = """
import asyncio, sys
from contract.stories import NOW, move, running, submit
from jindu.core import events as ev
from jindu.core.clock import SystemClock
from jindu.store.opener import open_store

async def one(store, place):
    new = submit(id=f"{sys.argv[2]}-{place:016}")
    await asyncio.gather(store.commit(new), store.commit(move(new.job, ev.Claimed(NOW, store.boot))))
    print(new.job.id, flush=True)

async def main():
    async with running(await open_store(sys.argv[1], SystemClock())) as store:
        for start in range(0, 1_000_000, 20):
            await asyncio.gather(*[one(store, place) for place in range(start, start + 20)])

asyncio.run(main())
"""


def acknowledged_before_death(url: str, life: str, lines: int) -> list[str]:
    """Ids that a process reported until it was killed, some time after `lines` of them."""
    with subprocess.Popen(
        [sys.executable, "-c", SUBMITTER, url, life], stdout=subprocess.PIPE, text=True, env=environment()
    ) as process:
        assert process.stdout is not None
        seen = [process.stdout.readline() for _ in range(lines)]
        process.send_signal(signal.SIGKILL)
        seen += process.stdout.readlines()
    return [line.strip() for line in seen if line.endswith("\n")]


@pytest.mark.promise("killed")
def test_what_was_acknowledged_survives_kill_9(tmp_path: Path) -> None:
    path = tmp_path / "jindu.db"
    lives = [acknowledged_before_death(f"sqlite:///{path}", f"life{life}", 150 + 37 * life) for life in range(3)]
    asyncio.run(hold_all(path, [job_id for life in lives for job_id in life]))


async def hold_all(path: Path, acknowledged: list[str]) -> None:
    async with running(await SqliteStore.open(path, ManualClock())) as store:
        found = [await store.read(job_id) for job_id in acknowledged]
        assert all(record is not None and record.job.seq == 2 for record in found)
        orphans = {job.id for job in await store.orphans()}
        assert orphans >= set(acknowledged)
        assert [len(await store.log(job_id)) for job_id in acknowledged] == [2] * len(acknowledged)
        assert store._connection is not None
        check = await store._connection.call(lambda connection: connection.execute("PRAGMA integrity_check").fetchall())
        assert check == [("ok",)]
