"""The ASGI application around a node."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, TypeAlias

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import BaseRoute

from ..node import Node
from ..settings import Settings
from . import health, jobs, page, poll, problems, reference, socket, stream, types
from .guard import Guard

Opening: TypeAlias = Callable[[], AbstractAsyncContextManager[Node]]


def build(opening: Opening, settings: Settings) -> Starlette:
    """An application whose lifespan opens the node."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> Any:
        async with opening() as node:
            app.state.node = node
            yield

    routes: list[BaseRoute] = [
        *page.routes(health.index),
        *health.routes(),
        *reference.routes(),
        *jobs.routes(),
        *types.routes(),
        *socket.routes(),
        *stream.routes(),
        *poll.routes(),
    ]
    return Starlette(
        routes=routes,
        lifespan=lifespan,
        middleware=[Middleware(Guard, origins=settings.origins)],
        exception_handlers={kind: problems.handle for kind in (Exception, HTTPException, *problems.TOLD)},
    )
