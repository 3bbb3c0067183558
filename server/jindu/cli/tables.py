"""Tables for people: a list of jobs, one job with its stages, times, partial results and end, the job types."""

import os
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from rich.console import Console, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from jindu_client import Update

from .watching import Words, clean, short

PLAIN_WIDTH = 160  # characters of a line where there is no terminal to say how wide it is
BAR_WIDTH = 12
COUNTED = ("pending", "running", "completed", "failed", "cancelled")

_COLOURS = {"running": "cyan", "completed": "green", "failed": "red", "cancelled": "yellow"}
_TEXTS: Mapping[str, tuple[str, str]] = {  # zh, en
    "id": ("编号", "id"),
    "type": ("类型", "type"),
    "status": ("状态", "status"),
    "stage": ("阶段", "stage"),
    "progress": ("进度", "progress"),
    "age": ("多久前", "age"),
    "owner": ("所有者", "owner"),
    "tags": ("标签", "tags"),
    "created_at": ("提交于", "created"),
    "started_at": ("开始于", "started"),
    "finished_at": ("结束于", "finished"),
    "took": ("用时", "took"),
    "partial": ("部分结果", "partial results"),
    "result": ("结果", "result"),
    "stages": ("阶段", "stages"),
    "at_once": ("同时", "at once"),
    "timeout": ("限时", "time limit"),
    "attempts": ("尝试", "attempts"),
    "keep_for": ("保留", "kept"),
    "paused": ("已暂停", "paused"),
    "is_paused": ("已暂停：不再开始这种类型的任务，运行中的继续。", "Paused: nothing of this type starts; what runs goes on."),
    "is_resumed": ("已恢复：等待的任务会开始。", "Resumed: what waits may start."),
    "no_types": ("没有任务类型。", "No job types."),
    "no_lines": ("没有日志。", "Nothing was logged."),
    "sure": ("要删除 {old} 前结束的{what}任务吗？", "Remove all {what}jobs that ended {old} ago or earlier?"),
    "removed": ("已删除 {n} 个任务。", "Removed: {n}."),
    "kept": ("没有删除任何任务。", "Nothing was removed."),
    "ask_yes": (
        "这里无法询问是否删除：确定的话请加 --yes。",
        "There is no terminal here to ask whether you are sure: add --yes if you are.",
    ),
    "none": ("没有符合条件的任务。", "No such jobs."),
    "more": ("还有更多：--limit 或 --all", "There are more: --limit or --all"),
    "pending": ("等待", "pending"),
    "running": ("运行中", "running"),
    "completed": ("已完成", "completed"),
    "failed": ("失败", "failed"),
    "cancelled": ("已取消", "cancelled"),
    "skipped": ("已跳过", "skipped"),
    "cancelling": ("取消中", "cancelling"),
    "cancel_asked": ("已请求取消，任务正在停止。", "Asked to cancel; the job is stopping."),
    "deleted": ("任务已删除。", "The job is removed."),
    "backed_up": ("{file}：{n} 字节。", "{file}: {n} bytes."),
    "restored": ("已恢复到 {store}。", "Restored into {store}."),
    "set_aside": ("原来的数据保存在 {file}。", "What was there is kept as {file}."),
    "no_reason": ("没有什么在阻碍它。", "Nothing holds it up."),
    "job": ("任务", "job"),
    "attempt": ("尝试", "attempt"),
    "run": ("运行", "run"),
    "at": ("时间", "at"),
    "exception": ("异常", "exception"),
    "message": ("信息", "message"),
    "is_cancelled": ("任务已取消。", "The job is cancelled."),
    "name": ("名称", "name"),
    "scopes": ("权限", "scopes"),
    "expires_at": ("到期", "expires"),
    "state": ("状态", "state"),
    "good": ("有效", "good"),
    "expired": ("已过期", "expired"),
    "revoked": ("已撤销", "revoked"),
    "no_keys": ("还没有密钥：服务器只应答本机。", "No keys yet: the server answers this machine only."),
    "shown_once": ("密钥只显示这一次，请妥善保存。", "The key is shown this once: keep it safe."),
    "is_revoked": ("密钥已撤销。", "The key is revoked."),
    "no_such_key": ("没有这个密钥。", "There is no such key."),
    "is_rotated": ("已换用新的签名密钥。", "Tokens are signed with a new secret."),
}


def terminal() -> Console:
    """Standard output; lines are not broken at 80 characters where it is a file or a pipe."""
    # What others wrote is shown as it is: brackets are no markup, ":x:" no picture.
    console = Console(highlight=False, markup=False, emoji=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = PLAIN_WIDTH
    return console


def say(name: str, lang: str, **values: object) -> str:
    """A text of ours; what has none is shown as it is."""
    if name not in _TEXTS:
        return name
    zh, en = _TEXTS[name]
    return (zh if lang == "zh" else en).format(**values)


def jobs(items: Iterable[Mapping[str, Any]], lang: str, wall: float) -> Table:
    """A line for each item of a list; `wall` is now, in seconds since 1970."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(say("id", lang), overflow="fold", min_width=26)  # to be copied: never cut
    for name in ("type", "status", "stage"):
        table.add_column(say(name, lang))
    table.add_column(say("progress", lang), width=BAR_WIDTH)
    table.add_column("%", justify="right", no_wrap=True)
    table.add_column(say("age", lang), justify="right", no_wrap=True)
    table.add_column(say("owner", lang))
    words = Words(lang, [])
    for item in items:
        table.add_row(
            clean(item["id"]), clean(item.get("type")), _status(item, lang), clean(_stage(item, words)),
            _bar(item), f"{percent(item):.1f}", _age(item.get("created_at"), wall), clean(item.get("owner") or ""),
        )  # fmt: skip
    return table


def job(snapshot: Mapping[str, Any], lang: str, wall: float) -> Iterator[RenderableType]:
    """The parts of one job, to be printed one below the other."""
    words = Words(lang, list(snapshot.get("stages") or ()))
    update = _update(snapshot)
    yield Text.assemble((clean(snapshot.get("type")), "bold"), "  ", clean(snapshot["id"]))
    where = " · " + words.line(update) if not update.is_end else ""
    line = Table.grid(padding=(0, 1))
    bar = ProgressBar(total=100, completed=percent(snapshot), width=2 * BAR_WIDTH)
    line.add_row(bar, Text.assemble(f"{percent(snapshot):.1f}% ", _status(snapshot, lang), where))
    yield line
    yield _facts(snapshot, lang, wall)
    if snapshot.get("stages"):
        yield _stages(snapshot, words)
    if snapshot.get("partial"):
        yield Text(f"\n{say('partial', lang)}", style="bold")
        for entry in snapshot["partial"]:
            yield Text(f"+ {clean(entry.get('key'))}: {short(entry.get('data'))}")
    if update.is_end:
        yield Text("\n" + words.ending(update), style=_COLOURS[update.status])
    if update.kind == "complete":
        yield Text(f"{say('result', lang)}: {short(snapshot.get('result'))}")


def keys(items: Iterable[Mapping[str, Any]], lang: str, wall: float) -> Table:
    """A line for each key; nothing of their secrets."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(say("id", lang), no_wrap=True)  # to be copied: never cut
    for name in ("name", "scopes", "owner", "age", "expires_at", "state"):
        table.add_column(say(name, lang))
    for item in items:
        ends = _seconds(item.get("expires_at"))
        state = "revoked" if item.get("revoked_at") else "expired" if ends is not None and ends <= wall else "good"
        table.add_row(
            clean(item["id"]), clean(item["name"]), " ".join(item["scopes"]), clean(item.get("owner") or ""),
            _age(item.get("created_at"), wall), clean(item.get("expires_at") or ""), say(state, lang),
        )  # fmt: skip
    return table


def types(items: Iterable[Mapping[str, Any]], lang: str) -> Table:
    """A line for each job type: its stages, its limits, how many jobs of it wait, run and have ended, whether it is paused."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("type", "stages"):
        table.add_column(say(name, lang), overflow="fold")
    for name in ("at_once", "timeout", "attempts", "keep_for", *COUNTED):
        table.add_column(say(name, lang), justify="right", no_wrap=True)
    table.add_column("")
    words = Words(lang, [])
    for item in items:
        stages = " → ".join(words.pick(stage.get("title"), stage["name"]) for stage in item.get("stages") or ())
        limits, counts = item.get("limits") or {}, item.get("counts") or {}
        table.add_row(
            clean(item["type"]), clean(stages), str(limits.get("concurrency", "")), lasted(float(limits.get("timeout") or 0)),
            str(limits.get("max_attempts", "")), lasted(float(limits.get("keep_for") or 0)),
            *(str(counts.get(name, 0)) for name in COUNTED), Text(say("paused", lang) if item.get("paused") else "", "yellow"),
        )  # fmt: skip
    return table


def line(entry: Mapping[str, Any]) -> str:
    """A line of a job's log with its local time."""
    at = _seconds(entry.get("at"))
    return f"{'' if at is None else _local(at)}  {clean(entry.get('line'))}"


def context(shown: Mapping[str, Any], lang: str) -> Iterator[RenderableType]:
    """The parts of one error context."""
    yield Text.assemble((clean(shown["code"]), "bold red"), "  ", clean(shown["id"]))
    facts = Table.grid(padding=(0, 2))
    for name in ("job", "type", "stage", "attempt", "run", "at", "exception", "message"):
        if (value := shown.get(name)) not in (None, ""):
            facts.add_row(Text(say(name, lang), "dim"), clean(" ".join(str(value).split("\n"))))
    yield facts
    if trace := shown.get("traceback"):
        yield Text("\n".join(clean(line) for line in str(trace).splitlines()) + "\n")


def percent(shown: Mapping[str, Any]) -> float:
    """How far the job is; of one that failed how far it came, where the state says 0."""
    reached = shown.get("reached")
    return float(shown.get("progress") or 0) if reached is None else float(reached)


def lasted(seconds: float) -> str:
    """A duration in one or two units: 0.4s, 12s, 3m20s, 2h5m, 5d3h."""
    if seconds < 10:
        return f"{max(seconds, 0):.1f}s"
    whole = int(seconds)
    for size, big, small_size, small in ((86_400, "d", 3600, "h"), (3600, "h", 60, "m"), (60, "m", 1, "s")):
        if whole >= size:
            rest = whole % size // small_size
            return f"{whole // size}{big}" + (f"{rest}{small}" if rest else "")
    return f"{whole}s"


def _update(snapshot: Mapping[str, Any]) -> Update:
    """The snapshot as a watch would yield it, for the same words."""
    status = str(snapshot.get("status"))
    kind: Any = {"completed": "complete", "failed": "error", "cancelled": "error"}.get(status, "progress")
    named = ("status", "stage", "message", "attempt", "max_attempts", "error", "reached")
    shown: dict[str, Any] = {name: snapshot[name] for name in named if snapshot.get(name) is not None}
    return Update(kind, str(snapshot["id"]), int(snapshot.get("seq") or 0), **shown)


def _facts(snapshot: Mapping[str, Any], lang: str, wall: float) -> Table:
    facts = Table.grid(padding=(0, 2))
    for name in ("owner", "tags"):
        if value := snapshot.get(name):
            facts.add_row(Text(say(name, lang), "dim"), clean(value if isinstance(value, str) else ", ".join(value)))
    for name in ("created_at", "started_at", "finished_at"):
        at = _seconds(snapshot.get(name))
        if at is not None:
            facts.add_row(Text(say(name, lang), "dim"), f"{_local(at)}  ({lasted(wall - at)})")
    return facts


def _stages(snapshot: Mapping[str, Any], words: Words) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("stage", "status"):
        table.add_column(say(name, words.lang))
    table.add_column("%", justify="right")
    table.add_column(say("took", words.lang), justify="right")
    for stage in snapshot["stages"]:
        began, ended = _seconds(stage.get("started_at")), _seconds(stage.get("ended_at"))
        took = lasted(ended - began) if began is not None and ended is not None else ""
        state = str(stage.get("state") or "")
        shown = Text(say(state, words.lang), _COLOURS.get(state, "dim"))
        table.add_row(clean(words.stage(stage["name"])), shown, f"{float(stage.get('progress') or 0):.1f}", took)
    return table


def _status(shown: Mapping[str, Any], lang: str) -> Text:
    status = str(shown.get("status"))
    cancelling = bool(shown.get("cancelling")) and status in ("pending", "running")
    return Text(say("cancelling" if cancelling else status, lang), _COLOURS.get(status, ""))


def _stage(item: Mapping[str, Any], words: Words) -> str:
    """Where it is; of a job that ended otherwise than completed, why."""
    if item.get("is_completed"):
        return words.pick((item.get("error") or {}).get("title"))
    return words.stage(str(item.get("stage") or ""))


def _bar(item: Mapping[str, Any]) -> ProgressBar:
    return ProgressBar(total=100, completed=percent(item), width=BAR_WIDTH)


def _age(text: Any, wall: float) -> str:
    at = _seconds(text)
    return "" if at is None else lasted(wall - at)


def _local(at: float) -> str:
    return datetime.fromtimestamp(at).astimezone().isoformat(" ", "seconds")


def _seconds(text: Any) -> float | None:
    return datetime.fromisoformat(text).timestamp() if isinstance(text, str) else None
