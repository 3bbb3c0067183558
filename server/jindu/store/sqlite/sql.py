"""SQL by name, from `queries/*.sql`: blocks that begin with ``-- name: something``. Read once, when first imported."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent
_ROW = re.compile(r"(?<=VALUES )\([?, ]+\)")
_BLOCK = re.compile(r"^-- name: (\w+)\n(.*?)(?=^-- name: |\Z)", re.MULTILINE | re.DOTALL)


def load(name: str) -> Mapping[str, str]:
    """Statements of one file by their names, without their comments."""
    text = (HERE / "queries" / f"{name}.sql").read_text(encoding="utf-8")
    return {block: re.sub(r"^--.*\n", "", sql, flags=re.MULTILINE).strip() for block, sql in _BLOCK.findall(text)}


WRITE = load("write")
READ = load("read")
SWEEP = load("sweep")
KEYS = load("keys")
EXAMINE = load("examine")
WEBHOOKS = load("webhooks")
SCHEDULES = load("schedules")
ALERTS = load("alerts")
RUNS = load("runs")


@cache
def of_rows(name: str, rows: int) -> str:
    """A statement of `write.sql` that has one row of values, with so many."""
    return _ROW.sub(lambda row: ", ".join([row[0]] * rows), WRITE[name])
