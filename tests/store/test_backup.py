"""Backups: of one moment, while work goes on; restored, they begin a new epoch; also a copy that somebody else put in place."""

import asyncio
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from contract.stories import kept, running, submit
from jindu.core.clock import ManualClock
from jindu.store.contract import Query, StoreRefused
from jindu.store.sqlite.backup import restore
from jindu.store.sqlite.store import SqliteStore


async def opened(path: Path) -> SqliteStore:
    return await SqliteStore.open(path, ManualClock())


async def count(store: SqliteStore) -> int:
    return sum((await store.counts()).values())


async def test_a_backup_is_taken_while_work_goes_on_and_is_of_one_moment(tmp_path: Path) -> None:
    async with running(await opened(tmp_path / "jindu.db")) as store:
        await kept(store, *(submit() for _ in range(500)))
        more = [store.commit(submit()) for _ in range(500)]
        await store.backup(tmp_path / "copy.db")
        await asyncio.gather(*more)
        epoch = store.epoch
    async with running(await opened(tmp_path / "copy.db")) as copy:
        assert 500 <= await count(copy) <= 1000
        assert copy.epoch != epoch
        assert len({job.id for job in await copy.page(Query(limit=1000))}) == await count(copy)
    assert [path.name for path in tmp_path.iterdir() if path.name.endswith(".part")] == []


async def test_the_epoch_stays_from_one_opening_to_the_next(tmp_path: Path) -> None:
    epochs = set()
    for _ in range(3):
        async with running(await opened(tmp_path / "jindu.db")) as store:
            epochs.add(store.epoch)
    assert len(epochs) == 1


@pytest.mark.promise("restored")
async def test_a_restored_backup_begins_a_new_epoch_and_what_was_there_is_set_aside(tmp_path: Path) -> None:
    path, copy = tmp_path / "jindu.db", tmp_path / "copy.db"
    async with running(await opened(path)) as store:
        await kept(store, submit())
        await store.backup(copy)
        await kept(store, submit())
        epoch = store.epoch
    aside = restore(copy, path)
    assert aside is not None
    async with running(await opened(path)) as store:
        assert store.epoch != epoch
        assert await count(store) == 1
        again = store.epoch
    async with running(await opened(path)) as store:
        assert store.epoch == again
    async with running(await opened(aside)) as store:
        assert await count(store) == 2


@pytest.mark.promise("restored")
async def test_an_older_file_put_in_place_by_hand_begins_a_new_epoch(tmp_path: Path) -> None:
    path = tmp_path / "jindu.db"
    async with running(await opened(path)) as store:
        await kept(store, submit())
        epoch = store.epoch
    shutil.copy(path, tmp_path / "by-hand.db")
    async with running(await opened(path)) as store:
        await kept(store, submit())
        assert store.epoch == epoch
    path.write_bytes((tmp_path / "by-hand.db").read_bytes())  # into the same file
    async with running(await opened(path)) as store:
        assert store.epoch != epoch


async def test_a_death_between_database_and_lock_file_is_no_other_history(tmp_path: Path) -> None:
    path = tmp_path / "jindu.db"
    async with running(await opened(path)) as store:
        epoch = store.epoch
    with closing(sqlite3.connect(path)) as database:
        database.execute("UPDATE meta SET value = value + 1 WHERE name = 'openings'")
        database.commit()
    async with running(await opened(path)) as store:
        assert store.epoch == epoch


async def test_a_file_from_before_openings_were_counted_keeps_its_epoch(tmp_path: Path) -> None:
    path = tmp_path / "jindu.db"
    async with running(await opened(path)) as store:
        epoch = store.epoch
    with closing(sqlite3.connect(path)) as database:
        database.execute("DELETE FROM meta WHERE name = 'openings'")
        database.commit()
    Path(f"{path}.lock").write_text("4711\n")
    async with running(await opened(path)) as store:
        assert store.epoch == epoch


@pytest.mark.parametrize("what", ["nothing", "text", "foreign", "newer", "damaged"])
async def test_what_is_no_backup_is_refused_and_changes_nothing(tmp_path: Path, what: str) -> None:
    path, backup = tmp_path / "jindu.db", tmp_path / "backup.db"
    async with running(await opened(path)) as store:
        await kept(store, *(submit() for _ in range(200)))
        await store.backup(backup)
    if what == "nothing":
        backup.unlink()
    elif what == "text":
        backup.write_text("dear diary " * 1000)
    elif what == "damaged":
        content = bytearray(backup.read_bytes())
        content[4096 * 3 : 4096 * 6] = b"\xff" * 4096 * 3
        backup.write_bytes(content)
    else:
        with closing(sqlite3.connect(backup)) as database:
            database.execute(f"PRAGMA user_version = {0 if what == 'foreign' else 99}")
    with pytest.raises(StoreRefused):
        restore(backup, path)
    async with running(await opened(path)) as store:
        assert await count(store) == 200
    assert not list(tmp_path.glob("*.part"))


async def test_a_database_in_use_is_not_restored_over(tmp_path: Path) -> None:
    async with running(await opened(tmp_path / "jindu.db")) as store:
        await store.backup(tmp_path / "copy.db")
        with pytest.raises(StoreRefused, match="in use"):
            restore(tmp_path / "copy.db", tmp_path / "jindu.db")
