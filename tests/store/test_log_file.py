"""The write-ahead log stays small, and what is in it reaches the database."""

import asyncio
import sqlite3
from pathlib import Path

import pytest

from contract.stories import kept, running, submit
from jindu.core.clock import ManualClock
from jindu.store.sqlite.store import SqliteStore
from jindu.store.sqlite.wal import checkpoint
from jindu.store.sqlite.writer import Thresholds

KIB = 1024


def log_bytes(store: SqliteStore) -> int:
    return Path(f"{store.path}-wal").stat().st_size


async def write_some(store: SqliteStore, groups: int) -> None:
    for _ in range(groups):
        await kept(store, *[submit(params=b"1" * 4 * KIB) for _ in range(4)])


async def test_the_log_is_bounded(tmp_path: Path) -> None:
    thresholds = Thresholds(passive_bytes=256 * KIB, truncate_bytes=2048 * KIB, idle_seconds=60)
    async with running(await SqliteStore.open(tmp_path / "jindu.db", ManualClock(), thresholds)) as store:
        for _ in range(10):
            await write_some(store, 8)
            assert log_bytes(store) < 600 * KIB


async def test_a_reader_in_the_way_lets_it_grow_and_it_shrinks_behind_it(tmp_path: Path) -> None:
    thresholds = Thresholds(passive_bytes=128 * KIB, truncate_bytes=512 * KIB, idle_seconds=60)
    async with running(await SqliteStore.open(tmp_path / "jindu.db", ManualClock(), thresholds)) as store:
        await write_some(store, 1)
        foreign = sqlite3.connect(store.path, isolation_level=None)
        foreign.execute("BEGIN")
        foreign.execute("SELECT count(*) FROM jobs").fetchall()
        await write_some(store, 40)
        assert log_bytes(store) > 1024 * KIB
        foreign.close()
        await write_some(store, 40)
        assert store._gauge is not None
        assert store._gauge.sizes()[0] < 1024 * KIB


async def test_an_idle_store_empties_its_log(tmp_path: Path) -> None:
    async with running(await SqliteStore.open(tmp_path / "jindu.db", ManualClock(), Thresholds(idle_seconds=0))) as store:
        assert store._gauge is not None
        await write_some(store, 2)
        async with asyncio.timeout(10):
            while store._gauge.sizes()[1]:
                await store.counts()


async def test_the_gauge_says_what_sqlite_says(tmp_path: Path) -> None:
    async with running(await SqliteStore.open(tmp_path / "jindu.db", ManualClock(), Thresholds(idle_seconds=60))) as store:
        assert store._gauge is not None
        assert store._connection is not None
        await write_some(store, 3)
        used, waiting = store._gauge.sizes()
        assert waiting <= used == log_bytes(store) - 32  # the header of the log
        assert await store._connection.call(checkpoint, "PASSIVE")
        assert store._gauge.sizes() == (used, 0)
        await write_some(store, 1)
        again, waiting = store._gauge.sizes()
        assert 0 < waiting == again < used  # written from its start


async def test_after_close_all_is_in_one_file(tmp_path: Path) -> None:
    store = await SqliteStore.open(tmp_path / "jindu.db", ManualClock())
    async with running(store):
        await write_some(store, 2)
    assert not Path(f"{store.path}-wal").exists()


@pytest.mark.parametrize("name", ["synchronous", "mmap_size", "wal_autocheckpoint", "journal_size_limit", "busy_timeout"])
async def test_the_settings_that_durability_stands_on(tmp_path: Path, name: str) -> None:
    async with running(await SqliteStore.open(tmp_path / "jindu.db", ManualClock())) as store:
        assert store._connection is not None
        found = await store._connection.call(lambda connection: connection.execute(f"PRAGMA {name}").fetchone())
        expected = {"synchronous": 2, "wal_autocheckpoint": 0, "journal_size_limit": 64 * KIB * KIB, "busy_timeout": 5000}
        assert (found or (0,))[0] == expected.get(name, 0)
        assert await store._connection.call(lambda connection: connection.execute("PRAGMA journal_mode").fetchone()) == ("wal",)


async def test_readers_cannot_write(tmp_path: Path) -> None:
    async with running(await SqliteStore.open(tmp_path / "jindu.db", ManualClock())) as store:
        for connection in store._reader._connections:
            with pytest.raises(sqlite3.OperationalError, match="readonly"):
                await connection.call(lambda c: c.execute("DELETE FROM jobs"))
