"""Links between the pages lead somewhere, headings too, and every page of docs/ can be reached from its index."""

import re
import unicodedata
from functools import cache
from pathlib import Path

import pytest

from support.server import ROOT

FOLDERS = ("docs", "server", "client_sdk", "examples", "benchmarks", "config")
UNREAD = {"node_modules", "dist", ".venv"}
PAGES = sorted(
    page
    for page in [*ROOT.glob("*.md"), *(page for folder in FOLDERS for page in (ROOT / folder).rglob("*.md"))]
    if not UNREAD & set(page.parts)
)
DOCS = ROOT / "docs"


def prose(page: Path) -> str:
    """Without code, fenced or in a line: what stands there is no link."""
    text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"`[^`\n]*`", "code", text)


def links(page: Path) -> list[str]:
    return re.findall(r"\]\(([^)\s]+)\)", prose(page))


@cache
def anchors(page: Path) -> frozenset[str]:
    """What a heading is called in an address, as GitHub makes it."""
    text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    found: list[str] = []
    for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
        kept = "".join(c for c in plain if c in " -_" or unicodedata.category(c)[0] in "LN")
        name = kept.replace(" ", "-")
        found.append(f"{name}-{found.count(name)}" if name in found else name)
    return frozenset(found)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for link in links(page):
        if "://" in link or link.startswith("mailto:"):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        if anchor:
            assert anchor in anchors(target), link


def reached(index: Path) -> set[Path]:
    return {(index.parent / link.partition("#")[0]).resolve() for link in links(index)} | {index}


def test_the_index_names_every_page() -> None:
    chinese = set((DOCS / "zh").rglob("*.md"))
    assert set(DOCS.rglob("*.md")) - chinese - reached(DOCS / "README.md") == set()
    assert chinese - reached(DOCS / "zh" / "README.md") == set()


@pytest.mark.parametrize("readme", ["README.md", "README.zh-CN.md"])
def test_the_indexes_are_linked(readme: str) -> None:
    found = reached(ROOT / readme)
    assert DOCS / ("zh/README.md" if "zh" in readme else "README.md") in found
