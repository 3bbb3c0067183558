"""Who asks, and what they may: the questions of `core.access` put to a request.

The guard puts a `Caller` into the scope before any route; a route says with `needs`, `needs_operator`, `on_one` or `on_own`
what it asks of one. An id that is not the caller's is answered exactly as one that never existed.
"""

from collections.abc import Awaitable, Callable
from typing import TypeAlias
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.types import Scope

from ..core.access import CHANGING, OPEN, Act, Caller
from ..core.admission import Admission
from ..engine.jobs import KeyReused, UnknownJob
from ..node import Node
from ..store.keyring import Keyring
from .problems import Problem

Endpoint: TypeAlias = Callable[[Request], Awaitable[Response]]

CALLER = "jindu.caller"  # in the scope: who asks, or None
GIVEN = "jindu.given"  # in the scope: whether they have said who they are
TICKETS_POSTED = ("/v1/stream", "/v1/poll")  # what a ticket may ask for besides reading


def identify(scope: Scope, keyring: Keyring, path: str) -> tuple[Caller | None, bool]:
    """Who asks, None if they do not say or what they say is no good; and whether they have said anything. A key or token in
    the header wins over a ticket."""
    if keyring.open_mode:
        return OPEN, True
    scheme, _, credential = Headers(scope=scope).get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return keyring.admit(credential.strip()), True
    tickets = parse_qs(scope["query_string"].decode("latin-1")).get("ticket", [])
    reading = scope["type"] == "websocket" or scope["method"] in ("GET", "HEAD") or path in TICKETS_POSTED
    return (keyring.admit_ticket(tickets[0]), True) if tickets and reading else (None, False)


def counted_as(who: Caller | None) -> str | None:
    """What requests of a caller are counted under: their key, or what their token or ticket is for, so that people behind one
    address are not in each other's way. None for who has no good credential."""
    if who is None or who is OPEN:
        return None
    return " ".join((who.source, who.owner or "", *sorted(who.channels or ())))


def unauthorized(*, given: bool) -> Problem:
    detail = "the key, token or ticket is not valid, or no longer" if given else "send Authorization: Bearer KEY, or ?ticket="
    return Problem("UNAUTHORIZED", detail, headers={"WWW-Authenticate": "Bearer"})


def caller(request: HTTPConnection) -> Caller:
    """Who asks. Raises the 401 for nobody: the guard has done so before, unless it did not know the route."""
    found: Caller | None = request.scope[CALLER]
    if found is None:
        raise unauthorized(given=request.scope[GIVEN])
    return found


def admission(request: HTTPConnection) -> Admission:
    """What a connection begins with."""
    node: Node = request.app.state.node
    found: Caller | None = request.scope[CALLER]
    return Admission(node.keyring, [] if found is None else [found])


def require(request: Request, act: Act) -> None:
    """Raises the 403 if the caller could never do this, to whatever."""
    if not caller(request).may(act):
        raise Problem("FORBIDDEN", f"this needs the scope {' or '.join(sorted(act))}")


async def visible(request: Request, id: str) -> None:
    """Raises `UnknownJob` for a job or batch that does not exist for the caller, removed or not."""
    who = caller(request)
    if who.unbounded:
        return
    node: Node = request.app.state.node
    subject = await node.store.owned(id)
    if subject is None or not who.reaches(subject):
        raise UnknownJob(id)


def owner_for(request: Request, named: str | None) -> str | None:
    """The owner of what the caller submits; `named` is the one that was asked for."""
    who = caller(request)
    if who.owner is not None and named not in (None, who.owner):
        raise Problem("FORBIDDEN", "this key submits for its own owner only")
    return named if who.owner is None else who.owner


def needs(act: Act, endpoint: Endpoint) -> Endpoint:
    """The endpoint, for those who may do this to something."""

    async def asked(request: Request) -> Response:
        require(request, act)
        return await endpoint(request)

    return asked


def needs_operator(endpoint: Endpoint, *, of_all: bool = True) -> Endpoint:
    """The endpoint, for operators: with `of_all` of the whole server, else perhaps of one owner's jobs."""

    async def asked(request: Request) -> Response:
        who = caller(request)
        if not who.operates:
            raise Problem("FORBIDDEN", "this needs the scope operate")
        if of_all and not who.operates_all:
            raise Problem("FORBIDDEN", "this needs a key that is not bound to an owner")
        return await endpoint(request)

    return asked


def on_one(act: Act, endpoint: Endpoint) -> Endpoint:
    """The endpoint, whose path names a job or batch by `id`, for those who may do this to that one."""

    async def asked(request: Request) -> Response:
        require(request, act)
        await visible(request, request.path_params["id"])
        return await endpoint(request)

    return asked


def on_own(endpoint: Endpoint) -> Endpoint:
    """The endpoint that submits under the caller's own `id`, which no other owner may have."""

    async def asked(request: Request) -> Response:
        require(request, CHANGING)
        job_id = request.path_params["id"]
        node: Node = request.app.state.node
        subject = None if caller(request).unbounded else await node.store.owned(job_id)
        if subject is not None and not caller(request).reaches(subject):
            raise KeyReused(job_id)
        return await endpoint(request)

    return asked
