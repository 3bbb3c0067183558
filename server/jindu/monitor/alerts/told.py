"""What people are told of an alert, in zh and en."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ...core.alerts import Alert, Level
from ...core.clock import rfc3339
from .measured import written

What = Literal["firing", "resolved", "test"]

_TITLES: Mapping[str, tuple[str, str]] = {  # zh, en
    "high_error_rate": ("错误率过高", "High error rate"),
    "high_latency": ("响应延迟过高", "High latency"),
    "low_success_rate": ("成功率过低", "Low success rate"),
    "high_concurrent_tasks": ("并发任务过多", "Many jobs at once"),
    "cache_hit_rate_low": ("缓存命中率过低", "Low cache hit rate"),
    "consistency_low": ("状态一致性过低", "Low consistency"),
    "eta_coverage_low": ("剩余时间估计过于乐观", "Jobs end later than they are told to"),
    "eta_coverage_high": ("剩余时间估计过于保守", "Jobs are told to end later than they do"),
}
_INPUTS: Mapping[str, tuple[str, str]] = {
    "error_rate": ("错误率", "error rate"),
    "avg_latency": ("平均延迟", "mean latency"),
    "success_rate": ("成功率", "success rate"),
    "active_tasks": ("进行中的任务", "open jobs"),
    "cache_hit_rate": ("缓存命中率", "cache hit rate"),
    "consistency_ratio": ("一致性比率", "consistency ratio"),
    "eta_coverage": ("剩余时间上限的命中率", "share of time that the careful guess of the end held"),
}
_LEVELS: Mapping[Level, str] = {Level.INFO: "提示", Level.WARNING: "警告", Level.ERROR: "错误", Level.CRITICAL: "严重"}
_WHAT: Mapping[str, tuple[str, str]] = {
    "firing": ("告警", "FIRING"), "resolved": ("已恢复", "RESOLVED"), "test": ("测试", "TEST")
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Told:
    """One message: that an alert fires, that it is resolved, or that this is a test. `node` names the server."""

    what: What
    alert: Alert
    node: str

    @property
    def rule(self) -> str:
        return self.alert.rule

    @property
    def level(self) -> Level:
        return self.alert.level

    @property
    def value(self) -> float:
        return self.alert.value

    @property
    def threshold(self) -> float:
        return self.alert.threshold

    @property
    def title(self) -> dict[str, str]:
        zh, en = _TITLES.get(self.alert.rule, (self.alert.rule, self.alert.rule))
        what = _WHAT[self.what]
        return {"zh": f"[{what[0]}] {zh}", "en": f"[{what[1]}] {en}"}

    @property
    def text(self) -> dict[str, str]:
        """One line in each language: what was measured, and what it may be."""
        zh, en = _INPUTS[self.alert.input]
        value, limit = written(self.alert.input, self.alert.value), written(self.alert.input, self.alert.threshold)
        level = self.alert.level
        return {
            "zh": f"{self.title['zh']}：{zh} {value}，阈值 {limit}，级别 {_LEVELS[level]}，服务器 {self.node}",
            "en": f"{self.title['en']}: {en} {value}, threshold {limit}, level {level}, server {self.node}",
        }

    @property
    def body(self) -> dict[str, Any]:
        """The same for programs."""
        alert = self.alert
        return {
            "type": f"alert.{self.what}",
            "timestamp": rfc3339(alert.resolved_at if self.what == "resolved" and alert.resolved_at else alert.fired_at),
            "data": {
                "id": alert.id, "rule": alert.rule, "input": alert.input, "level": alert.level.value, "value": alert.value,
                "peak": alert.peak, "threshold": alert.threshold, "fired_at": rfc3339(alert.fired_at),
                "resolved_at": rfc3339(alert.resolved_at), "node": self.node, "title": self.title, "text": self.text,
            },
        }  # fmt: skip
