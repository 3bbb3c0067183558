"""Calls for operators: types, keys, tokens, error contexts, figures, cleaning (HTTP_API)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ._calls import Json, items, named, page, part, texts
from ._requests import Call, Query, Response, Unreachable, decoded


def types() -> Call[Sequence[Json]]:
    return Call("GET", "types", read=items)


def pause(type: str) -> Call[Json]:
    return Call("POST", f"types/{part(type)}/pause")


def resume(type: str) -> Call[Json]:
    return Call("POST", f"types/{part(type)}/resume")


def stats() -> Call[Json]:
    return Call("GET", "stats")


def cleanup(older_than: float | str, status: str | None) -> Call[int]:
    return Call("DELETE", "jobs", query=texts({"older_than": older_than, "status": status}), read=_removed)


def keys() -> Call[Sequence[Json]]:
    return Call("GET", "keys", read=items)


def create_key(wished: Mapping[str, Any]) -> Call[Json]:
    return Call("POST", "keys", body=named(wished))


def revoke_key(id: str) -> Call[None]:
    return Call("DELETE", f"keys/{part(id)}")


def rotate_keys() -> Call[Any]:
    return Call("POST", "keys/rotate")


def create_token(wished: Mapping[str, Any]) -> Call[Json]:
    return Call("POST", "tokens", body=named(wished))


def create_ticket(channels: Iterable[str]) -> Call[Json]:
    return Call("POST", "tickets", body={"channels": list(channels)})


def error(id: str) -> Call[Json]:
    return Call("GET", f"errors/{part(id)}")


def errors(query: Mapping[str, Query]) -> Call[Sequence[Json]]:
    return Call("GET", "errors", query=texts(query), read=lambda response: page(response)[0])


def backup() -> Call[Any]:
    return Call("GET", "backup")


def other(method: str, path: str, body: Mapping[str, Any] | None, query: Mapping[str, Query]) -> Call[Any]:
    """A route that has no function of its own."""
    return Call(method, path.removeprefix("/").removeprefix("v1/"), query=texts(query), body=body)


def _removed(response: Response | Unreachable) -> int:
    removed: int = decoded(response)["removed"]
    return removed
