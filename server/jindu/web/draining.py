"""`/v1/drain`: what SIGTERM does, for operators who have no shell there."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from typing_extensions import TypedDict

from . import answers, asking
from .access import needs_operator


class Draining(TypedDict):
    """Nothing is taken any more. `ends`: the process ends once what runs has ended, or its grace is over; a server that we do
    not run goes on without taking work."""

    draining: bool
    ends: bool
    running: int


def routes() -> list[Route]:
    return [Route("/v1/drain", needs_operator(drain), methods=["POST"])]


async def drain(request: Request) -> Response:
    """202 at once where the process ends by itself; else 200 when what ran has ended."""
    node = asking.node(request)
    if node.end is not None:
        node.draining = True  # from this answer on
        node.end()
        body: Draining = {"draining": True, "ends": True, "running": node.running}
        return answers.value(body, 202)
    await node.drain()
    body = {"draining": True, "ends": False, "running": node.running}
    return answers.value(body)
