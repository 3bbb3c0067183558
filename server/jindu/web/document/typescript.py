"""The types of the documents as TypeScript declarations: `python -m jindu.web.document.typescript FILE`.

A test compares the file with what this makes; `make docs` writes it.
"""

import json
import sys
from pathlib import Path
from typing import get_args

from ...core.messages import ClientFrame, ServerFrame
from .asyncapi import asyncapi
from .openapi import openapi
from .schemas import PLACE, Schema

_HEAD = """\
// What a Jindu server says and is told, as TypeScript types. Written by `make docs` from the types that the server serves with:
// do not change it by hand. Times are RFC 3339 in UTC, durations seconds unless a name ends in _ms.

"""
_PLAIN = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}


def typescript() -> str:
    """The text of jindu-protocol.d.ts."""
    schemas: dict[str, Schema] = {**asyncapi()["components"]["schemas"], **openapi()["components"]["schemas"]}
    declared = [_declaration(name, schema) for name, schema in sorted(schemas.items())]
    for name, union in (("ServerFrame", ServerFrame), ("ClientFrame", ClientFrame)):
        members = " | ".join(kind.__name__ for kind in get_args(union))
        declared.append(f"/** Every frame of {name.removesuffix('Frame').lower()}s. */\nexport type {name} = {members}\n")
    return _HEAD + "\n".join(declared)


def _declaration(name: str, schema: Schema) -> str:
    said = _comment(schema.get("description"), "")
    if schema.get("type") == "object" and "properties" in schema:
        return f"{said}export interface {name} {_fields(schema)}\n"
    return f"{said}export type {name} = {_type(schema)}\n"


def _fields(schema: Schema) -> str:
    needed = set(schema.get("required", ()))
    lines = []
    for name, field in schema["properties"].items():
        mark = "" if name in needed else "?"
        lines.append(f"{_comment(field.get('description'), '  ')}  {name}{mark}: {_type(field)}\n")
    return "{\n" + "".join(lines) + "}"


def _type(schema: Schema) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).removeprefix(PLACE)
    if "const" in schema:
        return json.dumps(schema["const"])
    if "enum" in schema:
        return " | ".join(json.dumps(value) for value in schema["enum"])
    for union in ("anyOf", "oneOf"):
        if union in schema:
            return " | ".join(dict.fromkeys(_type(one) for one in schema[union]))
    kind = schema.get("type")
    if kind == "array":
        item = _type(schema.get("items", {}))
        return f"({item})[]" if " " in item else f"{item}[]"
    if kind == "object":
        values = schema.get("additionalProperties")
        return f"Record<string, {_type(values) if isinstance(values, dict) else 'unknown'}>"
    return _PLAIN.get(str(kind), "unknown")


def _comment(text: str | None, indent: str) -> str:
    return f"{indent}/** {' '.join(text.split()).replace('*/', '* /')} */\n" if text else ""


def main() -> None:
    """Write the file that is named."""
    Path(sys.argv[1]).write_text(typescript(), encoding="utf-8")


if __name__ == "__main__":
    main()
