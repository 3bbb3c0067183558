"""Row K1: nothing in the code is there for nobody."""

from pathlib import Path

from support.dead_code import unused


def test_everything_is_used_by_somebody() -> None:
    assert unused() == []


def test_what_nobody_uses_would_be_found(tmp_path: Path) -> None:
    (tmp_path / "server" / "jindu").mkdir(parents=True)
    (tmp_path / "server" / "jindu" / "some.py").write_text(
        "import json\n\n\ndef left(): ...\n\n\ndef used(): ...\n\n\nused()\n"
    )
    assert unused(tmp_path) == ["server/jindu/some.py:1: import json", "server/jindu/some.py:4: function left"]
