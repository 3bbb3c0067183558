"""docs/cli-reference.md is what the commands make of it, and it is linked."""

from pathlib import Path

import pytest

from jindu.cli.reference_text import main, markdown

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "cli-reference.md").read_text()


def test_the_text_is_what_the_commands_make_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written = tmp_path / "cli-reference.md"
    monkeypatch.setattr("sys.argv", ["reference_text", str(written)])
    main()
    assert written.read_text() == markdown() == TEXT, "make docs"


@pytest.mark.parametrize("command", ["serve", "task list", "monitor watch", "monitor alerts", "keys create", "types", "doctor"])
def test_commands_are_there(command: str) -> None:
    assert f"\n## jindu {command}\n" in TEXT


def test_every_option_says_what_it_is() -> None:
    rows = [line for line in TEXT.splitlines() if line.startswith("| `")]
    assert len(rows) > 100
    assert [row for row in rows if len(row.split("|")[2].strip()) < 8] == []


def test_it_is_linked() -> None:
    assert "(cli-reference.md)" in (ROOT / "docs" / "cli.md").read_text()
