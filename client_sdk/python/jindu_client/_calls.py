"""Calls about jobs and batches (HTTP_API). A new route is one function here or in `_operator_calls`, and a method that names it
in each client."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias
from urllib.parse import quote

from ._requests import Call, Query, Response, Unreachable, decoded, succeeded

LOG_PAGE = 1_000  # lines in one answer: as many as the server gives
Json: TypeAlias = dict[str, Any]
Page: TypeAlias = tuple[list[Json], str | None]
Lines: TypeAlias = tuple[list[Json], int | None]


def submit(type: str, params: Mapping[str, Any], wished: Mapping[str, Any], key: str | None, id: str | None) -> Call[Json]:
    """One key for all attempts of one submit, so that a lost answer makes no second job."""
    body = {"type": type, "params": dict(params), **named(wished)}
    if id is not None:
        return Call("PUT", f"jobs/{part(id)}", body=body, patient=True)
    return Call("POST", "jobs", body=body, headers={"idempotency-key": key or str(uuid.uuid4())}, patient=True)


def submit_many(jobs: Iterable[Mapping[str, Any]], wished: Mapping[str, Any], key: str | None) -> Call[Json]:
    body = {"jobs": [dict(job) for job in jobs], **named(wished)}
    return Call("POST", "batches", body=body, headers={"idempotency-key": key or str(uuid.uuid4())}, patient=True)


def status(id: str) -> Call[Json]:
    return Call("GET", f"jobs/{part(id)}")


def result(id: str) -> Call[tuple[bool, Any]]:
    """Whether there is a result, and the result."""
    return Call("GET", f"jobs/{part(id)}/result", read=_result)


def jobs(query: Mapping[str, Query], cursor: str | None) -> Call[Page]:
    return Call("GET", "jobs", query=texts({**query, "cursor": cursor}), read=page)


def cancel(id: str, reason: str | None) -> Call[Json]:
    return Call("POST", f"jobs/{part(id)}/cancel", body=None if reason is None else {"reason": reason})


def retry(id: str, *, from_start: bool) -> Call[Json]:
    return Call("POST", f"jobs/{part(id)}/retry", body={"from": "start"} if from_start else None)


def change(id: str, wished: Mapping[str, Any]) -> Call[Json]:
    return Call("PATCH", f"jobs/{part(id)}", body=named(wished))


def delete(id: str) -> Call[None]:
    return Call("DELETE", f"jobs/{part(id)}")


def why(id: str) -> Call[Json]:
    return Call("GET", f"jobs/{part(id)}/why")


def log(id: str, after: int) -> Call[Lines]:
    return Call("GET", f"jobs/{part(id)}/log", query={"after": str(after), "limit": str(LOG_PAGE)}, read=lines)


def events(id: str, after: int) -> Call[Lines]:
    return Call("GET", f"jobs/{part(id)}/events", query={"after": str(after), "limit": str(LOG_PAGE)}, read=lines)


def batch(id: str) -> Call[Json]:
    return Call("GET", f"batches/{part(id)}")


def batches(query: Mapping[str, Query], cursor: str | None) -> Call[Page]:
    return Call("GET", "batches", query=texts({**query, "cursor": cursor}), read=page)


def cancel_batch(id: str, reason: str | None) -> Call[Json]:
    return Call("POST", f"batches/{part(id)}/cancel", body=None if reason is None else {"reason": reason})


# What the answers and the arguments of many calls have in common.


def named(wished: Mapping[str, Any]) -> dict[str, Any]:
    """Only what was given."""
    return {name: value for name, value in wished.items() if value is not None}


def texts(query: Mapping[str, Query]) -> dict[str, str]:
    return {name: str(value) for name, value in query.items() if value is not None}


def part(text: str) -> str:
    """Text as one part of a path."""
    return quote(text, safe="")


def items(response: Response | Unreachable) -> Sequence[Json]:
    """All items of an answer that has no pages."""
    return list(decoded(response).get("items") or ())


def page(response: Response | Unreachable) -> Page:
    """The items of one page and the cursor of the next."""
    body = decoded(response)
    return list(body.get("items") or ()), body.get("next_cursor")


def lines(response: Response | Unreachable) -> Lines:
    """The entries of one page, and the seq that the next page begins after; None on the last."""
    body = decoded(response)
    return list(body.get("items") or ()), body.get("next_after")


def _result(response: Response | Unreachable) -> tuple[bool, Any]:
    # 202: not yet; 409: ended otherwise.
    if isinstance(response, Response) and response.status in (202, 409):
        return False, None
    return True, decoded(succeeded(response))
