"""JSON in and out through orjson, with the two things orjson lets pass: NaN becomes null in silence, depth has no limit."""

import math
from typing import Any

import orjson

from .errors import JobError

DEPTH_LIMIT = 32
_STRICT = orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_SUBCLASS


class NotJson(ValueError):
    """The value or text is not JSON as RFC 8259 and RFC 7493 (I-JSON) have it."""


def encode(value: Any) -> bytes:
    """JSON text of a value of our own making (frames, rows)."""
    return _exact(orjson.dumps(value))


def encode_strict(value: Any) -> bytes:
    """JSON text of a value of an author's making.

    A `JobError` inside becomes its code (`{"error": CODE}`), so that an item that failed can be kept beside those that did
    not. Raises `NotJson` for NaN, infinities, dates, objects, keys that are not text, lone surrogates, integers above 64 bits,
    and above `DEPTH_LIMIT` levels.
    """
    try:
        text = orjson.dumps(value, default=_plain, option=_STRICT)
    except orjson.JSONEncodeError as error:
        raise NotJson(str(error)) from None
    # What is kept must be readable again; only a text with that many brackets needs the slow look.
    if text.count(b"[") + text.count(b"{") > DEPTH_LIMIT and deeper_than(value, DEPTH_LIMIT):
        raise NotJson(f"nested deeper than {DEPTH_LIMIT} levels")
    # orjson writes null for NaN: only a text that holds a null needs the slow look.
    if b"null" in text and not _all_finite(value):
        raise NotJson("numbers must be finite: NaN and infinity are not JSON")
    return _exact(text)


def decode_own(text: bytes) -> Any:
    """The value of a JSON text of our own making: a frame lies deeper than what it carries, so no limit of depth."""
    return orjson.loads(text)


def decode(text: bytes | str) -> Any:
    """The value of a JSON text from outside; raises `NotJson`, also above `DEPTH_LIMIT` levels."""
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise NotJson(str(error)) from None
    brackets = ("[", "{") if isinstance(text, str) else (b"[", b"{")
    if sum(map(text.count, brackets)) > DEPTH_LIMIT and deeper_than(value, DEPTH_LIMIT):  # type: ignore[arg-type]
        raise NotJson(f"nested deeper than {DEPTH_LIMIT} levels")
    return value


def deeper_than(value: Any, levels: int) -> bool:
    layer = [value]
    for _ in range(levels + 1):
        layer = [item for node in layer if isinstance(node, dict | list | tuple) for item in _items(node)]
        if not layer:
            return False
    return True


def _items(node: Any) -> Any:
    return node.values() if isinstance(node, dict) else node


def _exact(text: bytes) -> bytes:
    """The same text in memory of its own size. orjson 3.13 leaves it in the block that it wrote to: 4 KiB for 400 bytes, which
    a thousand jobs kept for their parameters and a thousand watched ones for their state."""
    return b"".join((text, b""))


def _plain(value: Any) -> Any:
    if isinstance(value, JobError):
        return {"error": value.code}
    raise TypeError(f"{type(value).__name__} is not JSON; convert it to text, numbers, lists or dicts first")


def _all_finite(value: Any) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, dict):
        return all(_all_finite(item) for item in value.values())
    return all(_all_finite(item) for item in value) if isinstance(value, list | tuple) else True
