"""Tables of `jindu monitor …`."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from .tables import lasted
from .watching import clean

COLOURS = {"INFO": "blue", "WARNING": "yellow", "ERROR": "red", "CRITICAL": "bold red"}
RUNNING_SHOWN = 12
_TEXTS: Mapping[str, tuple[str, str]] = {  # zh, en
    "ready": ("就绪", "ready"),
    "not_ready": ("未就绪", "not ready"),
    "not_live": ("未连接：正在重试…", "not live: trying again…"),
    "state": ("系统状态", "state"),
    "reason": ("原因", "reason"),
    "running": ("运行中", "running"),
    "queued": ("等待", "waiting"),
    "done": ("完成", "done"),
    "failed": ("失败", "failed"),
    "cancelled": ("取消", "cancelled"),
    "total": ("总任务数", "jobs kept"),
    "success_rate": ("成功率", "success rate"),
    "error_rate": ("错误率", "error rate"),
    "mean_wait": ("平均等待", "mean wait"),
    "mean_run": ("平均用时", "mean run"),
    "connections": ("连接", "connections"),
    "alerts": ("告警", "alerts"),
    "consistency": ("一致性", "consistency"),
    "type": ("类型", "type"),
    "limit": ("上限", "limit"),
    "active": ("执行中", "active"),
    "paused": ("已暂停", "paused"),
    "http": ("HTTP 应答", "HTTP answers"),
    "refused": ("拒绝", "refused"),
    "limited": ("限流", "rate-limited"),
    "latency": ("平均延迟", "mean latency"),
    "push_lag": ("推送延迟", "push lag"),
    "loop_lag": ("循环延迟", "loop lag"),
    "loop_blocked": ("循环阻塞", "loop blocked"),
    "commits": ("提交组", "commit groups"),
    "commit_seconds": ("提交耗时", "commit time"),
    "commit_size": ("每组变更", "changes a group"),
    "cache": ("缓存命中率", "cache hit rate"),
    "left_behind": ("遗留任务体", "bodies left behind"),
    "transport": ("通道", "transport"),
    "open": ("打开", "open"),
    "ever": ("累计", "ever"),
    "slow": ("慢", "slow"),
    "messages": ("消息", "messages"),
    "bytes": ("字节", "bytes"),
    "conflated": ("合并", "conflated"),
    "id": ("编号", "id"),
    "address": ("地址", "address"),
    "since": ("已连接", "for"),
    "lag": ("滞后", "lag"),
    "channels": ("订阅", "channels"),
    "level": ("级别", "level"),
    "rule": ("规则", "rule"),
    "value": ("当前值", "value"),
    "threshold": ("阈值", "threshold"),
    "fired": ("开始", "since"),
    "resolved": ("恢复", "resolved"),
    "sinks": ("通知渠道", "who is told"),
    "no_alerts": ("没有告警。", "No alerts."),
    "no_connections": ("没有连接。", "Nobody is connected."),
    "no_errors": ("没有错误。", "No errors."),
    "nothing_waits": ("没有等待的任务。", "Nothing waits."),
    "history": ("历史", "history"),
    "checks": ("检查次数", "checks"),
    "sent": ("已送达", "sent"),
    "not_sent": ("未送达", "not sent"),
    "runs": ("已学次数", "runs known"),
    "usual": ("通常用时", "usual"),
    "careful": ("九成不超过", "9 of 10 within"),
    "error": ("估计误差", "error"),
    "coverage": ("上限命中率", "careful held"),
    "shares": ("各阶段占时", "share of time"),
    "why": ("为什么等待", "why it waits"),
    "code": ("错误码", "code"),
    "at": ("时间", "at"),
    "job": ("任务", "job"),
    "message": ("信息", "message"),
    "progress": ("进度", "progress"),
    "stage": ("阶段", "stage"),
    "draining": (
        "正在停止：不再接受任务，运行中的 {n} 个会先结束。",
        "Draining: nothing is taken any more; {n} running may end first.",
    ),
    "drained": ("已停止接受任务。", "Nothing is taken any more, and nothing runs."),
    "stay": ("Ctrl-C 退出", "Ctrl-C leaves"),
}


def say(name: str, lang: str, **values: object) -> str:
    """A text of ours; what has none is shown as it is."""
    zh, en = _TEXTS.get(name, (name, name))
    return (zh if lang == "zh" else en).format(**values)


def percent(share: Any) -> str:
    return "–" if share is None else f"{float(share) * 100:.2f}%"


def took(seconds: Any) -> str:
    """A duration; short ones in milliseconds."""
    if seconds is None:
        return "–"
    return f"{float(seconds) * 1000:.1f}ms" if seconds < 1 else lasted(float(seconds))


def eta(types: Sequence[Mapping[str, Any]], lang: str) -> Table:
    """How well the ends of jobs are told. A share beside the author's guess where it is another."""
    table = Table(box=None, pad_edge=False)
    for name in ("type", "runs", "usual", "careful", "error", "coverage", "shares"):
        table.add_column(say(name, lang), justify="left" if name in ("type", "shares") else "right")
    for of in types:
        figures = (took(of["usual"]), took(of["careful"]), percent(of["error"]), percent(of["coverage"]))
        shares = ", ".join(f"{clean(stage['name'])} {_share(stage)}" for stage in of["stages"])
        table.add_row(clean(of["type"]), str(of["runs"]), *figures, shares)
    return table


def _share(stage: Mapping[str, Any]) -> str:
    learned, guessed = round(100 * stage["share"]), round(100 * stage["guessed"])
    return f"{learned}%" if learned == guessed else f"{learned}% ({guessed}%)"


def facts(rows: Iterable[tuple[str, object]], lang: str) -> Table:
    """A line for each fact."""
    grid = Table.grid(padding=(0, 2))
    for name, value in rows:
        grid.add_row(Text(say(name, lang), "dim"), value if isinstance(value, Text) else clean(value))
    return grid


def status(stats: Mapping[str, Any], lang: str) -> Table:
    """Whether all is well, in a few lines."""
    ready = bool(stats["ready"])
    state = Text(say("ready" if ready else "not_ready", lang), "green" if ready else "red")
    jobs, totals = stats["jobs"], stats["totals"]
    rows: list[tuple[str, object]] = [("state", state)]
    if stats.get("reason"):
        rows.append(("reason", stats["reason"]))
    alerts = Text(str(stats["alerts"]), "red" if stats["alerts"] else "green")
    rows += [
        ("total", sum(jobs.values())),
        ("running", f"{stats['running']}/{stats['concurrency']}"),
        ("queued", stats["queued"]),
        ("success_rate", percent(totals["success_rate"])),
        ("mean_wait", took(stats["mean_wait"])),
        ("connections", stats["connections"]),
        ("consistency", percent(stats["consistency"]["ratio"])),
        ("alerts", alerts),
    ]
    return facts(rows, lang)


def metrics(stats: Mapping[str, Any], lang: str) -> Iterator[RenderableType]:
    """Everything that is measured, without histograms."""
    totals, http, store = stats["totals"], stats["http"], stats["store"]
    yield facts(
        [
            ("total", sum(stats["jobs"].values())),
            ("queued", stats["queued"]),
            ("mean_wait", took(stats["mean_wait"])),
            ("active", f"{totals['active']}/{totals['limit']}"),
            *((name, totals[name]) for name in ("done", "failed", "cancelled")),
            ("success_rate", percent(totals["success_rate"])),
            ("http", http["answers"]),
            ("refused", http["refused"]),
            ("limited", http["limited"]),
            ("latency", took(http["mean_seconds"])),
            ("push_lag", took(stats["push_lag"])),
            ("loop_lag", took(stats["loop_lag"])),
            ("loop_blocked", stats["loop_blocked"]),
            ("left_behind", stats["left_behind"]),
            ("commits", store["groups"]),
            ("commit_seconds", took(store["mean_seconds"])),
            ("commit_size", "–" if store["mean_size"] is None else f"{store['mean_size']:.1f}"),
            ("cache", percent(stats["cache"]["hit_rate"])),
            ("consistency", percent(stats["consistency"]["ratio"])),
        ],
        lang,
    )
    yield Text("")
    yield by_type(stats["by_type"], lang)
    if stats["metrics"]:
        yield Text("")
        yield own(stats["metrics"])


def by_type(items: Iterable[Mapping[str, Any]], lang: str) -> Table:
    """A line for each job type: how many wait and run, how it went."""
    names = ("queued", "mean_wait", "active", "done", "failed", "cancelled", "success_rate", "error_rate", "mean_run")
    table = _table(lang, "type", right=names)
    table.add_column("")
    for item in items:
        table.add_row(
            clean(item["type"]), str(item["queued"]), took(item["mean_wait"]), f"{item['active']}/{item['limit']}",
            *(str(item[name]) for name in ("done", "failed", "cancelled")), percent(item["success_rate"]),
            percent(item["error_rate"]), took(item["mean_run"]), Text(say("paused", lang) if item["paused"] else "", "yellow"),
        )  # fmt: skip
    return table


def own(samples: Iterable[Mapping[str, Any]]) -> Table:
    """The metrics of applications."""
    table = Table(box=None, pad_edge=False, show_header=False)
    for sample in samples:
        labels = ", ".join(f"{name}={value}" for name, value in sample["labels"].items())
        value = f"{sample['value']:g}" if sample["count"] is None else f"{sample['value']:g} / {sample['count']}"
        table.add_row(clean(sample["name"]), clean(labels), value, _time(sample["changed_at"]))
    return table


def connections(shown: Mapping[str, Any], lang: str, wall: float) -> Iterator[RenderableType]:
    """By transport, then one by one."""
    names = ("open", "ever", "slow", "messages", "bytes", "conflated")
    table = _table(lang, "transport", right=names)
    for name, of in shown["by_transport"].items():
        table.add_row(name, *(str(of[key]) for key in ("open", "total", "slow", "messages", "bytes", "conflated")))
    yield table
    yield Text("")
    if not shown["items"]:
        yield Text(say("no_connections", lang))
        return
    table = _table(lang, "id", "transport", "address", right=("since", "lag", "channels", "messages", "conflated"))
    for item in shown["items"]:
        age = lasted(wall - datetime.fromisoformat(item["since"]).timestamp())
        table.add_row(
            clean(item["id"]), item["transport"], clean(item["address"] or ""), age,
            Text(took(item["lag"]), "yellow" if item["slow"] else ""), str(item["channels"]), str(item["messages"]),
            str(item["conflated"]),
        )  # fmt: skip
    yield table


def alerts(shown: Mapping[str, Any], lang: str) -> Iterator[RenderableType]:
    """What is active, what was, the rules with their values, who is told."""
    if not shown["active"]:
        yield Text(say("no_alerts", lang), "green")
    for alert in shown["active"]:
        yield Text(clean(alert["text"][lang]), COLOURS.get(alert["level"], ""))
    if shown["history"]:
        yield Text("\n" + say("history", lang), "bold")
        table = _table(lang, "level", "rule", "fired", "resolved")
        for alert in shown["history"]:
            table.add_row(alert["level"], clean(alert["rule"]), _time(alert["fired_at"]), _time(alert["resolved_at"]))
        yield table
    yield Text("")
    table = _table(lang, "rule", "level", "state", right=("value", "threshold"))
    for rule in shown["rules"]:
        value = "–" if rule["value"] is None else f"{rule['value']:.4g}"
        sign = ">" if rule["side"] == "above" else "<"
        table.add_row(clean(rule["name"]), rule["level"], rule["state"], value, f"{sign} {rule['threshold']:g}")
    yield table
    yield Text("")
    for sink in shown["sinks"]:
        failed = f": {clean(sink['failed'])}" if sink["failed"] else ""
        yield Text(f"{clean(sink['name'])} ({sink['kind']}) {' '.join(sink['levels'])}{failed}", "red" if failed else "dim")


def errors(items: Sequence[Mapping[str, Any]], lang: str) -> Table:
    """A line for each failed attempt."""
    table = _table(lang, "at", "code", "type", "stage", "job", "message")
    for item in items:
        text = " ".join(f"{item['exception']}: {item['message']}".split())
        names = (clean(item[name]) for name in ("type", "stage", "job"))
        table.add_row(_time(item["at"]), clean(item["code"]), *names, clean(text[:100]))
    return table


def waiting(items: Iterable[tuple[Mapping[str, Any], Mapping[str, Any]]], lang: str, wall: float) -> Table:
    """A line for each job that waits, with the reasons."""
    table = _table(lang, "id", "type", "since", "why")
    for job, why in items:
        age = lasted(wall - datetime.fromisoformat(job["created_at"]).timestamp())
        reasons = "; ".join(str(reason["text"][lang]) for reason in why["reasons"])
        table.add_row(clean(job["id"]), clean(job["type"]), age, clean(reasons))
    return table


def screen(
    stats: Mapping[str, Any] | None, alerts: Mapping[str, Any], running: Sequence[Mapping[str, Any]], lang: str, *, live: bool
) -> RenderableType:
    """All of it on one screen; `live` False: what is shown is what was last known."""
    if stats is None:
        return Panel(Text(say("not_live", lang), "red"))
    parts: list[RenderableType] = [] if live else [Text(say("not_live", lang), "bold red")]
    parts += [status(stats, lang), Text(""), by_type(stats["by_type"], lang)]
    parts += [Text(clean(alert["text"][lang]), COLOURS.get(alert["level"], "")) for alert in alerts.get("active", ())]
    if running:
        table = _table(lang, "id", "type", "stage", right=("progress",))
        for job in running[:RUNNING_SHOWN]:
            table.add_row(clean(job["id"]), clean(job["type"]), clean(job["stage"]), f"{job['progress']:.1f}%")
        parts += [Text(""), table]
    return Group(*parts, Text(say("stay", lang), "dim"))


def _table(lang: str, *left: str, right: Sequence[str] = ()) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in left:
        table.add_column(say(name, lang), overflow="fold")
    for name in right:
        table.add_column(say(name, lang), justify="right", no_wrap=True)
    return table


def _time(text: Any) -> str:
    if not isinstance(text, str):
        return ""
    return datetime.fromisoformat(text).astimezone().isoformat(" ", "seconds")
