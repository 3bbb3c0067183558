"""The rooms of ARCHITECTURE: who may import whom, no circles, nobody imports the package root."""

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "server" / "jindu"
MODULES = sorted(PACKAGE.rglob("*.py"))

# The table of ARCHITECTURE, top to bottom. Single files are rooms too.
MAY_IMPORT: dict[str, set[str]] = {
    "core": set(),
    "store": {"core"},
    "bus": {"core"},
    "engine": {"core", "store", "bus"},
    "channels": {"core", "store", "bus"},
    "monitor": {"core", "store", "bus"},
    "settings": {"core", "store", "bus", "engine", "channels", "monitor"},
    "node": {"core", "store", "bus", "engine", "channels", "monitor", "settings"},
    "web": {"core", "store", "bus", "engine", "channels", "monitor", "settings", "node"},
}
BELOW_THE_FACE = set(MAY_IMPORT)
MAY_IMPORT |= {
    "handles": BELOW_THE_FACE,
    "functions": BELOW_THE_FACE | {"handles"},
    "app": BELOW_THE_FACE | {"handles", "functions"},
    "cli": BELOW_THE_FACE | {"handles", "functions", "app"},
    "testing": BELOW_THE_FACE | {"handles", "functions", "app"},
    "__init__": BELOW_THE_FACE | {"handles", "functions", "app"},
    "__main__": {"cli"},
}
# Pure truth: no loop, no socket, no file, no database, no web.
FORBIDDEN_IN_CORE = {"asyncio", "socket", "sqlite3", "aiosqlite", "starlette", "uvicorn", "pathlib", "io", "threading", "time"}
CONCRETE = {"LocalBus", "SqliteStore", "SQLiteStore", "RedisBus", "RedisStore"}


def name_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)


def room(module: str) -> str:
    return module.partition(".")[0]


def imports(path: Path, *, running: bool = False) -> Iterator[tuple[str, int]]:
    """Modules imported, ours as dotted names below the package; `running` leaves out what only type checkers read."""
    package = (
        name_of(path).split(".") if path.name == "__init__.py" and path.parent != PACKAGE else name_of(path).split(".")[:-1]
    )
    for node in walk(ast.parse(path.read_text()), running):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if not node.level:
                yield node.module or "", node.lineno
                continue
            base = package[: len(package) - node.level + 1]
            if node.module:
                yield ".".join(["jindu", *base, *node.module.split(".")]), node.lineno
            else:
                yield from ((".".join(["jindu", *base, alias.name]), node.lineno) for alias in node.names)


def walk(tree: ast.AST, running: bool) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(tree):
        if running and isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        yield child
        yield from walk(child, running)


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_room_imports_only_rooms_above_it(path: Path) -> None:
    home = room(name_of(path))
    for imported, line in imports(path):
        if imported.startswith("jindu."):
            target = room(imported.removeprefix("jindu."))
            assert target == home or target in MAY_IMPORT[home], f"{name_of(path)}:{line} imports {imported}"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_nothing_inside_imports_the_package_root(path: Path) -> None:
    assert not [line for imported, line in imports(path) if imported in ("jindu", "jindu.")]


@pytest.mark.parametrize("path", [p for p in MODULES if room(name_of(p)) == "core"], ids=name_of)
def test_core_is_pure(path: Path) -> None:
    allowed = {"time"} if path.stem == "clock" else set()
    found = {imported.partition(".")[0] for imported, _ in imports(path)}
    assert not found & (FORBIDDEN_IN_CORE - allowed)


def test_only_the_clock_reads_the_wall_clock_and_the_monotonic_one() -> None:
    readers = []
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute) and ast.unparse(node) in ("time.time", "time.monotonic", "datetime.now"):
                readers.append(name_of(path))
    # The demo is a program of its own that waits for a process to start.
    assert set(readers) <= {"core.clock", "cli.demo"}


def test_only_openers_know_concrete_classes() -> None:
    for path in MODULES:
        if path.stem in ("opener", "local", "redis") or {"sqlite", "redis"} & set(path.parts):
            continue
        named = {node.id for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Name)}
        assert not named & CONCRETE, name_of(path)


def test_modules_import_each_other_without_circles() -> None:
    known = {name_of(path) for path in MODULES}
    graph: dict[str, set[str]] = {}
    for path in MODULES:
        targets = {
            imported.removeprefix("jindu.") for imported, _ in imports(path, running=True) if imported.startswith("jindu.")
        }
        graph[name_of(path)] = {target for target in targets if target in known}
    tuple(TopologicalSorter(graph).static_order())


def test_the_client_never_imports_the_server() -> None:
    for path in (ROOT / "client_sdk" / "python" / "jindu_client").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
            assert not [name for name in names if name.partition(".")[0] == "jindu"], path.name


def test_examples_use_only_what_is_exported() -> None:
    for path in (ROOT / "examples").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and not node.level:
                assert not (node.module or "").startswith("jindu."), path.name
            if isinstance(node, ast.Import):
                assert not [alias for alias in node.names if alias.name.startswith("jindu.")], path.name
