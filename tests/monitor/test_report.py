"""The warm-up report: six sections, each field typed, whatever cannot be had; with and without a loop; as a file."""

import asyncio
import json
import threading
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from jindu import App, Report
from jindu.core.clock import ManualClock
from jindu.monitor import report_building, report_schema
from jindu.monitor.report_keeping import keep
from jindu.monitor.report_sections import SECTIONS, completed, fields
from jindu.monitor.report_summary import summary
from jindu.settings import Settings

SIX = ["warmup_period", "community_pool", "cache_metrics", "api_usage", "user_testing", "system_performance"]
WHOLE: dict[str, dict[str, Any]] = {
    "warmup_period": {"started_at": "2026-01-01T00:00:00.000Z", "ended_at": None, "days": 3.5},
    "community_pool": {"communities": 3, "active": 2, "members": 41},
    "cache_metrics": {"hits": 9, "misses": 1, "hit_rate": 0.9, "size": 5},
    "api_usage": {"requests": 100, "errors": 1, "error_rate": 0.01, "avg_latency_ms": 12.5},
    "user_testing": {"testers": 4, "feedback": 7, "average_rating": 4.5},
    "system_performance": {
        "jobs": 10, "waiting": 0, "running": 1, "completed": 8, "failed": 1, "cancelled": 0, "success_rate": 0.9,
        "connections": 2, "consistency_ratio": 1.0,
    },
}  # fmt: skip
VALIDATOR = Draft202012Validator(json.loads(report_schema.SHIPPED.read_text()))


def valid(report: dict[str, Any]) -> None:
    VALIDATOR.validate(json.loads(json.dumps(report)))
    assert [*report] == ["generated_at", *SIX, "missing"]
    for name in SIX:
        for field, (kind, nullable) in fields(name).items():
            assert isinstance(report[name][field], kind) or (nullable and report[name][field] is None)


def test_the_shipped_schema_is_that_of_the_types() -> None:
    assert report_schema.SHIPPED.read_text() == report_schema.text(), "make docs"
    assert list(SECTIONS) == SIX
    VALIDATOR.check_schema(VALIDATOR.schema)
    for broken in ({}, {"generated_at": "now", "missing": []}):
        assert not VALIDATOR.is_valid(broken)


async def test_given_metrics_are_used_and_nothing_is_fetched() -> None:
    report = Report()

    @report.section("community_pool")
    def never() -> dict[str, int]:
        raise AssertionError("fetched")

    made = await report.build_report_async(WHOLE)
    valid(made)
    assert {name: made[name] for name in SIX} == WHOLE
    assert made["missing"] == []
    partly = await report.build_report_async({"cache_metrics": WHOLE["cache_metrics"]})
    valid(partly)
    assert partly["missing"] == [name for name in SIX if name != "cache_metrics"]
    assert partly["community_pool"] == {"communities": 0, "active": 0, "members": 0}


async def test_what_cannot_be_had_is_0_and_named_and_rings_nothing(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report_building, "SOURCE_SECONDS", 2.0)  # the quick ones come within it on any machine
    report, over = Report(), threading.Event()
    report.add("cache_metrics", lambda: {"hits": 3, "misses": "many", "hit_rate": float("nan"), "size": True})
    report.add("api_usage", lambda: over.wait() and {})  # type: ignore[arg-type, return-value]

    @report.section("user_testing")
    async def down() -> dict[str, int]:
        raise ConnectionRefusedError("canary at /srv/secret")

    @report.section("warmup_period")
    async def hangs() -> dict[str, int]:
        await asyncio.Event().wait()
        return {}

    report.add("community_pool", lambda: 5)  # type: ignore[arg-type, return-value]
    made = await report.build_report_async()
    over.set()
    valid(made)
    assert made["cache_metrics"] == {"hits": 3, "misses": 0, "hit_rate": 0.0, "size": 0}
    assert made["missing"] == [
        "warmup_period", "community_pool", "cache_metrics.misses", "cache_metrics.hit_rate", "cache_metrics.size", "api_usage",
        "user_testing", "system_performance",
    ]  # fmt: skip
    assert not [record for record in caplog.records if record.levelname in ("WARNING", "ERROR", "CRITICAL")]
    assert "canary" not in caplog.text


async def test_sources_of_a_section_complete_each_other_the_later_wins() -> None:
    report, more = Report(), Report()
    report.add("community_pool", lambda: {"communities": 1, "members": 1, "note": "ours"})
    more.add("community_pool", lambda: {"members": 2, "active": 1})
    report.take(more)
    made = await report.build_report_async()
    assert made["community_pool"] == {"communities": 1, "active": 1, "members": 2, "note": "ours"}
    with pytest.raises(ValueError, match="community_pool"):
        report.add("comunity_pool", dict)


def test_without_a_loop_it_is_built() -> None:
    report = Report(ManualClock(1_800_000_000.0))
    report.add("community_pool", lambda: WHOLE["community_pool"])
    made = report.build_report()
    valid(made)
    assert made["generated_at"] == "2027-01-15T08:00:00.000Z"
    assert made["community_pool"] == WHOLE["community_pool"]


async def test_where_a_loop_runs_it_is_built_beside_it() -> None:
    report = Report()

    @report.section("community_pool")
    async def pool() -> dict[str, int]:
        await asyncio.sleep(0)
        return WHOLE["community_pool"]

    assert report.build_report()["community_pool"] == WHOLE["community_pool"]


def test_it_is_a_file_and_stays_in_the_archive(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clock = ManualClock(1_800_000_000.0)
    report = Report(clock)
    report.add("community_pool", lambda: WHOLE["community_pool"])
    for _ in range(2):
        assert report.main(tmp_path / "reports") == 0
        clock.advance(60)
    newest = json.loads((tmp_path / "reports" / "warmup-report.json").read_text())
    valid(newest)
    assert newest["generated_at"] == "2027-01-15T08:01:00.000Z"
    assert sorted(path.name for path in (tmp_path / "reports").rglob("*.json")) == [
        "warmup-report-20270115T080000.000Z.json", "warmup-report-20270115T080100.000Z.json", "warmup-report.json",
    ]  # fmt: skip
    said = capsys.readouterr().out
    assert "预热报告" in said
    assert "成员数: 41" in said
    assert "未能获取（按 0 计）: warmup_period, cache_metrics" in said
    (tmp_path / "file").write_text("")
    assert report.main(tmp_path / "file") == 1


def test_who_reads_while_it_is_written_sees_a_whole_one(tmp_path: Path) -> None:
    numbers = count()
    made = {"generated_at": "2027-01-15T08:00:00.000Z", "filler": "x" * 200_000}
    keep({**made, "n": next(numbers)}, tmp_path)
    over = threading.Event()
    seen: list[int] = []

    def read() -> None:
        while not over.is_set():
            seen.append(json.loads((tmp_path / "warmup-report.json").read_text())["n"])

    reader = threading.Thread(target=read)
    reader.start()
    for _ in range(30):
        keep({**made, "n": next(numbers)}, tmp_path)
    over.set()
    reader.join()
    assert seen == sorted(seen)
    assert not [path for path in tmp_path.rglob("*") if path.suffix == ".part"]


@pytest.mark.parametrize(
    ("lang", "words"),
    [("zh", ["命中率: 90.0%", "开始: 2026-01-01", "结束: -"]), ("en", ["hit rate: 90.0%", "mean rating: 4.5"])],
)
async def test_the_summary_says_each_field_in_words(lang: str, words: list[str]) -> None:
    made = await Report().build_report_async({**WHOLE, "user_testing": {**WHOLE["user_testing"], "extra": "\x1b[31m"}})
    text = summary(made, lang)
    assert all(word in text for word in words)
    assert "extra: ?[31m" in text
    for name in SIX:
        assert not [field for field in fields(name) if f"  {field}:" in text and lang == "zh"], "every field has a text"


def test_each_field_is_typed_whatever_comes() -> None:
    for wrong in (None, "1", -1, float("inf"), [], {}, True):
        whole, missing = completed("community_pool", {"communities": wrong, "active": 1, "members": 2})
        assert (whole, missing) == ({"communities": 0, "active": 1, "members": 2}, ["communities"])
    assert completed("cache_metrics", {"hits": 1, "misses": 0, "hit_rate": 1, "size": 0})[0]["hit_rate"] == 1.0


async def test_an_app_contributes_and_schedules_it(tmp_path: Path) -> None:
    inner, app = (
        App(),
        App(settings=Settings(store=f"sqlite:///{tmp_path}/a.db", report_folder=str(tmp_path / "reports"), grace=0)),
    )

    @inner.report.section("user_testing")
    async def testing() -> dict[str, Any]:
        return WHOLE["user_testing"]

    @app.job
    async def one() -> None: ...

    inner.schedule_report("0 8 * * *", timezone="Asia/Shanghai")
    app.include(inner)
    async with app.open() as node:
        await (await one.submit()).wait(timeout=30)
        [schedule] = await node.schedules.all()
        assert (schedule.type, schedule.cron, schedule.timezone) == ("warmup_report", "0 8 * * *", "Asia/Shanghai")
        job = await node.schedules.run_now("warmup_report")
        async with asyncio.timeout(30):
            while not (record := await node.jobs.read(job.id)).job.is_completed:
                await asyncio.sleep(0.01)
        saved = json.loads((tmp_path / "reports" / "warmup-report.json").read_text())
        valid(saved)
        assert saved["user_testing"] == WHOLE["user_testing"]
        assert (saved["system_performance"]["completed"], saved["system_performance"]["success_rate"]) == (1, 1.0)
        assert saved["missing"] == ["warmup_period", "community_pool"] == json.loads(record.result or b"")["missing"]
        assert datetime.fromisoformat(saved["generated_at"]).tzinfo == UTC
