"""History set right offline, and leftovers removed, also by the next start (REQUIREMENTS B4, B15)."""

import fcntl
import os
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given

from contract.stories import ERROR, NOW, kept, moves, running, submit
from jindu.core import events as ev
from jindu.core.clock import ManualClock
from jindu.core.history import retold, steps
from jindu.core.job import Job
from jindu.core.states import ENDS, Phase
from jindu.store.contract import StoreRefused
from jindu.store.findings import Leftovers, Repaired
from jindu.store.opener import clear, open_store, repair
from support.histories import lives

LINE = ev.Logged(NOW + 4, "a line")


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/jindu.db"


def ask(url: str, statement: str, *values: object) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(url.removeprefix("sqlite:///"))
    try:
        rows = connection.execute(statement, values).fetchall()
        connection.commit()
    finally:
        connection.close()
    return rows


def dump(url: str) -> list[str]:
    connection = sqlite3.connect(url.removeprefix("sqlite:///"))
    try:
        return list(connection.iterdump())
    finally:
        connection.close()


async def filled(url: str) -> tuple[Job, Job]:
    """One job that completed and one that failed."""
    async with running(await open_store(url, ManualClock())) as store:
        made = []
        for end in (ev.Returned(NOW + 9, b'{"r":1}'), ev.Failed(NOW + 9, ERROR)):
            born = submit(tags=("a", "b"))
            facts = (
                ev.Claimed(NOW + 1, "boot"),
                ev.StageEntered(NOW + 2, 1),
                ev.ResultKept(NOW + 3, "k", b"[1]"),
                LINE,
                ev.Progressed(NOW + 5, 42.0, "thinking"),
            )
            made.append(await kept(store, born, *moves(born.job, *facts, end)))
    return made[0], made[1]


async def read(url: str, job: Job) -> Job:
    async with running(await open_store(url, ManualClock())) as store:
        record = await store.read(job.id)
        assert record is not None
        assert not [one for one in await store.examine(0, 100) if one.id == job.id and (one.wrong or one.problem)]
        return record.job


async def test_nothing_to_repair_changes_nothing(url: str) -> None:
    await filled(url)
    before = dump(url)
    assert repair(url, dry_run=False) == (2, [])
    assert dump(url) == before


@pytest.mark.parametrize("change", ["phase = 'running'", "phase = 'gone wrong'", "floor = 3", "error = '{}', tags = NULL"])
async def test_a_row_is_set_right_from_its_log(url: str, change: str) -> None:
    job, _ = await filled(url)
    ask(url, f"UPDATE jobs SET {change} WHERE id = ?", job.id)
    before = dump(url)
    checked, found = repair(url, dry_run=True)
    assert (checked, [(one.id, one.how, one.after) for one in found]) == (2, [(job.id, "row", "completed")])
    assert dump(url) == before
    assert repair(url, dry_run=False) == (checked, found)
    assert repair(url, dry_run=False) == (2, [])
    assert await read(url, job) == job


async def test_clients_are_told_to_forget_what_was_repaired(url: str) -> None:
    job, _ = await filled(url)
    epochs = []
    for change in (None, "floor = 3"):
        if change:
            ask(url, f"UPDATE jobs SET {change} WHERE id = ?", job.id)
        repair(url, dry_run=False)
        async with running(await open_store(url, ManualClock())) as store:
            epochs.append(store.epoch)
    assert epochs[0] != epochs[1]


async def test_a_log_that_is_no_history_is_told_anew_from_its_row(url: str) -> None:
    completed, failed = await filled(url)
    ask(url, "DELETE FROM events WHERE kind = 'claim'")
    ask(url, "DELETE FROM progress")
    found = repair(url, dry_run=False)[1]
    assert [(one.id, one.how, one.before, one.after) for one in found] == [
        (completed.id, "log", "completed", "completed"), (failed.id, "log", "failed", "failed"),
    ]  # fmt: skip
    for job in (completed, failed):
        now = await read(url, job)
        assert (now.phase, now.seq, now.reached, now.error) == (job.phase, job.seq, job.reached, job.error)
        assert (now.results, now.lines, now.tags, now.message) == (1, 1, ("a", "b"), "thinking")
    assert ask(url, "SELECT result FROM ends") == [(b'{"r":1}',)]
    assert repair(url, dry_run=False) == (2, [])


async def test_a_running_row_without_a_history_waits_to_be_run_again(url: str) -> None:
    job, _ = await filled(url)
    ask(url, "UPDATE jobs SET phase = 'running', finished_at = NULL, result_size = NULL WHERE id = ?", job.id)
    ask(url, "DELETE FROM events WHERE kind = 'submit'")
    ask(url, "DELETE FROM ends")
    assert {one.how for one in repair(url, dry_run=False)[1]} == {"log"}
    now = await read(url, job)
    assert (now.phase, now.holder, now.floor) == (Phase.PENDING, None, 42.0)


async def test_a_lost_result_is_null_and_a_lost_record_is_named(url: str) -> None:
    completed, failed = await filled(url)
    ask(url, "DELETE FROM ends")
    ask(url, "DELETE FROM submissions WHERE num = (SELECT num FROM jobs WHERE id = ?)", failed.id)
    found = repair(url, dry_run=False)[1]
    assert found == [
        Repaired(failed.id, "lost", "what was submitted is lost"),
        Repaired(completed.id, "result", "null", "completed", "completed"),
    ]
    async with running(await open_store(url, ManualClock())) as store:
        assert (await store.read(completed.id)).result == b"null"  # type: ignore[union-attr]


async def test_a_store_in_use_is_refused_and_one_that_is_none(url: str, tmp_path: Path) -> None:
    async with running(await open_store(url, ManualClock())):
        for again in (repair, clear):
            with pytest.raises(StoreRefused, match="in use"):
                again(url, dry_run=True)
    with pytest.raises(StoreRefused, match="no database"):
        repair(f"sqlite:///{tmp_path}/other.db", dry_run=True)
    assert not (tmp_path / "other.db").exists()


@given(life=lives())
def test_any_job_can_be_told_anew(life: list[tuple[ev.Event, Job]]) -> None:
    """What had ended ends in the same way, what had not waits; results, lines and how far it came stay."""
    known = life[-1][1]
    facts = [event for event, _ in life if isinstance(event, ev.ResultKept | ev.Logged)]
    result = next((event.result for event, _ in life if isinstance(event, ev.Returned)), None)
    (*_, (_, _, job)) = steps(retold(known, result, facts))
    assert job.phase is (known.phase if known.phase in ENDS else Phase.PENDING)
    assert (job.spec, job.tags, job.results, job.lines) == (known.spec, known.tags, len(facts) - known.lines, known.lines)
    if known.phase in ENDS:
        assert (job.stage, job.progress, job.is_completed, job.reached) == (known.stage, known.progress, True, known.reached)
        assert (job.error, job.result_size) == (known.error, known.result_size)


# What was left over.

RUBBISH = {
    "jindu.db.part": b"", "jindu.db-2.part": b"x", "half.db.part": b"SQLite format 3\0rest",
}  # fmt: skip


async def littered(url: str, tmp_path: Path) -> None:
    await filled(url)
    for name, text in {**RUBBISH, "film.mp4.part": b"somebody's download"}.items():
        (tmp_path / name).write_bytes(text)
    for name in ("tmp_jobs", "_import_7", "events_temp"):
        ask(url, f"CREATE TABLE {name} (a)")
    ask(url, "CREATE TABLE temperatures (a)")
    ask(url, "INSERT INTO submissions (num, max_attempts, plan, params) VALUES (99, 1, '[]', '{}')")
    ask(url, "INSERT INTO tags VALUES ('x', 0, 'x', 77)")
    ask(url, "DELETE FROM jobs WHERE num = 1")


async def test_leftovers_are_shown_and_removed(url: str, tmp_path: Path) -> None:
    await littered(url, tmp_path)
    before = dump(url)
    found = clear(url, dry_run=True)
    assert found.tables == ("_import_7", "events_temp", "tmp_jobs")
    assert {file.name for file in found.files} == {*RUBBISH, "film.mp4.part"}
    assert found.rows == {"submissions": 2, "events": 6, "progress": 1, "ends": 1, "tags": 3}
    assert dump(url) == before
    assert clear(url, dry_run=False) == found
    assert clear(url, dry_run=False) == Leftovers()
    assert not list(tmp_path.glob("*.part"))
    assert ask(url, "SELECT count(*) FROM temperatures") == [(0,)]
    assert repair(url, dry_run=True) == (1, [])


async def test_the_next_start_takes_what_can_only_be_rubbish(
    url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    await littered(url, tmp_path)
    with (tmp_path / "other.db.part").open("wb") as writing:
        writing.write(b"SQLite format 3\0")
        writing.flush()
        fcntl.flock(writing, fcntl.LOCK_EX)  # the server of another database makes a backup
        async with running(await open_store(url, ManualClock())) as store:
            await kept(store, submit())  # whose number is free
        assert {file.name for file in tmp_path.glob("*.part")} == {"film.mp4.part", "other.db.part"}
    assert "tmp_jobs" in caplog.text
    assert ask(url, "SELECT count(*) FROM submissions WHERE num = 99") == [(0,)]
    assert ask(url, "SELECT count(*) FROM tags WHERE num = 77") == [(1,)]


async def test_the_folder_of_a_backup_goes_with_its_process(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folders = tmp_path / "temporary"
    folders.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folders))
    with subprocess.Popen([sys.executable, "-c", ""]) as dead:
        dead.wait()
    for process in (dead.pid, os.getpid()):
        (folders / f"jindu-backup-{process}-x1").mkdir()
        (folders / f"jindu-backup-{process}-x1" / "jindu-backup.db").write_bytes(b"half")
    (folders / "jindu-backup-of-mine").mkdir()
    async with running(await open_store(url, ManualClock())):
        pass
    assert {one.name for one in folders.iterdir()} == {f"jindu-backup-{os.getpid()}-x1", "jindu-backup-of-mine"}


async def test_a_backup_that_is_being_made_is_nobodys_leftover(url: str, tmp_path: Path) -> None:
    await filled(url)
    async with running(await open_store(url, ManualClock())) as store:
        await store.backup(tmp_path / "copy.db")
    assert not list(tmp_path.glob("*.part"))
    assert repair(f"sqlite:///{tmp_path}/copy.db", dry_run=False) == (2, [])
