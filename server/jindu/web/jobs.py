"""`/v1/jobs`: which address and method is answered where. One route for an address, so that a 405 names all its methods."""

from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from . import changing, history, listing, reading, submitting

Endpoint: TypeAlias = Callable[[Request], Awaitable[Response]]

COLLECTION: Mapping[str, Endpoint] = {
    "GET": listing.list_jobs,
    "POST": submitting.submit,
    "DELETE": changing.prune,
}
ONE: Mapping[str, Endpoint] = {
    "GET": reading.read,
    "PUT": submitting.put,
    "PATCH": changing.change,
    "DELETE": changing.remove,
}


def routes() -> list[Route]:
    return [
        by_method("/v1/jobs", COLLECTION),
        by_method("/v1/jobs/{id}", ONE),
        Route("/v1/jobs/{id}/cancel", changing.cancel, methods=["POST"]),
        Route("/v1/jobs/{id}/retry", submitting.retry, methods=["POST"]),
        Route("/v1/jobs/{id}/result", reading.result, methods=["GET"]),
        Route("/v1/jobs/{id}/why", reading.why, methods=["GET"]),
        Route("/v1/jobs/{id}/events", history.events, methods=["GET"]),
        Route("/v1/jobs/{id}/log", history.lines, methods=["GET"]),
        Route("/v1/jobs/{id}/partial/{seq:int}", reading.partial, methods=["GET"]),
    ]


def by_method(path: str, endpoints: Mapping[str, Endpoint]) -> Route:
    """One address, an endpoint for each of its methods."""

    async def answer(request: Request) -> Response:
        method = "GET" if request.method == "HEAD" else request.method
        return await endpoints[method](request)

    return Route(path, answer, methods=list(endpoints))
