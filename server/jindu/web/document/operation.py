"""The words that a call is described in, once for each route and method.

To describe a new route add an entry to a table of `calls`, as its neighbours are: a test says which is missing. Types of bodies
are those that serve: a pydantic model for what is asked, a `TypedDict` for what is answered.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

JSON = ("application/json",)
DESCRIBED = ("application/json", "text/event-stream")  # what of an answer a type can describe; anything else is text
PROBLEM = "application/problem+json"

# Refusals that any call may meet, whatever it asks for (HTTP_API): of the door, of the store, of the node.
ANYWHERE = (400, 401, 403, 421, 429, 503, 507)
# Refusals of whatever has a body.
OF_BODIES = (413, 415, 422)


@dataclass(frozen=True, slots=True)
class Parameter:
    """`kind` is a type; its bounds are given with pydantic's `Field`, from the constants that the code checks with."""

    name: str
    where: Literal["path", "query", "header"]
    kind: Any
    text: str
    required: bool = False
    example: Any = None


@dataclass(frozen=True, slots=True)
class Link:
    """Where an answer leads: the operation, and its parameters as runtime expressions into the answer."""

    to: str
    parameters: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Answer:
    """`body` is a type; None: there is none. `headers` are always there, those of `may` sometimes."""

    text: str
    body: Any = None
    media: tuple[str, ...] = JSON
    headers: tuple[str, ...] = ()
    may: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class Operation:
    """One call. `refusals` are statuses answered with a problem, besides those of `ANYWHERE` and, with a body, `OF_BODIES`."""

    id: str
    tag: str
    summary: str
    answers: Mapping[int, Answer]
    parameters: tuple[Parameter, ...] = ()
    body: Any = None
    body_needed: bool = True
    body_example: Any = None
    refusals: tuple[int, ...] = ()
    text: str = ""

    @property
    def all_refusals(self) -> list[int]:
        """Every status that is told as a problem; one that has an answer of its own is not."""
        found = {*ANYWHERE, *self.refusals, *(OF_BODIES if self.body is not None else ())}
        return sorted(found - set(self.answers))


Calls = Mapping[tuple[str, str], Operation]  # by method and path, as in the routes


@dataclass(frozen=True, slots=True)
class Header:
    kind: Any
    text: str


HEADERS: Mapping[str, Header] = {
    "ETag": Header(str, "the cursor in quotes; send it as If-None-Match"),
    "Location": Header(str, "where the job is read"),
    "Retry-After": Header(int, "seconds after which asking again makes sense"),
    "Link": Header(str, 'the next page, rel="next"'),
    "Idempotency-Replayed": Header(Literal["true"], "the same submit had made this job before"),
    "Preference-Applied": Header(str, "the wait that was granted"),
    "Vary": Header(str, "what the answer depends on"),
}
