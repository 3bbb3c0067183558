"""The copy of our JavaScript client that the page runs on: `python -m support.page_sdk` renews it, a test compares it."""

import shutil
from pathlib import Path

from support.server import ROOT

SOURCE = ROOT / "client_sdk" / "javascript" / "src"
COPY = ROOT / "server" / "jindu" / "web" / "static" / "sdk"
ELSEWHERE = {"node.js", "wechat.js", "page.js", "bar.js", "platforms/node.js", "platforms/mini_program.js"}  # not for this page


def copies() -> list[tuple[Path, Path]]:
    """Each file that the page needs, and where its copy lies."""
    names = sorted(path.relative_to(SOURCE) for path in SOURCE.rglob("*.js"))
    return [(SOURCE / name, COPY / name) for name in names if name.as_posix() not in ELSEWHERE]


COPIES = copies()


def main() -> None:
    if COPY.exists():
        shutil.rmtree(COPY)
    for source, copy in COPIES:
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, copy)


if __name__ == "__main__":
    main()
