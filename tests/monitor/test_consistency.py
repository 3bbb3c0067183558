"""The state-consistency monitor: what it finds, what it repairs, counts and reports (REQUIREMENTS B2, B3, B7, B9-B11)."""

import logging
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jindu import ConsistencyLevel, StateConsistencyMonitor, get_monitor
from jindu.core.clock import ManualClock
from jindu.core.job import Job
from jindu.core.states import Kind
from jindu.monitor.consistency import disagreements
from support.histories import event, live, submitted

FINE: dict[str, dict[str, Any]] = {
    "pending": {"stage": "init", "progress": 0, "is_completed": False},
    "running": {"stage": "ai_fetching", "progress": 40.5, "is_completed": False},
    "completed": {"stage": "completed", "progress": 100, "is_completed": True},
    "failed": {"stage": "failed", "progress": 0, "is_completed": True},
    "cancelled": {"stage": "cancelled", "progress": 0, "is_completed": True},
}


def payload(like: str, **changed: Any) -> dict[str, Any]:
    return {"task_id": "t1", "status": like, **FINE[like], **changed}


@pytest.mark.parametrize("status", FINE)
def test_what_agrees_is_left_alone(status: str) -> None:
    shown = payload(status)
    check = StateConsistencyMonitor().check_and_log(shown)
    assert (check.level, check.issues, check.auto_fixed) == (ConsistencyLevel.CONSISTENT, [], False)
    assert shown == payload(status)


@pytest.mark.parametrize(
    ("status", "changed", "issues", "repaired"),
    [
        ("completed", {"stage": "ai_fetching"}, ["status=completed 但 stage=ai_fetching"], {}),
        ("completed", {"progress": 80}, ["status=completed 但 progress=80"], {}),
        ("completed", {"is_completed": False}, ["status=completed 但 is_completed=False"], {}),
        ("failed", {"stage": "ranking_analysis"}, ["status=failed 但 stage=ranking_analysis"], {}),
        ("failed", {"progress": 60}, ["status=failed 但 progress=60"], {"reached": 60}),
        ("cancelled", {"progress": 60, "reached": 55}, ["status=cancelled 但 progress=60"], {"reached": 55}),
        ("cancelled", {"is_completed": False}, ["status=cancelled 但 is_completed=False"], {}),
        ("running", {"is_completed": True}, ["status=running 但 is_completed=True"], {}),
        ("running", {"progress": 100}, ["status=running 但 progress=100"], {"progress": 99.9}),
        ("running", {"progress": -3}, ["status=running 但 progress=-3"], {"progress": 0}),
        ("running", {"progress": "half"}, ["status=running 但 progress=half"], {"progress": 0}),
        ("completed", {"status": "running"}, ["status=running 但 stage=completed"], {}),
        ("failed", {"status": "processing"}, ["status=processing 但 stage=failed"], {}),
    ],
)
def test_one_issue_is_minor_and_repaired_in_place(
    status: str, changed: dict[str, Any], issues: list[str], repaired: dict[str, Any]
) -> None:
    shown = payload(status, **changed)
    check = StateConsistencyMonitor().check_and_log(shown)
    assert (check.level, check.issues, check.auto_fixed) == (ConsistencyLevel.MINOR_ISSUE, issues, True)
    assert shown == payload(status, **repaired)


def test_two_issues_are_major_and_three_critical() -> None:
    monitor = StateConsistencyMonitor()
    two = payload("completed", stage="ai_fetching", progress=80)
    assert monitor.check_and_log(two).level is ConsistencyLevel.MAJOR_ISSUE
    three = payload("failed", stage="ai_fetching", progress=30, is_completed=False)
    assert monitor.check_and_log(three).level is ConsistencyLevel.CRITICAL
    assert two == payload("completed")
    assert three == payload("failed", reached=30)


def test_without_auto_fix_nothing_is_changed() -> None:
    shown = payload("completed", stage="ai_fetching")
    check = StateConsistencyMonitor(auto_fix=False).check_and_log(shown)
    assert (check.level, check.auto_fixed) == (ConsistencyLevel.MINOR_ISSUE, False)
    assert shown == payload("completed", stage="ai_fetching")


def test_an_unknown_status_is_told_and_left_alone() -> None:
    shown = payload("running", status="weird")
    check = StateConsistencyMonitor().check_and_log(shown)
    assert (check.issues, check.auto_fixed, shown["status"]) == (["status=weird 不是已知状态"], False, "weird")


def test_fields_that_are_missing_disagree_with_nothing() -> None:
    assert disagreements({"status": "completed"}) == []
    assert disagreements({"progress": 40}) == []


anything = st.none() | st.booleans() | st.integers(-200, 200) | st.floats() | st.text(max_size=5)


@given(
    status=st.sampled_from([*FINE, "processing"]),
    stage=st.sampled_from([*FINE, "init", "ai_fetching"]) | anything,
    progress=anything,
    is_completed=anything,
)
def test_what_was_repaired_agrees(status: str, stage: Any, progress: Any, is_completed: Any) -> None:
    shown = {"task_id": "t", "status": status, "stage": stage, "progress": progress, "is_completed": is_completed}
    StateConsistencyMonitor().check_and_log(shown)
    assert disagreements(shown) == []


@pytest.mark.parametrize("wrong", [{"status": "failed"}, {"stage": "x"}, {"progress": 3}, {"is_completed": True}])
def test_against_its_row_the_row_is_right(wrong: dict[str, Any]) -> None:
    job: Job = live(submitted(), event(Kind.CLAIM), event(Kind.STAGE), event(Kind.PROGRESS))
    right = {"id": job.id, "status": "running", "stage": "read", "progress": 10.0, "is_completed": False}
    assert StateConsistencyMonitor().check_against(dict(right), job).level is ConsistencyLevel.CONSISTENT
    shown = {**right, **wrong}
    check = StateConsistencyMonitor().check_against(shown, job)
    assert (check.level, check.auto_fixed, shown) == (ConsistencyLevel.MINOR_ISSUE, True, right)


def test_figures() -> None:
    monitor = StateConsistencyMonitor(clock=ManualClock())
    for _ in range(3):
        monitor.check_and_log(payload("running"))
    monitor.check_and_log(payload("completed", stage="ai_fetching"))
    assert monitor.get_stats() == {
        "total_checks": 4,
        "issues_found": 1,
        "critical_issues": 0,
        "auto_fixed": 1,
        "consistency_ratio": 0.75,
        "levels": {"consistent": 3, "minor_issue": 1, "major_issue": 0, "critical": 0},
        "recent_issues": [
            {
                "at": "2027-01-15T08:00:00.000Z",
                "task_id": "t1",
                "level": "minor_issue",
                "issues": ["status=completed 但 stage=ai_fetching"],
                "auto_fixed": True,
            }
        ],
    }


def test_the_report_line_by_line() -> None:
    monitor = StateConsistencyMonitor(clock=ManualClock())
    for _ in range(199):
        monitor.check_and_log(payload("running"))
    monitor.check_and_log(payload("completed", stage="ai_fetching", task_id="a\nb"))
    lines = monitor.generate_report().splitlines()
    assert lines[:3] == ["=" * 60, "状态一致性监控报告", "=" * 60]
    assert lines[3].startswith("生成时间: 2027-01-15 ")
    assert lines[4:8] == ["总检查次数: 200", "发现问题数: 1", "严重问题数: 0", "一致性比率: 99.50%"]
    assert [line.strip() for line in lines if line.startswith("  ")] == [
        *("consistent: 199", "minor_issue: 1", "major_issue: 0", "critical: 0"),
    ]  # fmt: skip
    assert lines[-2:] == ["- [minor_issue] task_id=a?b: status=completed 但 stage=ai_fetching", "=" * 60]


def test_the_report_shows_ten_issues_at_most_and_never_rounds_them_away() -> None:
    monitor = StateConsistencyMonitor()
    assert "一致性比率: 100.00%" in monitor.generate_report()
    for number in range(15):
        monitor.check_and_log(payload("completed", progress=number, task_id=f"t{number}"))
    shown = [line for line in monitor.generate_report().splitlines() if line.startswith("- [")]
    assert len(shown) == 10
    assert "task_id=t14:" in shown[-1]
    for _ in range(300_000):
        monitor.found("t", [], fixed=False)
    assert "一致性比率: 99.99%" in monitor.generate_report()


def test_it_says_that_it_is_there_and_what_it_found(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "jindu.monitor"):
        StateConsistencyMonitor().check_and_log(payload("failed", stage="x", progress=1, is_completed=False))
    assert "状态一致性监控已初始化" in caplog.text
    last = caplog.records[-1]
    assert last.levelname == "ERROR"
    assert "task_id=t1: status=failed 但 stage=x" in last.getMessage()
    assert "已自动修复" in last.getMessage()


def test_there_is_one_in_a_process() -> None:
    assert get_monitor() is get_monitor()
    assert get_monitor().auto_fix


def test_a_check_of_what_agrees_is_a_handful_of_looks() -> None:
    """The cost of a check (B5) as work, not time: figures are in benchmarks/RESULTS.md."""

    class Counted(dict[str, Any]):
        looks = 0

        def get(self, key: str, default: Any = None) -> Any:
            self.looks += 1
            return super().get(key, default)

        def __getitem__(self, key: str) -> Any:
            self.looks += 1
            return super().__getitem__(key)

        def __contains__(self, key: object) -> bool:
            self.looks += 1
            return super().__contains__(key)

    shown = Counted(payload("running"), **{f"field{n}": n for n in range(500)})
    StateConsistencyMonitor().check_and_log(shown)
    assert shown.looks <= 8
