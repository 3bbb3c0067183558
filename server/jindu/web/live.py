"""`GET /v1/jobs/{id}` of a job that is in motion here, answered from memory, before any route.

The journal holds the committed value of such a job. An answer is made of it once and given to all who poll until the job has
moved; whether it has, is seen by the value being the same object, so nothing can be missed. 304 needs the value alone.
Everything else goes on to the routes: jobs at rest, jobs with partial results, and requests with a query. What is answered
here is, but for the place it comes from, what `reading.read` answers.
"""

from typing import TypeAlias

from starlette.types import ASGIApp, Receive, Scope, Send

from ..core.access import WATCHING, Caller, Subject
from ..core.codec import encode
from ..core.job import Job
from ..core.snapshot import snapshot
from ..node import Node
from . import access, answers
from .guard import path_of

PREFIX = "/v1/jobs/"
KEPT = 4096  # answers of jobs in motion; then all are made anew
FRESH = 1.0  # seconds for which the advice in an answer (`eta`, when to ask again) is good enough
Headers: TypeAlias = list[tuple[bytes, bytes]]


class _Version:
    """One committed value of a job as it is answered; the body is made when somebody first asks for it."""

    __slots__ = ("body", "headers", "job", "tag", "until", "whole")

    def __init__(self, node: Node, job: Job) -> None:
        self.job = job
        self.tag = answers.etag(job, node.store.epoch, None)
        told = {"etag": self.tag, "cache-control": answers.FRESH, **answers.later(node, job)}
        self.headers: Headers = [(name.lower().encode(), value.encode()) for name, value in told.items()]
        self.body: bytes | None = None
        self.whole: Headers = []
        self.until = node.clock.monotonic() + FRESH

    def make(self, node: Node) -> bytes:
        shown = snapshot(self.job, None, (), node.store.epoch, node.clock.wall(), None, node.advice)
        node.consistency.check_against(shown, self.job)
        body = self.body = encode(shown)
        length = b"%d" % len(body)
        self.whole = [*self.headers, (b"content-type", b"application/json"), (b"content-length", length)]
        return body


class Live:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._versions: dict[str, _Version] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        job = _asked_for(scope)
        if job is None:
            await self._app(scope, receive, send)
            return
        node: Node = scope["app"].state.node
        version = self._version(node, job)
        held = _if_none_match(scope)
        if held is not None and answers.matches(held, version.tag):
            await _say(send, 304, version.headers, b"")
        elif job.results:
            await self._app(scope, receive, send)
        else:
            body = version.body or version.make(node)
            await _say(send, 200, version.whole, body)

    def _version(self, node: Node, job: Job) -> _Version:
        version = self._versions.get(job.id)
        if version is None or version.job is not job or node.clock.monotonic() >= version.until:
            if len(self._versions) >= KEPT:
                self._versions.clear()
            version = self._versions[job.id] = _Version(node, job)
        return version


def _asked_for(scope: Scope) -> Job | None:
    """The job in motion that is asked for and may be shown to who asks; None to leave the request to the routes."""
    if scope["type"] != "http" or scope["method"] != "GET" or scope["query_string"]:
        return None
    path = path_of(scope)
    if not path.startswith(PREFIX):
        return None
    node: Node = scope["app"].state.node
    job = node.journal.visible(path[len(PREFIX) :])
    who: Caller | None = scope[access.CALLER]
    if job is None or job.is_completed or job.is_batch or who is None or not who.may(WATCHING):
        return None
    return job if who.unbounded or who.reaches(Subject.of(job)) else None


def _if_none_match(scope: Scope) -> str | None:
    for name, value in scope["headers"]:
        if name == b"if-none-match":
            held: str = value.decode("latin-1")
            return held
    return None


async def _say(send: Send, status: int, headers: Headers, body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": list(headers)})
    await send({"type": "http.response.body", "body": body})
