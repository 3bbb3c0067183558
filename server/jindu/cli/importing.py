"""`jindu import`: jobs that an earlier system ran, as JSON lines, taken over into a store that no server uses.

Each becomes a job with a history of its own, made through the store as any other, so that its log gives its row. The same
file again changes nothing.
"""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer

from ..app import App
from ..core.clock import SystemClock
from ..core.codec import NotJson, decode
from ..core.history import retold, steps
from ..store.contract import Exists, Gone, Moved, Store, StoreError, StoreRefused, Together
from ..store.opener import open_store
from . import foreign_records
from .client_commands import Json
from .foreign_records import Read, Refused, Words
from .repair import DryRun
from .serve import Config, configure, refuse
from .serve import Store as StoreOption
from .watching import clean, language

TOGETHER = 500  # jobs on their way to the store at once

_SAID = {  # zh, en
    "line": ("第 {0} 行：{1}", "line {0}: {1}"),
    "repaired": ("第 {0} 行（{1}）：已修复 {2}", "line {0} ({1}): set right: {2}"),
    "done": (
        "导入 {0} 条，已存在 {1} 条，修复 {2} 条，拒绝 {3} 条。",
        "{0} taken over, {1} there already, {2} set right, {3} rejected.",
    ),
    "dry": ("试运行：没有修改任何内容。", "Dry run: nothing was changed."),
    "gone": ("这个编号的任务已被删除", "a job of this id was removed"),
}


@dataclass
class Outcome:
    """What became of the lines; rejected and repaired ones by their number, from 1."""

    imported: int = 0
    present: int = 0
    rejected: list[tuple[int, str]] = field(default_factory=list)
    repaired: list[tuple[int, str, tuple[str, ...]]] = field(default_factory=list)


def take_over(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="JSON lines, one record a line")],
    map: Annotated[Path | None, typer.Option(metavar="FILE", help="TOML file that maps their fields and words to ours")] = None,
    dry_run: DryRun = False,
    store: StoreOption = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Take over ended jobs of an earlier system. Exit code: 1 refused, or some lines were rejected (the others are there)."""
    address = configure(App(), store=store, config=config).store
    outcome = Outcome()
    try:
        words = Words() if map is None else Words.read(map)
        with file.open("rb") as lines:
            records = _records(enumerate(lines, 1), words, outcome)
            if dry_run:
                outcome.imported = sum(1 for _ in records)
            else:
                asyncio.run(_write(address, records, outcome))
    except OSError as error:
        refuse(f"{file} cannot be read: {error.strerror}")
    except (Refused, StoreRefused, StoreError) as error:
        refuse(str(error))
    _tell(outcome, dry_run=dry_run, as_json=as_json)
    if outcome.rejected:
        raise typer.Exit(1)


def _records(lines: Iterator[tuple[int, bytes]], words: Words, outcome: Outcome) -> Iterator[tuple[int, Read]]:
    now = SystemClock().wall()
    for number, line in lines:
        if not line.strip():
            continue
        try:
            found = foreign_records.read(decode(line), words, now)
        except NotJson as error:
            outcome.rejected.append((number, f"not JSON: {error}"))
            continue
        except Refused as error:
            outcome.rejected.append((number, str(error)))
            continue
        if found.repaired:
            outcome.repaired.append((number, found.job.id, found.repaired))
        yield number, found


async def _write(address: str, records: Iterator[tuple[int, Read]], outcome: Outcome) -> None:
    store = await open_store(address, SystemClock())
    try:
        async with asyncio.TaskGroup() as group:
            writer = group.create_task(store.run(), name="writer")
            try:
                while some := list(islice(records, TOGETHER)):
                    await _keep(store, some, outcome)
            finally:
                await store.close()
                await asyncio.wait([writer])
    except* (StoreError, OSError) as failed:
        raise failed.exceptions[0] from None


async def _keep(store: Store, some: list[tuple[int, Read]], outcome: Outcome) -> None:
    commits = [store.commit(_change(found)) for _, found in some]
    await asyncio.wait(commits)
    for (number, _), commit in zip(some, commits, strict=True):
        error = commit.exception()
        if error is None:
            outcome.imported += 1
        elif isinstance(error, Exists):
            outcome.present += 1
        elif isinstance(error, Gone):
            outcome.rejected.append((number, _say("gone")))
        else:
            raise error


def _change(found: Read) -> Together:
    return Together([Moved(before, job, event) for event, before, job in steps(retold(found.job, found.result))])


def _tell(outcome: Outcome, *, dry_run: bool, as_json: bool) -> None:
    if as_json:
        shown = {
            "dry_run": dry_run,
            "imported": outcome.imported,
            "present": outcome.present,
            "repaired": [{"line": number, "id": id, "issues": list(issues)} for number, id, issues in outcome.repaired],
            "rejected": [{"line": number, "reason": reason} for number, reason in outcome.rejected],
        }
        print(json.dumps(shown, ensure_ascii=False))
        return
    for number, id, issues in outcome.repaired:
        print(_say("repaired", number, id, clean("; ".join(issues))))
    for number, reason in sorted(outcome.rejected):
        print(_say("line", number, clean(reason)))
    print(_say("done", outcome.imported, outcome.present, len(outcome.repaired), len(outcome.rejected)))
    if dry_run:
        print(_say("dry"))


def _say(name: str, *values: object) -> str:
    return _SAID[name][0 if language() == "zh" else 1].format(*values)
