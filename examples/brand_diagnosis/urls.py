"""URLs in running text: finding them, and one spelling for each."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit, urlunsplit

MAX_CHARS = 500  # longer ones are tracking or data, not a source a person would open

# Ends at white space, quotes, brackets of markup, and at full-width punctuation, which Chinese text sets without a space.
FOUND = re.compile(r"https?://[^\s<>\"'`\[\]{}|\\^，。；：、！？（）【】《》「」“”‘’]+", re.IGNORECASE)
_TRAILING = ".,;:!?*_~'"
_DEFAULT_PORTS = {"http": 80, "https": 443}


def find(text: str) -> Iterator[tuple[int, int, str]]:
    """Each URL of the text in order: where it begins and ends, and its one spelling. Unusable ones are left out."""
    for match in FOUND.finditer(text):
        written = trimmed(match.group())
        if url := normalised(written):
            yield match.start(), match.start() + len(written), url


def blanked(text: str) -> str:
    """The text with every URL overwritten by spaces: names inside addresses are not mentions. The length is kept."""
    return FOUND.sub(lambda match: " " * len(match.group()), text)


def trimmed(written: str) -> str:
    """Without the punctuation of the sentence around it; a closing bracket stays if it was opened inside."""
    while written:
        if written[-1] in _TRAILING or (written[-1] == ")" and written.count(")") > written.count("(")):
            written = written[:-1]
        else:
            break
    return written


def normalised(written: str) -> str | None:
    """Scheme and host in lower case, no user name, default port, fragment or closing slash; None if it is no usable URL.

    Doing it twice changes nothing.
    """
    if len(written) > MAX_CHARS:
        return None
    try:
        parts = urlsplit(trimmed(written))
        host, port = parts.hostname, parts.port
    except ValueError:  # a bad port or bracket: text that only looks like an address
        return None
    if parts.scheme not in _DEFAULT_PORTS or not host or not re.search(r"\w", host):
        return None
    place = f"[{host}]" if ":" in host else host
    if port is not None and port != _DEFAULT_PORTS[parts.scheme]:
        place = f"{place}:{port}"
    return _settled(urlunsplit((parts.scheme, place, parts.path, parts.query, "")))


def host_of(url: str) -> str:
    """The host of a normalised URL, with its port if that is not the default."""
    return urlsplit(url).netloc


def _settled(url: str) -> str:
    # Taking off a slash may bare punctuation before it ("…/a./"), and the other way round.
    while (shorter := trimmed(url).rstrip("/?")) != url:
        url = shorter
    return url
