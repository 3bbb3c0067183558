"""Lists and the queue walk an index: their time does not grow with the number of jobs."""

from pathlib import Path

import pytest

from contract.stories import running
from jindu.core.clock import ManualClock
from jindu.core.states import Status
from jindu.store.contract import Query
from jindu.store.sqlite import page
from jindu.store.sqlite.sql import READ
from jindu.store.sqlite.store import SqliteStore


async def plan_of(path: Path, sql: str, parameters: object) -> list[str]:
    async with running(await SqliteStore.open(path / "jindu.db", ManualClock())) as store:
        return await store._reader.ask(
            lambda connection: [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", parameters)]  # type: ignore[call-overload]
        )


@pytest.mark.parametrize(
    ("query", "index"),
    [
        (Query(), "jobs_by_time"),
        (Query(before=(1.0, "x")), "jobs_by_time"),
        (Query(created_after=1.0), "jobs_by_time"),
        (Query(status=Status.RUNNING), "jobs_by_status"),
        (Query(type="a", before=(1.0, "x")), "jobs_by_type"),
        (Query(owner="ann", before=(1.0, "x")), "jobs_by_owner"),
    ],
)
async def test_a_page_is_read_in_the_order_of_its_index(tmp_path: Path, query: Query, index: str) -> None:
    plan = await plan_of(tmp_path, *page.statement(query))
    assert f"INDEX {index}" in plan[0]
    assert not [line for line in plan if "TEMP B-TREE" in line]


async def test_a_page_of_a_tag_is_read_in_the_order_of_its_entries(tmp_path: Path) -> None:
    plan = await plan_of(tmp_path, *page.statement(Query(tag="a", status=Status.FAILED, created_after=0, before=(1.0, "x"))))
    assert "tag=? AND at>?" in plan[0]
    assert not [line for line in plan if "TEMP B-TREE" in line]


async def test_the_queue_is_read_in_the_order_of_its_index(tmp_path: Path) -> None:
    plan = await plan_of(tmp_path, READ["ready"], ('["a"]', 1, 1))
    (inner,) = [line for line in plan if "jobs_ready" in line]
    assert "type=?" in inner
    assert sum("TEMP B-TREE" in line for line in plan) == 2  # the merge of the few of each type, and the rows of the answer


@pytest.mark.parametrize(
    ("name", "parameters", "index"),
    [
        ("next_due", ('["a"]', 1), "jobs_due"),
        ("expired", (1, 1), "jobs_expiry"),
        ("orphans", ("x",), "jobs_by_status"),
        ("counts", (), "jobs_by_status"),
        ("log", ("x", 1, 1, None), "events_by_seq"),
        ("ahead", ("a", 1, 1, 1, "x"), "jobs_ready"),
        ("retries", ('["x"]',), "jobs_by_retry"),
        ("results", ("x", 1, 1), "events_by_seq"),
        ("steps", ("x",), "steps_by_name"),
    ],
)
async def test_every_question_has_its_index(tmp_path: Path, name: str, parameters: object, index: str) -> None:
    assert any(f"INDEX {index}" in line for line in await plan_of(tmp_path, READ[name], parameters))
