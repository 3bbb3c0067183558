"""The scripts, from `lua/*.lua`, each behind what they share. Read once, when first imported."""

import hashlib
from pathlib import Path

HERE = Path(__file__).parent / "lua"
ALONE = ("epoch",)  # decides on the epoch that the others hold the caller to
_LIBRARY = (HERE / "library.lua").read_text(encoding="utf-8")

SCRIPTS: dict[str, bytes] = {
    path.stem: (
        path.read_text(encoding="utf-8") if path.stem in ALONE else _LIBRARY + path.read_text(encoding="utf-8")
    ).encode()
    for path in sorted(HERE.glob("*.lua"))
    if path.stem != "library"
}
DIGESTS = {name: hashlib.sha1(text, usedforsecurity=False).hexdigest() for name, text in SCRIPTS.items()}  # as Redis names them
