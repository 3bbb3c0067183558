"""Looking at what others wrote: a property or a rule may raise anything, and none of it may hide the error being told."""

from collections.abc import Callable
from typing import Any


def asked(function: Callable[..., Any], *args: Any) -> Any:
    """What the call returns; None if it raises."""
    try:
        return function(*args)
    except Exception:  # noqa: BLE001 - it is not ours, and the error that is being judged matters more
        return None


def part(thing: object, name: str) -> Any:
    """An attribute; None if there is none, or looking at it raises (as `httpx.Response.content` before it is read)."""
    return asked(getattr, thing, name, None)
