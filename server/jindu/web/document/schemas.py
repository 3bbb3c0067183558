"""JSON Schema (2020-12) of Python types, each named type once, as `components/schemas` of a document."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Literal, TypeAlias

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from ...engine.registry import JobType
from ..submitting import SubmitBody

PLACE = "#/components/schemas/"
Schema: TypeAlias = dict[str, Any]
Mode: TypeAlias = Literal["validation", "serialization"]  # as something is asked, as it is answered


class Generator(GenerateJsonSchema):
    """Without titles that only repeat a field's name."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


class Schemas:
    """Schemas of types that refer to `components`. Kinds are told apart by what they look like, not by identity."""

    def __init__(self, kinds: Iterable[tuple[Any, Mode]]) -> None:
        adapters = {(repr(kind), mode): TypeAdapter(kind) for kind, mode in kinds}
        asked = [(name, mode, adapter) for (name, mode), adapter in adapters.items()]
        found, rest = TypeAdapter.json_schemas(asked, ref_template=f"{PLACE}{{model}}", schema_generator=Generator)
        self._found: Mapping[tuple[str, Mode], Schema] = found
        self.components: dict[str, Schema] = dict(rest.get("$defs", {}))

    def of(self, kind: Any, mode: Mode = "serialization") -> Schema:
        return self._found[repr(kind), mode]


def inline(kind: Any) -> Schema:
    """The schema of a plain type, for parameters and headers."""
    schema = TypeAdapter(kind).json_schema(schema_generator=Generator)
    schema.pop("title", None)
    return schema


def submits(types: Iterable[JobType], components: dict[str, Schema]) -> Schema:
    """The body of a submit: one alternative for each type, with its own parameters. Puts what they need into `components`."""
    mapping = {}
    for job_type in types:
        name = f"Submit.{component_name(job_type.name)}"
        components[name] = _submit(job_type, name, components)
        mapping[job_type.name] = f"{PLACE}{name}"
    if not mapping:
        return {"$ref": f"{PLACE}{SubmitBody.__name__}"}
    alternatives = [{"$ref": place} for place in mapping.values()]
    return {"oneOf": alternatives, "discriminator": {"propertyName": "type", "mapping": mapping}}


def component_name(name: str) -> str:
    """A name that a component may have; what it may not have is written as its number."""
    return re.sub(r"[^A-Za-z0-9_-]", lambda found: f".{ord(found[0])}", name)


def _submit(job_type: JobType, name: str, components: dict[str, Schema]) -> Schema:
    params = job_type.params.schema
    inner = params.pop("$defs", {})
    renamed = {f"#/$defs/{key}": f"{PLACE}{name}.{component_name(key)}" for key in inner}
    for key, schema in inner.items():
        components[f"{name}.{component_name(key)}"] = _repointed(schema, renamed)
    general = components[SubmitBody.__name__]
    needed = ["type", *(["params"] if params.get("required") else [])]
    properties = {
        **general["properties"],
        "type": {"const": job_type.name, "type": "string"},
        "params": _repointed(params, renamed),
    }
    return {**general, "title": job_type.name, "properties": properties, "required": needed}


def _repointed(schema: Any, renamed: Mapping[str, str]) -> Any:
    """The schema with its references led elsewhere; values that only look like references stay."""
    if isinstance(schema, list):
        return [_repointed(one, renamed) for one in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: renamed.get(value, value) if key == "$ref" and isinstance(value, str) else _repointed(value, renamed)
        for key, value in schema.items()
    }
