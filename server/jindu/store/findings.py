"""What a look through a store found: rows that are not what their logs say, and what was left over."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from ..core.job import Job

BACKUP_FOLDER = "jindu-backup-"  # in the folder for temporary files, and behind it the process that makes a backup there


@dataclass(frozen=True, slots=True)
class Examined:
    """A job's row beside what its log says it must be.

    `row` is None where no job can be made of it, `truth` where the log is no history; `problem` says why. `wrong` names the
    fields in which the two disagree. `place` is a cursor through all jobs.
    """

    place: int
    id: str
    row: Job | None
    truth: Job | None
    wrong: tuple[str, ...] = ()
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Leftovers:
    """What something that was killed left behind: tables, files, and how many rows without a job a table has."""

    tables: tuple[str, ...] = ()
    files: tuple[Path, ...] = ()
    rows: Mapping[str, int] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.tables or self.files or self.rows)

    def __str__(self) -> str:
        parts = [*(f"table {name}" for name in self.tables), *(f"file {file.name}" for file in self.files)]
        return ", ".join([*parts, *(f"{number} rows of {table}" for table, number in self.rows.items())])


@dataclass(frozen=True, slots=True)
class Repaired:
    """One record that was not as it must be. `how`: "row" was set right from its log, "log" was told anew from its row,
    "result" of a completed job is lost and null in its place, "lost" means that nothing can be done. `before` and `after` are
    statuses."""

    id: str
    how: Literal["row", "log", "result", "lost"]
    detail: str
    before: str | None = None
    after: str | None = None


@dataclass(frozen=True, slots=True)
class Checkup:
    """A store that was looked at from outside: not there yet (`new`), in use, of an older version, damaged, refused for another
    reason, or sound. `folder` is where its file lies, None if it is no file; `detail` is for people."""

    state: Literal["new", "in_use", "older", "damaged", "refused", "sound"]
    folder: Path | None
    detail: str
