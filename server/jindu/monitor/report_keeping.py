"""The report as a file: the newest under one name, each one in an archive by its time."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

FOLDER = "reports"
NAME = "warmup-report.json"
ARCHIVE = "archive"


def keep(report: Mapping[str, Any], folder: Path) -> tuple[Path, Path]:
    """Write it; the newest and its copy in the archive. Who reads meanwhile sees the old one or the new one, whole. Raises
    `OSError`."""
    newest = folder / NAME
    at = str(report["generated_at"]).replace(":", "").replace("-", "")
    archived = folder / ARCHIVE / f"warmup-report-{at}.json"
    text = json.dumps(report, ensure_ascii=False, indent=2) + "\n"
    archived.parent.mkdir(parents=True, exist_ok=True)
    for path in (archived, newest):
        part = path.with_name(f"{path.name}.{os.getpid()}.part")
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    return newest, archived
