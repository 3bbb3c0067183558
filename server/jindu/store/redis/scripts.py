"""The scripts, from `lua/*.lua`, each behind what they share. Read once, when first imported."""

import hashlib
from pathlib import Path

HERE = Path(__file__).parent / "lua"
ALONE = ("epoch",)  # decides on the epoch that the others hold the caller to
WITH_BIRTHS = ("commit", "across")
SHARED = ("library", "births")


def _text(name: str) -> str:
    return (HERE / f"{name}.lua").read_text(encoding="utf-8")


def _script(name: str) -> bytes:
    before = "" if name in ALONE else _text("library") + (_text("births") if name in WITH_BIRTHS else "")
    return (before + _text(name)).encode()


SCRIPTS: dict[str, bytes] = {
    path.stem: _script(path.stem) for path in sorted(HERE.glob("*.lua")) if path.stem not in SHARED
}  # fmt: skip
DIGESTS = {name: hashlib.sha1(text, usedforsecurity=False).hexdigest() for name, text in SCRIPTS.items()}  # as Redis names them
