"""What each HTTP answer is counted under: its route, as the template of the path, its status, and how long it took to begin."""

from collections.abc import Iterable, Iterator
from typing import Any

from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..core.observer import Observer
from ..monitor.metrics import ELSEWHERE
from ..node import Node

HELD = ("/v1/poll", "/v1/stream")
ROUTE = "jindu.route"  # in the scope: the template of the route that answered


class Observing:
    """The outermost middleware: what is refused at the door counts too."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        node: Node = scope["app"].state.node
        began = node.clock.monotonic()
        told = False

        async def observed(message: Message) -> None:
            nonlocal told
            if not told and message["type"] == "http.response.start":
                told = True
                seconds = node.clock.monotonic() - began
                route = scope.get(ROUTE, ELSEWHERE)
                node.metrics.answered(scope["method"], route, message["status"], seconds, held=_may_be_held(scope))
            await send(message)

        await self._app(scope, receive, observed)


class Named:
    """The application of one route, which says in the scope which it is."""

    def __init__(self, app: ASGIApp, template: str) -> None:
        self._app = app
        self._template = template

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope[ROUTE] = self._template
        await self._app(scope, receive, send)


def name_routes(routes: Iterable[BaseRoute]) -> None:
    """Make each HTTP route say which it is."""
    for route in routes:
        if isinstance(route, Route):
            route.app = Named(route.app, route.path)


def templates(routes: Iterable[BaseRoute]) -> Iterator[tuple[str, str]]:
    """Method and template of each HTTP route; HEAD is asked for where GET is."""
    for route in routes:
        if isinstance(route, Route):
            yield from ((method, route.path) for method in sorted(route.methods or ()) if method != "HEAD")


def observer(scope: Any) -> Observer:
    """Who is told of a request."""
    node: Node = scope["app"].state.node
    return node.metrics


def _may_be_held(scope: Scope) -> bool:
    """Whether the asker is ready to wait: then the time to the answer says nothing about us."""
    if b"wait=" in scope["query_string"] or scope["path"].endswith(HELD):
        return True
    for name, _ in scope["headers"]:  # noqa: SIM110 - a generator costs more than all of this
        if name == b"prefer":
            return True
    return False
