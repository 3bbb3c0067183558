"""Problems as RFC 9457 has them, in zh and en. Nothing of an exception's own text, path or SQL is ever shown."""

import logging
import math
import secrets
from collections.abc import Mapping, Sequence

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from ..core.catalogue import ACTIONS, CATALOGUE
from ..core.codec import encode
from ..core.shown import ProblemBody, texts
from ..engine.jobs import (
    AlreadyEnded,
    KeyReused,
    NotEnded,
    NotRetryable,
    QueueFull,
    RemovedJob,
    UnknownJob,
    UnknownType,
)
from ..engine.params import FieldError, InvalidParams
from ..engine.schedules import IsDeclared, UnknownSchedule
from ..store.contract import Exists, StorageFull, StoreBroken, StoreError
from .languages import asked_for, prefers_chinese

log = logging.getLogger("jindu.web")


class Problem(Exception):
    """Answered as problem+json. `detail` is one English sentence for developers; `errors` points into the body; `text` (zh and
    en) stands in place of the catalogue's where that says too little."""

    def __init__(
        self,
        code: str,
        detail: str = "",
        *,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
        retry_after: float | None = None,
        text: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail
        self.errors = errors
        self.headers = dict(headers or {})
        self.retry_after = retry_after
        self.text = text


# Errors of the rooms further in that are answers, not accidents.
TOLD = (
    Problem, ClientDisconnect, UnknownJob, UnknownType, KeyReused, InvalidParams, AlreadyEnded, NotEnded, NotRetryable,
    QueueFull, UnknownSchedule, IsDeclared, StoreError,
)  # fmt: skip
# Code and detail by kind, the narrower kind first.
_TEXTS: Mapping[type[Exception], tuple[str, str]] = {
    ClientDisconnect: ("BAD_REQUEST", "the client left before its body had arrived"),
    RemovedJob: ("GONE", "this job was removed; its id and its key are not used again"),
    UnknownJob: ("NOT_FOUND", "there is no such job"),
    UnknownSchedule: ("NOT_FOUND", "there is no such schedule"),
    IsDeclared: ("FORBIDDEN", "it is declared in the code of the application, and changed there"),
    Exists: ("KEY_REUSED", "this id is taken; use another, or change what has it"),
    KeyReused: ("KEY_REUSED", "this key or id belongs to a submit that asked for something else"),
    AlreadyEnded: ("ALREADY_ENDED", "the job has ended already"),
    NotEnded: ("NOT_ENDED", "cancel it first; a job can be removed when it has ended, one of a batch when the batch has"),
    NotRetryable: ("NOT_RETRYABLE", "only a job that failed or was cancelled can be retried"),
}


def as_problem(error: Exception) -> Problem:
    """The problem that an error of the rooms further in is told as."""
    if isinstance(error, Problem):
        return error
    for kind, (code, detail) in _TEXTS.items():
        if isinstance(error, kind):
            return Problem(code, detail)
    if isinstance(error, UnknownType):
        return Problem("NOT_FOUND", str(error))
    if isinstance(error, InvalidParams):
        return Problem("INVALID_PARAMS", str(error), errors=error.errors)
    if isinstance(error, QueueFull):
        return Problem("OVERLOADED", str(error), retry_after=error.retry_after)
    if isinstance(error, StoreError):
        log.warning("the store refused a request: %s", error)
        return Problem("STORAGE_FULL" if isinstance(error, StorageFull) else "NOT_READY", _store_text(error))
    return Problem("INTERNAL_ERROR")


def _store_text(error: StoreError) -> str:
    if isinstance(error, StoreBroken):
        return "the outcome is unknown: the submit may exist after the next start; repeat it with the same key"
    return "nothing was changed; try again"


def body(problem: Problem, *, path: str, chinese: bool = False) -> ProblemBody:
    """The problem as an object: status from the catalogue, `title` in the language asked for, `text` in both."""
    kind, language = CATALOGUE[problem.code], "zh" if chinese else "en"
    told: ProblemBody = {
        "type": f"urn:jindu:error:{kind.code}",
        "title": kind.title[language],
        "status": kind.status,
        "detail": problem.detail or kind.message["en"],
        "instance": path,
        "code": kind.code,
        "text": texts(problem.text or kind.message),
        "action": kind.action,
        "action_text": texts(ACTIONS[kind.action]),
        "retryable": kind.retryable,
        "retry_after": kind.retry_after if problem.retry_after is None else problem.retry_after,
        "trace_id": secrets.token_hex(8),
    }
    if problem.errors:
        told["errors"] = [{"pointer": error.pointer, "detail": error.detail} for error in problem.errors]
    return told


def respond(problem: Problem, *, path: str, chinese: bool = False) -> Response:
    """The problem as an answer."""
    told, language = body(problem, path=path, chinese=chinese), "zh" if chinese else "en"
    headers = {"Cache-Control": "no-store", "Content-Language": language, "Vary": "Accept-Language", **problem.headers}
    if told["retry_after"] is not None:
        headers["Retry-After"] = str(math.ceil(told["retry_after"]))
    if problem.code == "INTERNAL_ERROR":
        log.error("request to %s failed, trace id %s", path, told["trace_id"], exc_info=problem.__cause__)
    return Response(encode(told), told["status"], headers, media_type="application/problem+json")


async def handle(request: Request, error: Exception) -> Response:
    """Starlette's exception handler for everything."""
    problem = _of_http(error) if isinstance(error, HTTPException) else as_problem(error)
    if problem is not error:
        problem.__cause__ = error
    if (node := getattr(request.app.state, "node", None)) is not None:
        node.metrics.told(problem.code)
    return respond(problem, path=request.url.path, chinese=prefers_chinese(asked_for(request.scope)))


_HTTP_CODES = {
    401: "UNAUTHORIZED", 403: "FORBIDDEN", 404: "NOT_FOUND", 405: "METHOD_NOT_ALLOWED", 410: "GONE", 413: "TOO_LARGE",
    415: "UNSUPPORTED_MEDIA_TYPE", 429: "TOO_MANY_REQUESTS", 503: "NOT_READY", 507: "STORAGE_FULL",
}  # fmt: skip


def _of_http(error: HTTPException) -> Problem:
    code = _HTTP_CODES.get(error.status_code, "BAD_REQUEST" if error.status_code < 500 else "INTERNAL_ERROR")
    return Problem(code, headers=error.headers)
