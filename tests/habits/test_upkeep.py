"""Row K1: nothing in the code is there for nobody, and what is public says what it promises."""

from pathlib import Path
from types import ModuleType

import jindu
import jindu_client
from support import docstrings
from support.dead_code import unused


def test_everything_is_used_by_somebody() -> None:
    assert unused() == []


def test_what_nobody_uses_would_be_found(tmp_path: Path) -> None:
    (tmp_path / "server" / "jindu").mkdir(parents=True)
    (tmp_path / "server" / "jindu" / "some.py").write_text(
        "import json\n\n\ndef left(): ...\n\n\ndef used(): ...\n\n\nused()\n"
    )
    assert unused(tmp_path) == ["server/jindu/some.py:1: import json", "server/jindu/some.py:4: function left"]


def test_what_is_public_says_what_it_promises() -> None:
    names, share = docstrings.silent(jindu, jindu_client)
    assert share > docstrings.LEAST, names


def test_what_says_nothing_would_be_found() -> None:
    class Silent:
        def method(self) -> None: ...

    Silent.__module__ = "jindu.silent"
    package = ModuleType("package")
    package.__all__ = ["Silent"]  # type: ignore[attr-defined]
    package.Silent = Silent  # type: ignore[attr-defined]
    assert docstrings.silent(package) == (["Silent", "Silent.method"], 0.0)
