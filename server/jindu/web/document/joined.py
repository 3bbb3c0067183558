"""One OpenAPI document of several: what applications say of their own routes beside the calls of the server."""

from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any

from .schemas import Schema

NOT_TAKEN = "securitySchemes"  # who may do what is the server's to say


def joined(document: Schema, others: Sequence[Mapping[str, Any]]) -> Schema:
    """The document, which is changed, with paths, tags and components of the others. A component whose name stands for
    something else already gets another name (`Task2`); credentials are those of the document."""
    for other in others:
        renamed = _renamed(document["components"], other.get("components", {}))
        taken = _referring(other, renamed)
        for path, calls in taken.get("paths", {}).items():
            document["paths"][path] = {**document["paths"].get(path, {}), **calls}
        known = {tag["name"] for tag in document["tags"]}
        document["tags"] += [tag for tag in taken.get("tags", ()) if tag["name"] not in known]
        for section, components in taken.get("components", {}).items():
            if section != NOT_TAKEN:
                there = document["components"].setdefault(section, {})
                there |= {_name(section, name, renamed): one for name, one in components.items()}
    return document


def _renamed(there: Mapping[str, Any], coming: Mapping[str, Any]) -> dict[str, str]:
    """References to components that cannot keep their names, and what they become."""
    renamed = {}
    for section, components in coming.items():
        taken = there.get(section, {})
        for name, one in components.items():
            if section != NOT_TAKEN and name in taken and taken[name] != one:
                free = next(f"{name}{n}" for n in count(2) if f"{name}{n}" not in taken and f"{name}{n}" not in components)
                renamed[_place(section, name)] = _place(section, free)
    return renamed


def _name(section: str, name: str, renamed: Mapping[str, str]) -> str:
    place = _place(section, name)
    return renamed.get(place, place).rpartition("/")[2]


def _place(section: str, name: str) -> str:
    return f"#/components/{section}/{name}"


def _referring(value: Any, renamed: Mapping[str, str]) -> Any:
    """The same with references to new names; a discriminator has them as plain texts."""
    if isinstance(value, Mapping):
        return {key: _referring(one, renamed) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_referring(one, renamed) for one in value]
    return renamed.get(value, value) if isinstance(value, str) else value
