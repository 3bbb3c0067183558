"""Habits that a reader counts on: public names, sizes, no stored addresses, texts in both languages of the README."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

import jindu
import jindu_client

ROOT = Path(__file__).resolve().parents[2]
OURS = sorted([*(ROOT / "server").rglob("*.py"), *(ROOT / "client_sdk" / "python").rglob("*.py")])
MODULE_LINES, FUNCTION_LINES = 330, 50


@pytest.mark.parametrize("package", [jindu, jindu_client])
def test_public_names_are_complete_sorted_and_unique(package: object) -> None:
    names = package.__all__  # type: ignore[attr-defined]
    assert list(names) == sorted(set(names))
    assert all(hasattr(package, name) for name in names)


@pytest.mark.parametrize("path", OURS, ids=lambda p: str(p.relative_to(ROOT)))
def test_modules_and_functions_stay_small(path: Path) -> None:
    text = path.read_text()
    assert text.count("\n") <= MODULE_LINES
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno < FUNCTION_LINES, f"{node.name} in {path.name}"


@pytest.mark.parametrize("path", OURS, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_module_says_what_it_is(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text()))


def test_public_names_say_what_they_promise() -> None:
    silent = [name for name in jindu.__all__ if not (getattr(jindu, name).__doc__ or "").strip()]
    assert not silent


def test_no_file_names_a_package_host() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n")
    hosts = re.compile("|".join(("pypi" + r"\.org", "files.python" + "hosted", "registry" + r"\.npmjs", "deb" + r"\.debian")))
    for name in filter(None, tracked):
        path = ROOT / name
        if path.is_file() and path.stat().st_size < 1_000_000:
            assert not hosts.search(path.read_text(errors="replace")), name


def test_the_readme_is_there_in_both_languages() -> None:
    assert "jindu" in (ROOT / "README.md").read_text().lower()
    assert "进度" in (ROOT / "README.zh-CN.md").read_text()
