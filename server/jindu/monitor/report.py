"""The text report of the consistency monitor, line by line as users know it (REQUIREMENTS B11)."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

RULE = "=" * 60
RECENT_SHOWN = 10


def report(stats: Mapping[str, Any], wall: float) -> str:
    """The report of `StateConsistencyMonitor.get_stats`; `wall` is now, in wall-clock seconds, shown in local time."""
    made = datetime.fromtimestamp(wall, UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    lines = [
        RULE,
        "状态一致性监控报告",
        RULE,
        f"生成时间: {made}",
        f"总检查次数: {stats['total_checks']}",
        f"发现问题数: {stats['issues_found']}",
        f"严重问题数: {stats['critical_issues']}",
        f"一致性比率: {percent(stats['total_checks'], stats['issues_found'])}",
        "",
        "级别分布:",
        *(f"  {level}: {number}" for level, number in stats["levels"].items()),
    ]
    recent = stats["recent_issues"][-RECENT_SHOWN:]
    if recent:
        lines += ["", "最近问题:"]
        lines += [f"- [{one['level']}] task_id={one['task_id']}: {'; '.join(one['issues'])}" for one in recent]
    return "\n".join([*lines, RULE])


def percent(total: int, issues: int) -> str:
    """The ratio with two digits; anything but no issue at all is below 100.00%."""
    hundredths = 10_000 if not total else round((total - issues) / total * 10_000)
    if issues and hundredths == 10_000:
        hundredths = 9_999
    return f"{hundredths / 100:.2f}%"
