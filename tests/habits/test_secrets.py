"""Secrets are compared in constant time, made by `secrets`, and no guard is an `assert`."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SERVER = ROOT / "server" / "jindu"
MODULES = sorted(SERVER.rglob("*.py"))
SECRET = {"secret", "digest", "token", "signature", "password", "credential", "ticket"}
# Modules that see credentials: what stands in them may not be chance that can be foretold.
KEEPERS = [SERVER / "store" / "keyring.py", *sorted((SERVER / "web").glob("*.py")), SERVER / "core" / "access.py"]


def last_word(node: ast.expr) -> str:
    """The name that an expression ends in: `key.digest` and `_digest(secret)` are both a digest."""
    if isinstance(node, ast.Call):
        return last_word(node.func)
    if isinstance(node, ast.Attribute):
        return node.attr.lstrip("_")
    return node.id.lstrip("_") if isinstance(node, ast.Name) else ""


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(SERVER).as_posix())
def test_no_secret_is_compared_by_a_comparison_that_stops_at_the_first_difference(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.Compare) or not isinstance(node.ops[0], ast.Eq | ast.NotEq | ast.In | ast.NotIn):
            continue
        sides = [node.left, *node.comparators]
        if any(isinstance(side, ast.Constant) for side in sides):
            continue  # with a word of ours: there is nothing to guess
        named = {last_word(side) for side in sides}
        assert not named & SECRET, f"{path.name}:{node.lineno} use hmac.compare_digest: {ast.unparse(node)}"


def test_the_keyring_compares_in_constant_time() -> None:
    tree = ast.parse((SERVER / "store" / "keyring.py").read_text())
    calls = [ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)]
    assert "hmac.compare_digest" in calls


@pytest.mark.parametrize("path", KEEPERS, ids=lambda path: path.name)
def test_who_sees_credentials_uses_no_chance_that_can_be_foretold_and_no_assert(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        assert not isinstance(node, ast.Assert), f"{path.name}:{node.lineno} is gone with python -O"
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias.name for alias in node.names] + [getattr(node, "module", None)]
            assert "random" not in names, path.name
