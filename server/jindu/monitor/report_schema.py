"""The JSON Schema of the report, made from its types: `python -m jindu.monitor.report_schema FILE` writes it."""

import json
import sys
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from .report_sections import WarmupReport

SHIPPED = Path(__file__).with_name("warmup-report.schema.json")


def schema() -> dict[str, Any]:
    """JSON Schema, 2020-12."""
    made = TypeAdapter(WarmupReport).json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made}


def text() -> str:
    return json.dumps(schema(), ensure_ascii=False, indent=2) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(text(), encoding="utf-8")
