"""How a guard is switched off: a small change to the source, wherever in the tree the code of today has it.

A change names no file. It looks through all sources and must find exactly one place, so that code may move between modules and
the change still applies; when the code itself is written anew, the change says that it does not apply, and what it looked for.
"""

import ast
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

ROOT = Path(__file__).resolve().parents[2]
SOURCES = (("server/jindu", ".py"), ("server/jindu", ".sql"), ("client_sdk/python/jindu_client", ".py"))


class DoesNotApply(Exception):
    """The code has changed: the text says what was looked for and where it was found."""


class Change(Protocol):
    def apply(self, root: Path) -> "Changed":
        """The one file of the tree with the guard off. Raises `DoesNotApply`."""
        ...


@dataclass(frozen=True)
class Changed:
    """A file and what it says with the guard off; writing it is the caller's."""

    path: Path
    text: str


@dataclass(frozen=True)
class Instead:
    """Write `new` where `old` stands; `old` is part of one line, and in all sources there once."""

    old: str
    new: str

    def apply(self, root: Path) -> Changed:
        found = [(path, text) for path, text in _sources(root) if self.old in text]
        places = sum(text.count(self.old) for _, text in found)
        if places != 1:
            names = ", ".join(path.relative_to(root).as_posix() for path, _ in found) or "nowhere"
            raise DoesNotApply(f"{self.old!r} should stand in the sources once, and stands {places} times ({names})")
        path, text = found[0]
        return _sound(Changed(path, text.replace(self.old, self.new)))


@dataclass(frozen=True)
class Body:
    """The function of this qualified name (`Class.method` or `function`) does only this."""

    of: str
    only: str

    def apply(self, root: Path) -> Changed:
        found = [(path, text, node) for path, text in _sources(root) if path.suffix == ".py" for node in _named(text, self.of)]
        if len(found) != 1:
            names = ", ".join(path.relative_to(root).as_posix() for path, _, _ in found) or "nowhere"
            raise DoesNotApply(f"there should be one function {self.of}, and there are {len(found)} ({names})")
        path, text, node = found[0]
        lines = text.splitlines(keepends=True)
        first, last = node.body[0].lineno - 1, node.end_lineno or node.lineno
        lines[first:last] = [textwrap.indent(f"{self.only}\n", " " * node.body[0].col_offset)]
        return _sound(Changed(path, "".join(lines)))


def _named(text: str, name: str) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    *around, own = name.split(".")
    if f"def {own}(" not in text:
        return []
    bodies: list[ast.stmt] = ast.parse(text).body
    for outer in around:
        bodies = [inner for node in bodies if isinstance(node, ast.ClassDef) and node.name == outer for inner in node.body]
    return [node for node in bodies if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == own]


def _sources(root: Path) -> Iterator[tuple[Path, str]]:
    for folder, suffix in SOURCES:
        for path in sorted((root / folder).rglob(f"*{suffix}")):
            yield path, path.read_text(encoding="utf-8")


def _sound(changed: Changed) -> Changed:
    """A change that is no Python would turn every test red and prove nothing."""
    if changed.path.suffix == ".py":
        compile(changed.text, str(changed.path), "exec")
    return changed
