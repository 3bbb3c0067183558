"""HTTP without I/O: requests and answers as values, and what an answer means."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeAlias, TypeVar

from .errors import JinduError, api_error, unreachable

T = TypeVar("T", covariant=True)
Query: TypeAlias = str | int | float | None


@dataclass(frozen=True, slots=True)
class Request:
    """`body` is a JSON object, or None for an empty body. `ours`: it goes to the server, so our credential may go with it."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    ours: bool = True


@dataclass(frozen=True, slots=True)
class Response:
    """Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    def json(self) -> Any:
        """The JSON value; None if it is none."""
        try:
            return json.loads(self.content)
        except ValueError:
            return None

    @property
    def retry_after(self) -> float | None:
        """Seconds; None if the server named no number."""
        try:
            return max(0.0, float(self.headers.get("retry-after", "")))
        except ValueError:
            return None


@dataclass(frozen=True, slots=True)
class Unreachable:
    """No answer."""

    why: str


def decoded(response: Response | Unreachable) -> Any:
    """The JSON value of a success, None for one without a body; raises `ApiError`, or what derives from it, for all else."""
    response = succeeded(response)
    if response.status == 204:
        return None
    try:
        return json.loads(response.content)
    except ValueError:
        raise api_error(_foreign(response), response.status) from None


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """One call of the HTTP API: `path` is below `/v1/`, `read` makes what the caller gets of the answer, or raises.

    `patient`: repeating it is harmless, so a server that cannot be reached or is full is asked again.
    """

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    read: Callable[[Response | Unreachable], T] = decoded
    patient: bool = False


def succeeded(response: Response | Unreachable) -> Response:
    """The answer if it is a success; raises as `decoded`."""
    if isinstance(response, Unreachable):
        raise unreachable(response.why)
    if not 200 <= response.status < 300:
        raise refusal(response)
    return response


def refusal(response: Response) -> JinduError:
    """The error of an answer that is no success."""
    problem = response.json()
    if not isinstance(problem, dict) or "code" not in problem:
        problem = _foreign(response)
    if problem.get("retry_after") is None:
        problem["retry_after"] = response.retry_after
    return api_error(problem, response.status)


def refused_for_good(response: Response) -> JinduError | None:
    """The error of a request to watch that the server itself refuses, so that asking in another way would not help."""
    ours = response.headers.get("content-type", "").startswith("application/problem+json")
    return refusal(response) if ours and response.status in (400, 401, 403, 413, 422) else None


def later(response: Response | Unreachable) -> bool:
    """The server, or something before it, cannot answer now; trying again may help."""
    return isinstance(response, Unreachable) or response.status == 429 or response.status >= 500


def _foreign(response: Response) -> dict[str, Any]:
    # Something between us and the server answered, or this is no Jindu server.
    return {"code": f"HTTP_{response.status}", "title": f"the answer (HTTP {response.status}) is not Jindu's"}
