"""`/openapi.json`, `/asyncapi.json` and the pages that show the former: `/docs` (Swagger UI) and `/redoc` (ReDoc).

All that these pages load is in this package; links are relative, so they work behind a prefix. Each has a policy of its own,
wider than that of the page at `/` only where the part of others cannot live with less.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ..core.codec import encode
from ..engine.registry import JobType
from . import asking, page

# ReDoc makes its styles as it runs, and its search is a worker made of text; Swagger UI lives with what the page has.
DOCS_POLICY = page.POLICY
REDOC_POLICY = page.POLICY.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'") + "; worker-src blob:"


def routes() -> list[Route]:
    return [
        Route("/openapi.json", openapi_json),
        Route("/asyncapi.json", asyncapi_json),
        Route("/docs", docs),
        Route("/redoc", redoc),
    ]


async def openapi_json(request: Request) -> Response:
    """Made once for the job types that there are, with what applications say of their own routes; making it takes a moment, so
    not on the loop."""
    kept = request.app.state
    registry = asking.node(request).registry
    types = tuple(registry)
    if getattr(kept, "openapi_of", None) != [job_type.name for job_type in types]:
        text = await asyncio.to_thread(_openapi, types, kept.documents)
        kept.openapi, kept.openapi_of = page.made(text, "application/json"), [job_type.name for job_type in types]
    return page.serve(request, kept.openapi)


async def asyncapi_json(request: Request) -> Response:
    kept = request.app.state
    if not hasattr(kept, "asyncapi"):
        kept.asyncapi = page.made(await asyncio.to_thread(_asyncapi), "application/json")
    return page.serve(request, kept.asyncapi)


# What makes the documents is imported by who asks for one: a server holds 2 MB less while nobody does.


def _openapi(types: Iterable[JobType], of_applications: Sequence[Mapping[str, Any]]) -> bytes:
    from .document.joined import joined
    from .document.openapi import openapi

    return encode(joined(openapi(types), of_applications))


def _asyncapi() -> bytes:
    from .document.asyncapi import asyncapi

    return encode(asyncapi())


async def docs(request: Request) -> Response:
    return page.serve(request, page.file("docs.html"), DOCS_POLICY)


async def redoc(request: Request) -> Response:
    return page.serve(request, page.file("redoc.html"), REDOC_POLICY)
