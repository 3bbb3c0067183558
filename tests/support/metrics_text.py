"""docs/metrics.md, written from a node as it runs: `python -m support.metrics_text`. A test compares the file with this."""

import asyncio
import sys
import tempfile
from pathlib import Path

from jindu import App
from jindu.monitor.instruments import Family
from jindu.web.gauges import gathered

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "docs" / "metrics.md"

_HEAD = """# Metrics

What `GET /metrics` tells, made from a server as it runs (`make docs`); [monitoring.md](monitoring.md) says how to use it.
Beside these stand the usual `process_*`, and whatever applications count. Durations are seconds. No label names a job or owner.

| name | kind | labels | what |
|---|---|---|---|
"""


def families() -> list[Family]:
    """Every metric of a node without jobs."""

    async def opened() -> list[Family]:
        with tempfile.TemporaryDirectory() as folder:
            async with App(store=f"sqlite:///{folder}/jindu.db").open() as node:
                return [family for family in await gathered(node) if family.name.startswith("jindu_")]

    return asyncio.run(opened())


def shown(family: Family) -> str:
    """Its name as it is scraped."""
    return f"{family.name}_total" if family.kind == "counter" else family.name


def markdown() -> str:
    rows = sorted(
        f"| `{shown(family)}` | {family.kind} | {', '.join(family.labels)} | {family.text} |\n" for family in families()
    )
    return _HEAD + "".join(rows)


if __name__ == "__main__":
    FILE.write_text(markdown(), encoding="utf-8")
    sys.exit(0)
