"""`/v1/errors`: what operators are told of a failed attempt, by the id that its user can quote."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ..core.clock import rfc3339
from ..core.contexts import ContextQuery, ErrorContext
from . import answers, asking
from .problems import Problem

LIST_DEFAULT, LIST_LIMIT = 50, 1_000


def routes() -> list[Route]:
    return [
        Route("/v1/errors", contexts, methods=["GET"]),
        Route("/v1/errors/{id}", context, methods=["GET"]),
    ]


async def context(request: Request) -> Response:
    """One context, with its traceback."""
    found = await asking.node(request).store.context(request.path_params["id"])
    if found is None:
        raise Problem("NOT_FOUND", "there is no error of this id, or it is older than what is kept")
    return answers.value({**_shown(found), "traceback": found.raised.traceback})


async def contexts(request: Request) -> Response:
    """Contexts without tracebacks, newest first; `job` and `code` choose."""
    asked = request.query_params
    limit = asking.number(request, "limit", LIST_DEFAULT, 1, LIST_LIMIT)
    found = await asking.node(request).store.contexts(ContextQuery(asked.get("job"), asked.get("code"), limit))
    return answers.value({"items": [_shown(one) for one in found]})


def _shown(context: ErrorContext) -> dict[str, Any]:
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
