"""Which sources the answers cite, who cites them, and for which brand. Pure; the order of the answers does not matter."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from .brands import Names
from .urls import find, host_of

MAX_URLS = 60  # in one result, most cited first; the counts are of all


class Citation(NamedTuple):
    """One URL in one answer; `brand` is the key of the name it stands next to, or None."""

    url: str
    platform: str
    brand: str | None


def citations(platform: str, text: str, names: Names) -> Iterator[Citation]:
    """Every URL of an answer. Next to it is the name its list item opens with; else the last name before it on its line,
    or the first behind it; else the name of the lines above in the same paragraph, for an item may put its source on a
    line of its own."""
    above: str | None = None
    for line in text.splitlines():
        if not line.strip():
            above = None
        subject = names.subject(line)
        for start, end, url in find(line):
            before, behind = names.mentions(line[:start]), names.mentions(line[end:])
            beside = before[-1] if before else behind[0] if behind else above
            yield Citation(url, platform, subject or beside)
        if here := names.mentions(line):
            above = subject or here[-1]


def grouped(cited: Iterable[Citation], names: Names) -> list[dict[str, Any]]:
    """Hosts, most cited first, with their URLs. A URL counts once for each platform that cites it."""
    urls: dict[str, dict[str, set[str]]] = {}
    for citation in cited:
        entry = urls.setdefault(citation.url, {"brands": set(), "platforms": set()})
        entry["platforms"].add(citation.platform)
        if citation.brand is not None:
            entry["brands"].add(names.shown[citation.brand])
    hosts: dict[str, list[str]] = {}
    for url in urls:
        hosts.setdefault(host_of(url), []).append(url)
    kept = set(sorted(urls, key=lambda url: (-len(urls[url]["platforms"]), url))[:MAX_URLS])
    rows = [
        {
            "host": host,
            "urls": [
                {"url": url, "brands": sorted(urls[url]["brands"]), "platforms": sorted(urls[url]["platforms"])}
                for url in sorted(of_host, key=lambda url: (-len(urls[url]["platforms"]), url))
                if url in kept
            ],
            "citations": sum(len(urls[url]["platforms"]) for url in of_host),
        }
        for host, of_host in hosts.items()
    ]
    return sorted((row for row in rows if row["urls"]), key=lambda row: (-row["citations"], row["host"]))
