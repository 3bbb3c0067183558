"""`/v1/errors`: what operators are told of a failed attempt, by the id that its user can quote."""

from typing import Annotated

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from typing_extensions import TypedDict

from ..core.clock import rfc3339
from ..core.contexts import ContextQuery, ErrorContext
from ..core.shown import Time
from . import answers, asking
from .access import needs_operator
from .problems import Problem

LIST_DEFAULT, LIST_LIMIT = 50, 1_000


class ContextItem(TypedDict):
    """A failed attempt as operators see it; what looked like a secret was blotted out before it was kept."""

    id: Annotated[str, Field(description="the `id` of the friendly error, which its user can quote")]
    job: str
    type: str
    stage: str
    attempt: int
    run: int
    code: str
    at: Time
    exception: str
    message: str


class ContextShown(ContextItem):
    """The same with its traceback."""

    traceback: str


class ContextList(TypedDict):
    """Contexts, newest first."""

    items: list[ContextItem]


def routes() -> list[Route]:
    return [
        Route("/v1/errors", needs_operator(contexts), methods=["GET"]),
        Route("/v1/errors/{id}", needs_operator(context), methods=["GET"]),
    ]


async def context(request: Request) -> Response:
    """One context, with its traceback."""
    found = await asking.node(request).store.context(request.path_params["id"])
    if found is None:
        raise Problem("NOT_FOUND", "there is no error of this id, or it is older than what is kept")
    body: ContextShown = {**_shown(found), "traceback": found.raised.traceback}
    return answers.value(body)


async def contexts(request: Request) -> Response:
    """Contexts without tracebacks, newest first; `job` and `code` choose."""
    asked = request.query_params
    limit = asking.number(request, "limit", LIST_DEFAULT, 1, LIST_LIMIT)
    found = await asking.node(request).store.contexts(ContextQuery(asked.get("job"), asked.get("code"), limit))
    body: ContextList = {"items": [_shown(one) for one in found]}
    return answers.value(body)


def _shown(context: ErrorContext) -> ContextItem:
    return {
        "id": context.id,
        "job": context.job,
        "type": context.type,
        "stage": context.stage,
        "attempt": context.attempt,
        "run": context.run,
        "code": context.code,
        "at": rfc3339(context.at),
        "exception": context.raised.exception,
        "message": context.raised.message,
    }
