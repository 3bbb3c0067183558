"""Reading a feed (RSS or Atom) from a file or over HTTP."""

from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import httpx

LARGEST = 4 * 1024 * 1024  # bytes
TIMEOUT = 10.0  # seconds
POSTS = 50
ATOM = "{http://www.w3.org/2005/Atom}"


class FeedError(Exception):
    """The feed cannot be read; the text says why."""


async def read(feed: str) -> list[dict[str, Any]]:
    """The posts of a feed, newest as the feed has them: `title`, `link`. Raises `FeedError`."""
    return parsed(await _over_http(feed) if feed.startswith(("http://", "https://")) else _from_file(Path(feed)))


def parsed(text: bytes) -> list[dict[str, Any]]:
    """Raises `FeedError`."""
    if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
        raise FeedError("a feed with a document type is not read")
    try:
        tree = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise FeedError(f"no XML: {error}") from None
    if tree.tag == f"{ATOM}feed":
        entries = [(entry.findtext(f"{ATOM}title"), _href(entry)) for entry in tree.iter(f"{ATOM}entry")]
    elif tree.tag == "rss":
        entries = [(entry.findtext("title"), entry.findtext("link")) for entry in tree.iter("item")]
    else:
        raise FeedError("neither RSS nor Atom")
    return [{"title": (title or "").strip(), "link": (link or "").strip()} for title, link in entries[:POSTS]]


def _href(entry: ElementTree.Element) -> str | None:
    link = entry.find(f"{ATOM}link")
    return None if link is None else link.get("href")


def _from_file(path: Path) -> bytes:
    try:
        if path.stat().st_size > LARGEST:
            raise FeedError(f"larger than {LARGEST} bytes")
        return path.read_bytes()
    except OSError as error:
        raise FeedError(f"{path.name}: {error.strerror}") from None


async def _over_http(url: str) -> bytes:
    try:
        async with httpx.AsyncClient(timeout=TIMEOUT) as http, http.stream("GET", url) as answer:
            if answer.status_code != 200:
                raise FeedError(f"HTTP {answer.status_code}")
            parts, size = [], 0
            async for part in answer.aiter_bytes():
                size += len(part)
                if size > LARGEST:
                    raise FeedError(f"larger than {LARGEST} bytes")
                parts.append(part)
            return b"".join(parts)
    except httpx.HTTPError as error:
        raise FeedError(type(error).__name__) from None
