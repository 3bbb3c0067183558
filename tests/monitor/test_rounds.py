"""Rounds through the store: what SQL planted in the file is found in one pass and set right from the log (REQUIREMENTS B3)."""

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from contract.stories import NOW, kept, moves, running, submit
from jindu.bus.contract import Notice
from jindu.bus.opener import open_bus
from jindu.core import events as ev
from jindu.core.clock import ManualClock
from jindu.core.job import Job
from jindu.monitor.consistency import StateConsistencyMonitor
from jindu.monitor.rounds import PASS_EVERY, ROWS, Rounds
from jindu.store.contract import Store
from jindu.store.opener import open_store
from support.server import ServerProcess


@asynccontextmanager
async def opened(path: Path) -> AsyncIterator[Store]:
    async with running(await open_store(f"sqlite:///{path}", ManualClock())) as store:
        yield store


def plant(path: Path, statement: str, *values: object) -> None:
    connection = sqlite3.connect(path)
    try:
        connection.execute(statement, values)
        connection.commit()
    finally:
        connection.close()


async def ended(store: Store, tags: tuple[str, ...] = ()) -> Job:
    born = submit(tags=tags)
    facts = (
        ev.Claimed(NOW + 1, "boot"),
        ev.StageEntered(NOW + 2, 0),
        ev.Progressed(NOW + 3, 12.0, "reading"),
        ev.ResultKept(NOW + 4, "k", b"[1]"),
        ev.Returned(NOW + 5, b'{"r":1}'),
    )
    return await kept(store, born, *moves(born.job, *facts))


PLANTED = [
    "phase = 'running'",
    "phase = 'failed', error = '{}'",
    "phase = 'no such phase'",
    "floor = 3",
    "seq = seq + 7",
    "position = 99, phase = 'running'",
    "position = -5",
    "message = 'never said'",
    "finished_at = NULL",
    "entered = 'no json'",
    "tags = '[\"foreign\"]'",
    "results = 40, result_bytes = -1",
    "crashes = 9",
    "run = 0, attempt = 5",
]


@pytest.mark.parametrize("change", PLANTED)
async def test_what_was_planted_is_found_in_one_pass_and_set_right(
    change: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "j.db"
    async with opened(path) as store:
        before = [await ended(store, ("mine",)) for _ in range(ROWS + 3)]
    plant(path, f"UPDATE jobs SET {change} WHERE id = ?", before[-1].id)
    bus, monitor, heard = open_bus(), StateConsistencyMonitor(), list[Notice]()
    bus.listen(heard.append)
    async with opened(path) as store:
        rounds = Rounds(store, bus, monitor, 0)
        with caplog.at_level(logging.WARNING, "jindu.monitor"):
            mended = [await rounds.tick(0.0), await rounds.tick(0.5)]
        assert (mended, rounds.passes) == ([0, 1], 1)
        assert await rounds.tick(PASS_EVERY - 1) == 0  # the pass is over, the next one has not begun
        assert [(await store.read(job.id)).job for job in before] == before  # type: ignore[union-attr]
        assert (await store.read(before[-1].id)).result == b'{"r":1}'  # type: ignore[union-attr]
        assert [(notice.id, notice.seq) for notice in heard] == [(before[-1].id, before[-1].seq)]
        assert not any(seen.wrong or seen.problem for seen in await store.examine(0, 100))
    assert before[-1].id in caplog.text
    stats = monitor.get_stats()
    assert (stats["total_checks"], stats["issues_found"], stats["auto_fixed"]) == (ROWS + 3, 1, 1)


async def test_a_log_that_is_no_history_is_told_once_and_left_alone(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "j.db"
    async with opened(path) as store:
        job = await ended(store)
    plant(path, "DELETE FROM events WHERE kind = 'claim'")
    async with opened(path) as store:
        monitor = StateConsistencyMonitor()
        rounds = Rounds(store, open_bus(), monitor, 0)
        for number in range(3):
            assert await rounds.tick(number * PASS_EVERY) == 0
        assert (await store.read(job.id)).job == job  # type: ignore[union-attr]
    assert monitor.get_stats()["issues_found"] == 1
    assert "jindu repair" in caplog.text


async def test_a_text_that_is_none_does_not_stop_the_rounds(tmp_path: Path) -> None:
    path = tmp_path / "j.db"
    async with opened(path) as store:
        for _ in range(3):
            await ended(store)
    plant(path, "UPDATE jobs SET message = CAST(x'ff41' AS TEXT) WHERE num = 2")
    async with opened(path) as store:
        monitor = StateConsistencyMonitor()
        rounds = Rounds(store, open_bus(), monitor, 0)
        await rounds.tick(0)
    stats = monitor.get_stats()
    assert (rounds.passes, stats["total_checks"], stats["issues_found"]) == (1, 3, 1)


async def test_a_monitor_that_does_not_repair_leaves_the_rows(tmp_path: Path) -> None:
    path = tmp_path / "j.db"
    async with opened(path) as store:
        job = await ended(store)
    plant(path, "UPDATE jobs SET floor = 3")
    async with opened(path) as store:
        monitor = StateConsistencyMonitor(auto_fix=False)
        assert await Rounds(store, open_bus(), monitor, 0).tick(0) == 0
        assert (await store.read(job.id)).job.floor == 3  # type: ignore[union-attr]
    assert monitor.get_stats()["issues_found"] == 1


async def test_the_report_is_logged_when_it_is_due(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with opened(tmp_path / "j.db") as store:
        rounds = Rounds(store, open_bus(), StateConsistencyMonitor(), 3600)
        counts = []
        with caplog.at_level(logging.INFO, "jindu.monitor"):
            for now in (10.0, 3_609.0, 3_610.0, 3_611.0, 7_210.0):
                await rounds.tick(now)
                counts.append(caplog.text.count("状态一致性监控报告"))
    assert counts == [0, 0, 1, 1, 2]


async def test_a_server_finds_what_was_planted_while_it_was_down(tmp_path: Path) -> None:
    """A completed job that forgot that it ended is not run again; a failed one that says completed is failed again."""
    server = ServerProcess("web.web_jobs:app", tmp_path)
    with server:
        ids = {kind: httpx.post(f"{server.url}/v1/jobs?wait=10", json=body).json()["id"] for kind, body in BODIES.items()}
        assert server.stop() == 0
        plant(server.store, "UPDATE jobs SET phase = 'running', finished_at = NULL WHERE id = ?", ids["greet"])
        plant(server.store, "UPDATE jobs SET phase = 'completed' WHERE id = ?", ids["half"])
        server.start()
        async with httpx.AsyncClient(base_url=server.url) as http, asyncio.timeout(30):
            while (stats := (await http.get("/v1/stats")).json()["consistency"])["ratio"] == 1 or sum(
                stats["issues"][level] for level in ("minor_issue", "major_issue", "critical")
            ) < 2:
                await asyncio.sleep(0.05)
            shown = {kind: (await http.get(f"/v1/jobs/{id}")).json() for kind, id in ids.items()}
    assert (shown["greet"]["status"], shown["greet"]["seq"]) == ("completed", 3)
    assert (shown["half"]["status"], shown["half"]["error"]["code"]) == ("failed", "DIAGNOSIS_FAILED")
    assert stats["checks"] >= 2
    said = server.said()
    assert "状态一致性监控已初始化" in said
    assert f"job {ids['greet']}: its row was set right from its log" in said


BODIES = {"greet": {"type": "greet", "params": {"name": "a"}}, "half": {"type": "half", "params": {}}}
