"""What a request asks for: its body, a header or the query parameter that stands for it, numbers, times. Each refusal says
what to send instead."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ValidationError
from starlette.requests import Request
from starlette.types import Scope

from ..channels.traffic import Origin
from ..core.codec import NotJson, decode
from ..engine.params import FieldError
from ..node import Node
from .problems import Problem

SEQ_LIMIT = 2**63 - 1  # what a store can be asked for
LONGEST_WAIT = 60  # seconds that an answer may be held back
M = TypeVar("M", bound=BaseModel)


def _whole(value: object) -> object:
    return int(value) if isinstance(value, float) and value.is_integer() else value


# For a strict int: 5.0 is a whole number too, as JSON Schema has it; neither text nor a truth value is one. Comes last.
WHOLE = BeforeValidator(_whole)


def node(request: Request) -> Node:
    found: Node = request.app.state.node
    return found


def origin(scope: Scope, transport: str) -> Origin:
    """Where a connection comes from, for operators."""
    client = scope.get("client")
    return Origin(transport, None if client is None else str(client[0]))


async def json(request: Request, limit: int | None = None) -> Any:
    """The body as JSON; an empty one is refused, and one above `limit` bytes (the setting for bodies if not given)."""
    return _parsed(await _body(request, limit))


async def json_or_nothing(request: Request) -> Any:
    """The body as JSON; an empty one is an object without fields."""
    text = await _body(request)
    return _parsed(text) if text else {}


def _parsed(text: bytes) -> Any:
    try:
        return decode(text)
    except NotJson as error:
        raise Problem("NOT_JSON", f"the body is not JSON: {error}") from None


async def _body(request: Request, limit: int | None = None) -> bytes:
    """The body, read no further than the limit, whatever its headers say."""
    limit = limit or node(request).settings.body_bytes
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > limit:
            raise Problem("TOO_LARGE", f"a body may have {limit} bytes")
        parts.append(part)
    return b"".join(parts)


def model(kind: type[M], value: Any) -> M:
    """The value as a model; a pointer for each field that does not fit."""
    if not isinstance(value, dict):
        raise Problem("INVALID_PARAMS", "the body must be an object", errors=[FieldError("", "must be an object")])
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        errors = [FieldError(_pointer(e["loc"]), e["msg"]) for e in error.errors(include_url=False)]
        raise Problem("INVALID_PARAMS", "the body does not fit", errors=errors) from None


def _pointer(path: Iterable[int | str]) -> str:
    """A JSON pointer (RFC 6901) from the parts of a path."""
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in path)


def twin(request: Request, header: str, name: str) -> str | None:
    """A header, or the query parameter that stands for it where headers cannot be set; the parameter wins."""
    asked = request.query_params.get(name)
    return request.headers.get(header) if asked is None else asked


def number(request: Request, name: str, default: int, least: int, most: int) -> int:
    """A whole number of the query."""
    text = request.query_params.get(name)
    if text is None:
        return default
    if not text.isascii() or not text.isdigit() or len(text) > 19 or not least <= int(text) <= most:
        raise Problem("BAD_REQUEST", f"{name} is a number from {least} to {most}")
    return int(text)


def wait(request: Request) -> int | None:
    """How many seconds the answer may be held back (`?wait=`); None when it was not asked for."""
    return number(request, "wait", 0, 0, LONGEST_WAIT) if "wait" in request.query_params else None


def preferred_wait(request: Request) -> int | None:
    """`?wait=`, or `Prefer: wait=10` (RFC 7240: what is not understood is no error); at most `LONGEST_WAIT`."""
    asked = wait(request)
    if asked is not None:
        return asked
    for preference in ",".join(request.headers.getlist("prefer")).split(","):
        found = re.fullmatch(r'\s*wait\s*=\s*"?([0-9]{1,9})"?\s*(;.*)?', preference, re.IGNORECASE)
        if found:
            return min(int(found[1]), LONGEST_WAIT)
    return None


def since(request: Request) -> tuple[str, int] | None:
    """The cursor `epoch:seq` that the asker holds. Without an epoch its number counts as 0 (PROTOCOL section 2)."""
    text = request.query_params.get("since")
    if text is None:
        return None
    found = re.fullmatch(r"([A-Za-z0-9_-]*):([0-9]{1,18})", text)
    if found is None:
        raise Problem("BAD_REQUEST", "since is the epoch and seq of the snapshot you hold, as in ?since=EPOCH:17")
    return (found[1], int(found[2])) if found[1] else ("", 0)


def time(text: str, name: str) -> float:
    try:
        # A plus sign that nobody encoded arrives as a blank; a time without an offset is UTC, as all times of ours are.
        at = datetime.fromisoformat(re.sub(r" (\d\d:?\d\d)$", r"+\1", text))
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        raise Problem("BAD_REQUEST", f"{name} is a time as in RFC 3339, such as 2026-01-31T12:00:00Z") from None
