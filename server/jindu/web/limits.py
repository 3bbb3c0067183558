"""What one connection may take of time, and how many there may be: what our protocols find in uvicorn's configuration."""

import os
import resource
from dataclasses import dataclass
from typing import Any

import uvicorn
from starlette.types import Receive, Scope, Send

from ..settings import Settings
from .languages import asked_for, prefers_chinese
from .problems import Problem, respond

COME_BACK_AFTER = 3  # seconds, told to who comes while the server is full
MANY = 1_000_000  # connections, where the system sets no limit


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds for a request's head, between two pieces of a body, and for a write to move; and the connections that are
    served, and beyond these told that the server is full. Those above `told` are closed unheard."""

    header: float
    body: float
    write_stall: float
    served: int
    told: int


def limits(settings: Settings) -> Limits:
    """The limits of a server that starts now.

    Of the descriptors that are free, three quarters serve, an eighth tells who comes too much when to come back, and the
    last eighth stays for the store and for child processes: a storm outside takes nothing from a job that runs.
    """
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    free = MANY if soft == resource.RLIM_INFINITY else max(soft - len(os.listdir("/proc/self/fd")), 8)
    return Limits(settings.header_seconds, settings.body_seconds, settings.write_stall_seconds, free * 3 // 4, free * 7 // 8)


class Serving(uvicorn.Config):
    """uvicorn's configuration with our limits beside it."""

    def __init__(self, app: Any, limits: Limits, **options: Any) -> None:
        super().__init__(app, **options)
        self.limits = limits


async def full(scope: Scope, receive: Receive, send: Send) -> None:
    """The ASGI application of a connection too many: 503 with `Retry-After`, before any upgrade."""
    problem = Problem(
        "OVERLOADED",
        "too many connections are open",
        retry_after=COME_BACK_AFTER,
        headers={"Connection": "close"},
    )
    answer = respond(problem, path=scope["path"], chinese=prefers_chinese(asked_for(scope)))
    await answer(scope, receive, send)
