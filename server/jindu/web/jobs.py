"""`/v1/jobs`: which address and method is answered where. One route for an address, so that a 405 names all its methods.
Beside each endpoint stands what it asks of the caller; lists show what is within their reach."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ..core.access import CANCELLING, CHANGING, WATCHING
from . import changing, history, listing, reading, submitting
from .access import Endpoint, needs, needs_operator, on_one, on_own

COLLECTION: Mapping[str, Endpoint] = {
    "GET": listing.list_jobs,
    "POST": needs(CHANGING, submitting.submit),
    "DELETE": needs_operator(changing.prune, of_all=False),
}
ONE: Mapping[str, Endpoint] = {
    "GET": on_one(WATCHING, reading.read),
    "PUT": on_own(submitting.put),
    "PATCH": on_one(CHANGING, changing.change),
    "DELETE": on_one(CHANGING, changing.remove),
}


def routes() -> list[Route]:
    return [
        by_method("/v1/jobs", COLLECTION),
        by_method("/v1/jobs/{id}", ONE),
        Route("/v1/jobs/{id}/cancel", on_one(CANCELLING, changing.cancel), methods=["POST"]),
        Route("/v1/jobs/{id}/retry", on_one(CHANGING, submitting.retry), methods=["POST"]),
        Route("/v1/jobs/{id}/result", on_one(WATCHING, reading.result), methods=["GET"]),
        Route("/v1/jobs/{id}/why", on_one(WATCHING, reading.why), methods=["GET"]),
        Route("/v1/jobs/{id}/events", on_one(WATCHING, history.events), methods=["GET"]),
        Route("/v1/jobs/{id}/log", on_one(WATCHING, history.lines), methods=["GET"]),
        Route("/v1/jobs/{id}/partial/{seq:int}", on_one(WATCHING, reading.partial), methods=["GET"]),
    ]


def by_method(path: str, endpoints: Mapping[str, Endpoint]) -> Route:
    """One address, an endpoint for each of its methods."""

    async def answer(request: Request) -> Response:
        method = "GET" if request.method == "HEAD" else request.method
        return await endpoints[method](request)

    return Route(path, answer, methods=list(endpoints))
