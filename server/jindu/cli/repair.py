"""`jindu repair`: stored history that contradicts itself is set right, what was left over removed, while no server runs."""

import json
from typing import Annotated, Any

import typer

from ..app import App
from ..store.contract import StoreRefused
from ..store.findings import Leftovers, Repaired
from ..store.opener import clear
from ..store.opener import repair as set_right
from .client_commands import Json
from .serve import Config, Store, configure, refuse
from .watching import clean, language

DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would be changed.")]

_HOW = {  # zh, en
    "row": ("按日志恢复了记录（{detail}）：{before} → {after}", "row set right from its log ({detail}): {before} -> {after}"),
    "log": ("按记录重建了日志（{detail}）：{before} → {after}", "log told anew from its row ({detail}): {before} -> {after}"),
    "result": ("结果已丢失，以 null 代替", "the result is lost; null stands for it"),
    "lost": ("无法修复：{detail}", "beyond repair: {detail}"),
}
_SAID = {
    "checked": (
        "检查了 {0} 条记录，{1} 条需要修复，{2} 条无法修复。",
        "{0} records looked at, {1} to set right, {2} beyond repair.",
    ),
    "dry": ("试运行：没有修改任何内容。", "Dry run: nothing was changed."),
    "table": ("临时表 {0}", "temporary table {0}"),
    "file": ("临时文件 {0}", "temporary file {0}"),
    "rows": ("{0} 表中 {1} 行没有任务的数据", "{1} rows of {0} without a job"),
    "none": ("没有残留的临时数据。", "Nothing was left over."),
}


def repair(
    temporary: Annotated[
        bool, typer.Option("--temporary", help="Remove left-over temporary tables, files and rows without a job instead.")
    ] = False,
    dry_run: DryRun = False,
    store: Store = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Set right the records of a store that no server uses. Exit code: 1 refused, or some records are beyond repair."""
    address = configure(App(), store=store, config=config).store
    try:
        if temporary:
            _tell_leftovers(address, clear(address, dry_run=dry_run), dry_run=dry_run, as_json=as_json)
            return
        checked, found = set_right(address, dry_run=dry_run)
    except StoreRefused as error:
        refuse(str(error))
    lost = [one for one in found if one.how == "lost"]
    if as_json:
        _print_repairs(address, checked, found, dry_run=dry_run)
    else:
        for one in found:
            print(f"{clean(one.id)}: {clean(_told(one))}")
        print(_say("checked", checked, len(found) - len(lost), len(lost)))
        if dry_run:
            print(_say("dry"))
    if lost:
        raise typer.Exit(1)


def _told(one: Repaired) -> str:
    text = _HOW[one.how][0 if language() == "zh" else 1]
    return text.format(detail=one.detail, before=one.before or "?", after=one.after or "?")


def _print_repairs(address: str, checked: int, found: list[Repaired], *, dry_run: bool) -> None:
    shown: list[dict[str, Any]] = [
        {"id": one.id, "how": one.how, "detail": one.detail, "before": one.before, "after": one.after} for one in found
    ]
    print(json.dumps({"store": address, "dry_run": dry_run, "checked": checked, "records": shown}, ensure_ascii=False))


def _tell_leftovers(address: str, found: Leftovers, *, dry_run: bool, as_json: bool) -> None:
    if as_json:
        shown = {"tables": list(found.tables), "files": [str(file) for file in found.files], "rows": dict(found.rows)}
        print(json.dumps({"store": address, "dry_run": dry_run, **shown}, ensure_ascii=False))
        return
    lines = [_say("table", name) for name in found.tables] + [_say("file", file) for file in found.files]
    lines += [_say("rows", table, number) for table, number in found.rows.items()]
    print("\n".join(lines) or _say("none"))
    if dry_run and found:
        print(_say("dry"))


def _say(name: str, *values: object) -> str:
    return _SAID[name][0 if language() == "zh" else 1].format(*values)
