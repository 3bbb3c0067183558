"""docs/errors.md is what the catalogue makes of it, it is linked, and what it shows works."""

import re
import runpy
from pathlib import Path

import pytest

from jindu.cli.errors_text import main, markdown
from jindu.core.catalogue import ACTIONS, CATALOGUE

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "errors.md").read_text()


def test_the_text_is_what_the_catalogue_makes_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written = tmp_path / "errors.md"
    monkeypatch.setattr("sys.argv", ["errors_text", str(written)])
    main()
    assert written.read_text() == markdown() == TEXT, "make docs"


@pytest.mark.parametrize("code", CATALOGUE)
def test_every_type_is_told_whole(code: str) -> None:
    (row,) = re.findall(rf"^\| `{code}` \|.*$", TEXT, re.MULTILINE)
    kind = CATALOGUE[code]
    for told in (*kind.title.values(), *kind.message.values(), *ACTIONS[kind.action].values(), f"`{kind.action}`"):
        assert told in row
    assert row.endswith(f"| {kind.status} |")
    assert ("yes" in row.split(" | ")[-2]) == kind.retryable


@pytest.mark.parametrize("readme", ["README.md", "README.zh-CN.md", "docs/authoring.md"])
def test_it_is_linked(readme: str) -> None:
    assert "errors.md)" in (ROOT / readme).read_text()


def test_the_types_and_rules_it_shows_are_taken(tmp_path: Path) -> None:
    (block,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    module = tmp_path / "shown.py"
    module.write_text(block)
    errors = runpy.run_path(str(module))["app"].errors

    class TooEarly(Exception):
        status_code = 425

    assert errors.body(TooEarly())["title"]["en"] == "The oven is cold"
    assert errors.body(TooEarly())["retry_after"] == 30
