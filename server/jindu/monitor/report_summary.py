"""The report in words for the console, zh and en."""

from collections.abc import Mapping
from typing import Any

from .report_sections import SECTIONS, fields

RULE = "=" * 60
_TEXTS: Mapping[str, tuple[str, str]] = {  # zh, en
    "title": ("预热报告", "Warm-up report"),
    "generated_at": ("生成时间", "generated"),
    "missing": ("未能获取（按 0 计）", "could not be had (counted as 0)"),
    "warmup_period": ("预热周期", "Warm-up period"),
    "community_pool": ("社区池", "Community pool"),
    "cache_metrics": ("缓存指标", "Cache"),
    "api_usage": ("API 使用", "API usage"),
    "user_testing": ("用户测试", "User testing"),
    "system_performance": ("系统性能", "System performance"),
    "started_at": ("开始", "started"),
    "ended_at": ("结束", "ended"),
    "days": ("天数", "days"),
    "communities": ("社区数", "communities"),
    "active": ("活跃", "active"),
    "members": ("成员数", "members"),
    "hits": ("命中", "hits"),
    "misses": ("未命中", "misses"),
    "hit_rate": ("命中率", "hit rate"),
    "size": ("条目数", "entries"),
    "requests": ("请求数", "requests"),
    "errors": ("错误数", "errors"),
    "error_rate": ("错误率", "error rate"),
    "avg_latency_ms": ("平均延迟（毫秒）", "mean latency (ms)"),
    "testers": ("测试用户", "testers"),
    "feedback": ("反馈数", "feedback"),
    "average_rating": ("平均评分", "mean rating"),
    "jobs": ("任务总数", "jobs"),
    "waiting": ("等待", "waiting"),
    "running": ("运行中", "running"),
    "completed": ("完成", "completed"),
    "failed": ("失败", "failed"),
    "cancelled": ("取消", "cancelled"),
    "success_rate": ("成功率", "success rate"),
    "connections": ("连接数", "connections"),
    "consistency_ratio": ("一致性比率", "consistency"),
}
_SHARES = ("hit_rate", "error_rate", "success_rate", "consistency_ratio")


def summary(report: Mapping[str, Any], lang: str) -> str:
    """A page of text; a field that an application added is shown under its own name."""
    lines = [RULE, _say("title", lang), RULE, f"{_say('generated_at', lang)}: {report['generated_at']}"]
    missing = set(report["missing"])
    for section in SECTIONS:
        lines += ["", f"[{_say(section, lang)}]"]
        values = report[section]
        names = [*fields(section), *(name for name in values if name not in fields(section))]
        lines += [f"  {_say(name, lang)}: {_shown(name, values[name])}" for name in names]
    if missing:
        lines += ["", f"{_say('missing', lang)}: {', '.join(report['missing'])}"]
    return "\n".join([*lines, RULE])


def _say(name: str, lang: str) -> str:
    zh, en = _TEXTS.get(name, (name, name))
    return zh if lang == "zh" else en


def _shown(name: str, value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value * 100:.1f}%" if name in _SHARES else f"{value:g}"
    text = str(value)
    return text if text.isprintable() else "".join(sign if sign.isprintable() else "?" for sign in text)
