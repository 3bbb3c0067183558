"""Texts and tables of the commands about schedules, webhooks and the report, zh and en."""

from collections.abc import Iterable, Mapping
from typing import Any

from rich.table import Table
from rich.text import Text

from .watching import clean

_COLOURS = {"delivered": "green", "dead": "red", "pending": "yellow"}
_TEXTS: Mapping[str, tuple[str, str]] = {  # zh, en
    "id": ("编号", "id"),
    "type": ("类型", "type"),
    "when": ("时间表", "when"),
    "timezone": ("时区", "time zone"),
    "next_at": ("下次", "next"),
    "last_at": ("上次", "last"),
    "runs": ("次数", "runs"),
    "skipped": ("跳过", "skipped"),
    "overlap": ("重叠", "overlap"),
    "missed": ("错过", "missed"),
    "params": ("参数", "params"),
    "state": ("状态", "state"),
    "paused": ("已暂停", "paused"),
    "declared": ("代码中声明", "declared in code"),
    "held_at": ("等待中", "waiting since"),
    "last_job": ("上次任务", "last job"),
    "owner": ("所有者", "owner"),
    "tags": ("标签", "tags"),
    "priority": ("优先级", "priority"),
    "created_at": ("创建于", "created"),
    "next": ("接下来", "next times"),
    "url": ("地址", "URL"),
    "events": ("事件", "events"),
    "types": ("任务类型", "job types"),
    "description": ("说明", "description"),
    "off": ("已停用", "off"),
    "event": ("事件", "event"),
    "job": ("任务", "job"),
    "attempts": ("尝试", "tries"),
    "error": ("原因", "why"),
    "pending": ("等待", "pending"),
    "delivered": ("已送达", "delivered"),
    "dead": ("已放弃", "dead"),
    "no_schedules": ("没有定时任务。", "No schedules."),
    "no_webhooks": ("没有 webhook。", "No webhooks."),
    "no_deliveries": ("没有符合条件的投递。", "No such deliveries."),
    "is_paused": ("已暂停：恢复之前不再触发。", "Paused: nothing falls due until it is resumed."),
    "is_resumed": ("已恢复，下次：{}", "Resumed; next: {}"),
    "is_added": ("已添加，下次：{}", "Added; next: {}"),
    "is_deleted": ("已删除。", "Removed."),
    "shown_once": ("签名密钥只显示这一次，请妥善保存：{}", "The signing secret is shown this once, keep it safe: {}"),
    "sent_again": ("将立即重新投递。", "It is sent again now."),
    "without_server": (
        "没有服务器的实时指标：{}",
        "No live metrics of a server: {}",
    ),
    "report_saved": ("已保存：{}", "Saved: {}"),
}


def say(name: str, lang: str, *values: object) -> str:
    """A text of ours; what has none is shown as it is."""
    zh, en = _TEXTS.get(name, (name, name))
    return (zh if lang == "zh" else en).format(*values)


def schedules(items: Iterable[Mapping[str, Any]], lang: str) -> Table:
    """A line for each schedule."""
    table = _table(lang, "id", "type", "when", "timezone", "next_at", "last_at", "runs", "skipped", "state")
    for item in items:
        state = Text(say("paused", lang) if item["paused"] else "", "yellow")
        table.add_row(
            clean(item["id"]), clean(item["type"]), _when(item), clean(item["timezone"]), clean(item["next_at"] or ""),
            clean(item["last_at"] or ""), str(item["runs"]), str(item["skipped"]), state,
        )  # fmt: skip
    return table


def webhooks(items: Iterable[Mapping[str, Any]], lang: str) -> Table:
    """A line for each webhook."""
    table = _table(lang, "id", "url", "events", "owner", "types", "description", "state")
    for item in items:
        table.add_row(
            clean(item["id"]), clean(item["url"]), " ".join(item["events"]), clean(item["owner"] or ""),
            clean(" ".join(item["types"])), clean(item["description"]),
            Text("" if item["enabled"] else say("off", lang), "yellow"),
        )  # fmt: skip
    return table


def deliveries(items: Iterable[Mapping[str, Any]], lang: str) -> Table:
    """A line for each delivery."""
    table = _table(lang, "id", "event", "job", "state", "attempts", "next_at", "error", "url")
    for item in items:
        state = Text(say(item["state"], lang), _COLOURS.get(item["state"], ""))
        table.add_row(
            clean(item["id"]), clean(item["event"]), clean(item["job"]), state, str(item["attempts"]),
            clean(item["due_at"] or ""), clean(item["error"] or ""), clean(item["url"]),
        )  # fmt: skip
    return table


def facts(item: Mapping[str, Any], names: Iterable[str], lang: str) -> Table:
    """One thing, a line for each fact that there is."""
    table = Table.grid(padding=(0, 2))
    for name in names:
        value = item.get(name)
        if value not in (None, "", [], {}, False):
            shown = ", ".join(map(str, value)) if isinstance(value, list) else "✓" if value is True else value
            table.add_row(Text(say(name, lang), "dim"), clean(shown))
    return table


def _table(lang: str, first: str, *names: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(say(first, lang), no_wrap=True)  # to be copied: never cut
    for name in names:
        table.add_column(say(name, lang), overflow="fold")
    return table


def _when(item: Mapping[str, Any]) -> str:
    return clean(item["cron"]) if item["cron"] is not None else f"every {item['every']:g}s"
