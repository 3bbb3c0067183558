"""Routes that an application brings along (`App.add_routes`), and who may use them.

Where keys exist they need one, as everything below `/v1` does, unless they are public: a key or an owner's token, with `watch`
for GET and HEAD and sockets, `submit` for the rest. What is bound to a job or a batch opens none of them. A POST of routes that
submit counts as a submit of its client, in a sliding window of a minute (requirement E3); everything else counts as a read.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.requests import HTTPConnection
from starlette.routing import BaseRoute, Match
from starlette.types import Scope

from ..core.access import CHANGING, WATCHING, Caller
from ..engine.rates import RateLimiter
from . import access
from .problems import Problem

RESERVED = "/v1"
WINDOW = 60.0  # seconds
READING = ("GET", "HEAD", "OPTIONS")


@dataclass(frozen=True, slots=True)
class Group:
    """Routes that were added together."""

    routes: Sequence[BaseRoute]
    public: bool
    submits: bool
    openapi: Mapping[str, Any] | None = None


def group(routes: Iterable[BaseRoute], *, public: bool, submits: bool, openapi: Mapping[str, Any] | None = None) -> Group:
    """Raises `ValueError` for a path that is the API's."""
    found = tuple(routes)
    for route in found:
        path = getattr(route, "path", "")
        if path == RESERVED or path.startswith(f"{RESERVED}/"):
            raise ValueError(f"{path} is a path of the API of Jindu; take another than {RESERVED}")
    return Group(found, public, submits, openapi)


def documents(groups: Sequence[Group]) -> list[Mapping[str, Any]]:
    """What applications say of their routes. Raises `ValueError` for a path that is described and that no route has."""
    served = {re.sub(r":\w+}", "}", getattr(route, "path", "")) for one in groups for route in one.routes}
    found = [one.openapi for one in groups if one.openapi is not None]
    for path in (path for document in found for path in document.get("paths", {})):
        if path not in served and not any(path.startswith(f"{mounted}/") for mounted in served if mounted):
            raise ValueError(f"{path} is described in an OpenAPI document, but no route that was added has this path")
    return found


class Own:
    """The groups of one application. `submits`: POSTs of one client in a minute to routes that submit; 0 for no limit."""

    def __init__(self, groups: Sequence[Group], submits: int) -> None:
        self._groups = groups
        self._submits = RateLimiter(submits, WINDOW) if submits else None

    def asked(self, scope: Scope) -> Group | None:
        """The group whose route would answer, as the router has it: the first that takes path and method, else the first that
        takes the path. None for anything of ours."""
        path_only = None
        for one in self._groups:
            for route in one.routes:
                match, _ = route.matches(scope)
                if match is Match.FULL:
                    return one
                if match is Match.PARTIAL:
                    path_only = path_only or one
        return path_only

    def refusal(self, scope: Scope, asked: Group) -> Problem | None:
        """Why who asks, as the guard put them into the scope, may not use these routes."""
        who: Caller | None = scope[access.CALLER]
        if asked.public:
            return None
        if who is None:
            return access.unauthorized(given=scope[access.GIVEN])
        reads = scope["type"] == "websocket" or scope["method"] in READING
        if who.channels is not None or not who.may(WATCHING if reads else CHANGING):
            return Problem("FORBIDDEN", f"this needs a key with the scope {'watch' if reads else 'submit'}")
        return None

    def too_often(self, scope: Scope, asked: Group, client: str) -> float | None:
        """Seconds after which a submit of this client would be taken; None if this one is, or is none."""
        if self._submits is None or not self.is_submit(scope, asked) or self._submits.try_acquire(client):
            return None
        return self._submits.check(client)

    @staticmethod
    def is_submit(scope: Scope, asked: Group) -> bool:
        return asked.submits and scope["type"] == "http" and scope["method"] == "POST"


def owner_of(request: HTTPConnection) -> str | None:
    """The owner that the credential of a request is bound to; None for who has none, or is bound to nobody."""
    who: Caller | None = request.scope.get(access.CALLER)
    return None if who is None else who.owner
