"""Opening a file: whose it is, what it holds, and what is told to people if it cannot be used."""

import asyncio
import os
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from contract.stories import kept, running, submit
from jindu.core.clock import ManualClock
from jindu.store.contract import Record, StoreRefused
from jindu.store.opener import open_store
from jindu.store.sqlite.schema import migrations
from jindu.store.sqlite.store import SqliteStore


async def opened(path: Path, steps: list[str] | None = None) -> SqliteStore:
    return await SqliteStore.open(path, ManualClock(), migrations=steps)


async def refusal(path: Path, steps: list[str] | None = None) -> str:
    with pytest.raises(StoreRefused) as caught:
        await opened(path, steps)
    return str(caught.value)


@pytest.mark.parametrize(
    ("url", "advice"),
    [
        ("redis://localhost:1", "does not answer"),
        ("rediss://localhost:1", "does not answer"),
        ("postgres://localhost", "sqlite:///jindu.db"),
        ("jindu.db", "sqlite:///jindu.db"),
        ("sqlite:///", "sqlite:///jindu.db"),
        ("", "sqlite:///jindu.db"),
        ("sqlite:////no/such/folder/jindu.db", "mkdir -p /no/such/folder"),
        ("sqlite:////tmp", "is a folder"),
    ],
)
async def test_an_address_that_cannot_be_used_is_refused_with_advice(url: str, advice: str) -> None:
    with pytest.raises(StoreRefused, match=advice):
        await open_store(url, ManualClock())


async def test_a_relative_address_lies_in_the_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    async with running(await open_store("sqlite:///here.db", ManualClock())):
        assert (tmp_path / "here.db").exists()


async def test_a_strange_file_name_is_a_file_name(tmp_path: Path) -> None:
    path = tmp_path / "100% what? #1 进度.db"
    async with running(await open_store(f"sqlite:///{path}", ManualClock())) as store:
        new = submit()
        await kept(store, new)
        assert await store.read(new.job.id) == Record(new.job)
    assert path.exists()


@pytest.mark.promise("one_process")
async def test_a_second_opener_is_refused_and_told_who_has_it(tmp_path: Path) -> None:
    path = tmp_path / "jindu.db"
    script = (
        "import asyncio, sys\n"
        "from jindu.core.clock import SystemClock\n"
        "from jindu.store.opener import open_store\n"
        "async def main():\n"
        "    store = await open_store(sys.argv[1], SystemClock())\n"
        "    print('open', flush=True)\n"
        "    sys.stdin.read()\n"
        "    await store.close()\n"
        "asyncio.run(main())\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, f"sqlite:///{path}"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"open\n"
        text = await refusal(path)
        assert f"process {other.pid}" in text
        assert "--store" in text
        other.communicate()
    async with running(await opened(path)):
        assert "in use" in await refusal(path)  # also within one process


@pytest.mark.promise("damaged")
async def test_a_newer_file_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "jindu.db"
    async with running(await opened(path, [*migrations(), "CREATE TABLE later (a);"])) as store:
        epoch = store.epoch
    assert "Upgrade jindu" in await refusal(path)
    async with running(await opened(path, [*migrations(), "CREATE TABLE later (a);"])) as store:  # the lock was let go
        assert store.epoch == epoch


@pytest.mark.promise("damaged")
async def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "jindu.db"
    path.write_bytes(b"a letter to a friend, of some length " * 200)
    assert "restore a backup" in await refusal(path)
    assert path.read_bytes().startswith(b"a letter")


@pytest.mark.promise("damaged")
async def test_flipped_bytes_are_found_at_the_start(tmp_path: Path) -> None:
    path = tmp_path / "jindu.db"
    async with running(await opened(path)) as store:
        await kept(store, *[submit() for _ in range(200)])
    content = bytearray(path.read_bytes())
    middle = len(content) // 2 // 4096 * 4096
    # A single page may happen to be a free one, whose content means nothing.
    for page in range(middle, len(content), 4096):
        content[page : page + 600] = b"\xa5" * 600
    path.write_bytes(content)
    assert "restore a backup" in await refusal(path)


async def test_damage_where_no_question_of_the_start_looks_is_found_too(tmp_path: Path) -> None:
    path = tmp_path / "jindu.db"
    async with running(await opened(path)) as store:
        await kept(store, *[submit(params=b'{"brand":"%04d"}' % number) for number in range(400)])
    content = bytearray(path.read_bytes())
    page = content.index(b'"0200"') // 4096 * 4096
    content[page + 3 : page + 5] = b"\xff\xff"  # how many rows the page has
    path.write_bytes(content)
    assert "restore a backup" in await refusal(path)


async def test_a_database_of_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "jindu.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE recipes (name)")
    connection.close()
    assert "something else" in await refusal(path)


async def test_a_folder_that_may_not_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "jindu.db.lock").mkdir()
    assert "Cannot write" in await refusal(tmp_path / "jindu.db")


async def test_a_migration_that_fails_midway_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "jindu.db"
    new = submit()
    async with running(await opened(path)) as store:
        await kept(store, new)
    broken = "CREATE TABLE half (a);\nUPDATE jobs SET message = 'half';\nINSERT INTO nowhere VALUES (1);"
    assert "nowhere" in await refusal(path, [*migrations(), broken])
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA user_version").fetchone() == (len(migrations()),)
    assert connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'half'").fetchone() == (0,)
    connection.close()
    async with running(await opened(path)) as store:
        assert await store.read(new.job.id) == Record(new.job)


async def test_a_later_migration_keeps_what_is_there(tmp_path: Path) -> None:
    path = tmp_path / "jindu.db"
    new = submit()
    async with running(await opened(path)) as store:
        await kept(store, new)
        epoch = store.epoch
    async with running(await opened(path, [*migrations(), "CREATE TABLE later (a);"])) as store:
        assert store.epoch == epoch
        assert await store.read(new.job.id) == Record(new.job)


async def test_nothing_is_left_behind_by_a_close_or_a_refusal(tmp_path: Path) -> None:
    before = set(threading.enumerate())
    path = tmp_path / "jindu.db"
    async with running(await opened(path)) as store:
        await kept(store, submit())
    assert sorted(os.listdir(tmp_path)) == ["jindu.db", "jindu.db.lock"]
    await refusal(path, [])
    for thread in set(threading.enumerate()) - before:
        thread.join(5)
        assert not thread.is_alive()


async def test_a_cancelled_opening_lets_go_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "jindu.db"
    for turns in (0, 1, 2, 3, 5, 8, 20, 50, 100, 200, 500, 1000):
        task = asyncio.create_task(opened(path))
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        done, _ = await asyncio.wait([task])
        if not task.cancelled():
            await task.result().close()
        assert done == {task}
    async with running(await opened(path)):
        pass


def test_a_refused_opening_leaves_no_thread_that_speaks_to_a_closed_loop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "jindu.db"
    path.write_bytes(b"SQLite format 3\0" + b"\xa5" * 9000)
    failures: list[object] = []
    monkeypatch.setattr(threading, "excepthook", failures.append)
    for _ in range(100):
        assert "restore a backup" in asyncio.run(refusal(path))
    assert failures == []
