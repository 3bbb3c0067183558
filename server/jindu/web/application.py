"""The ASGI application around a node."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, TypeAlias

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from ..node import Node
from ..settings import Settings
from . import (
    alerts,
    backup,
    batches,
    cors,
    draining,
    errors,
    health,
    jobs,
    keys,
    measures,
    page,
    poll,
    problems,
    reference,
    report,
    schedules,
    socket,
    stats,
    stream,
    tokens,
    types,
    webhooks,
)  # fmt: skip
from .cors import Cors
from .guard import Guard
from .live import Live
from .observing import Observing, name_routes
from .own import Group, Own, documents
from .places import Places
from .rates import Rates
from .secure import ENCRYPTED, Secure, secure

Opening: TypeAlias = Callable[[], AbstractAsyncContextManager[Node]]


def _routes(own: Sequence[BaseRoute]) -> list[BaseRoute]:
    """Looked through in this order: what is asked most comes first, then the application's own, before our pages."""
    return [
        *socket.routes(),
        *jobs.routes(),
        *poll.routes(),
        *stream.routes(),
        *batches.routes(),
        *own,
        *page.routes(health.index),
        *health.routes(),
        *reference.routes(),
        *types.routes(),
        *keys.routes(),
        *tokens.routes(),
        *backup.routes(),
        *errors.routes(),
        *webhooks.routes(),
        *schedules.routes(),
        *report.routes(),
        *stats.routes(),
        *measures.routes(),
        *alerts.routes(),
        *draining.routes(),
    ]


def build(opening: Opening, settings: Settings, groups: Sequence[Group] = ()) -> Starlette:
    """An application whose lifespan opens the node; `groups` are routes of the application's own."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> Any:
        async with opening() as node:
            app.state.node = node
            yield

    async def accident(request: Request, error: Exception) -> Response:
        # Starlette answers this one outside of all middleware; the page that asked should still be able to read it.
        answer = await problems.handle(request, error)
        secure(answer.headers, encrypted=request.url.scheme in ENCRYPTED)
        answer.headers["Connection"] = "close"  # servers close what an error has passed through: who keeps it is to know
        if settings.origins:
            cors.allow(answer.headers, request.headers.get("origin", ""), settings.origins)
        return answer

    routes = _routes([route for one in groups for route in one.routes])
    own = Own(groups, settings.application_submits)
    name_routes(routes)
    made = Starlette(
        routes=routes,
        lifespan=lifespan,
        middleware=[
            Middleware(Observing),
            Middleware(Secure),
            *([Middleware(Cors, origins=settings.origins)] if settings.origins else []),
            Middleware(Guard, origins=settings.origins, rates=Rates(settings), places=Places(settings), own=own),
            Middleware(socket.Sockets),
            Middleware(Live),
        ],
        exception_handlers={Exception: accident, **dict.fromkeys((HTTPException, *problems.TOLD), problems.handle)},
    )
    made.state.documents = documents(groups)
    return made
