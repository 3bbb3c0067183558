"""The text the platform knows: metadata of the Python distributions installed in this environment."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import Distribution, distributions
from typing import Any

MAX_DESCRIPTION_CHARS = 20_000  # some carry their whole changelog; what a package is stands at the top

_FENCED = re.compile(r"```.*?(?:```|\Z)|~~~.*?(?:~~~|\Z)|<!--.*?-->", re.DOTALL)
_TAG = re.compile(r"<[^<>\n]{1,300}>")
_MARKDOWN_LINK = re.compile(r"!?\[([^\[\]\n]*)\]\([^()\n]*\)|\[([^\[\]\n]*)\]\[[^\[\]\n]*\]")
_RST_LINK = re.compile(r"`([^`<\n]+?)\s*<[^`>\n]*>`_{1,2}|:[\w:+-]+:`([^`\n]+)`")
_RST_NAME = re.compile(r"(?<=[\w`])_{1,2}(?=[\s.,;:)]|\Z)")
_ADDRESS = re.compile(r"https?://\S+")
_NOT_PROSE = re.compile(r"\s*(?:#|>>>|\.\.\s|\$|\||:[\w-]+:|[=\-~^*\"+#]{3,}\s*$|\[!|-{2,})")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z0-9])")
_OPENS_LIKE_PROSE = re.compile(r"[A-Za-z][\w',-]*\s")


@dataclass(frozen=True, slots=True)
class Package:
    """What one distribution says of itself. `urls` by label in lower case ("homepage", "source", ...)."""

    name: str
    summary: str
    keywords: str
    classifiers: tuple[str, ...]
    sentences: tuple[str, ...]
    urls: Mapping[str, str]


def installed() -> list[Package]:
    """Every distribution of this environment once, by name. One whose metadata cannot be read is left out."""
    found: dict[str, Package] = {}
    for distribution in distributions():
        if (package := read(distribution)) is not None:
            found.setdefault(package.name.lower(), package)
    return [found[name] for name in sorted(found)]


def read(distribution: Distribution) -> Package | None:
    """A package from a distribution's metadata, or None if there is none (a half-removed install has no file)."""
    try:
        fields: dict[str, Any] = distribution.metadata.json
    except (OSError, TypeError, UnicodeDecodeError):
        return None
    if not fields.get("name"):
        return None
    keywords = fields.get("keywords") or []
    return Package(
        name=fields["name"],
        summary=" ".join((fields.get("summary") or "").split()).rstrip("."),
        keywords=" ".join(keywords) if isinstance(keywords, list) else keywords,
        classifiers=tuple(fields.get("classifier") or ()),
        sentences=tuple(sentences((fields.get("description") or "")[:MAX_DESCRIPTION_CHARS])),
        urls=dict(_urls(fields)),
    )


def sentences(description: str) -> Iterator[str]:
    """The sentences of prose in a README, Markdown or reStructuredText, without markup, code, tables and addresses."""
    text = _FENCED.sub("\n", description)
    text = _MARKDOWN_LINK.sub(lambda link: link[1] or link[2] or "", text)
    text = _RST_NAME.sub("", _RST_LINK.sub(lambda link: link[1] or link[2], text))
    text = _TAG.sub(" ", text)
    for paragraph in re.split(r"\n\s*\n", text):
        lines = [line for line in paragraph.splitlines() if not _NOT_PROSE.match(line)]
        if any(line.startswith(("    ", "\t")) for line in lines):  # indented code
            continue
        joined = re.sub(r"[*_`]{1,3}(?=\S)|(?<=\S)[*`]{1,3}", "", " ".join(" ".join(lines).split()))
        for sentence in _SENTENCE_END.split(joined):
            sentence = " ".join(_ADDRESS.sub("", sentence).split())
            if 30 <= len(sentence) <= 220 and sentence[-1] in ".!?" and _OPENS_LIKE_PROSE.match(sentence):
                yield sentence


def _urls(fields: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if fields.get("home_page"):
        yield "homepage", fields["home_page"]
    for entry in fields.get("project_url") or ():
        label, _, url = entry.partition(",")
        if url.strip().startswith(("http://", "https://")):
            yield label.strip().lower(), url.strip()
