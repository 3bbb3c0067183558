"""`/v1/jobs`: submit, read, list, cancel."""

import base64
import binascii
import math
import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StrictStr, ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ..core import snapshot as shown
from ..core.codec import NotJson, decode, encode
from ..core.job import Job
from ..core.states import Phase, Status
from ..engine.jobs import Options, check_options
from ..engine.params import FieldError
from ..node import Node
from ..store.contract import Query
from .problems import Problem

LIST_DEFAULT, LIST_LIMIT = 50, 1_000
SEQ_LIMIT = 2**63 - 1  # what a store can be asked for
M = TypeVar("M", bound=BaseModel)


class SubmitBody(BaseModel):
    """The body of `POST /v1/jobs`. Durations in seconds; priority is seconds of head start."""

    model_config = ConfigDict(extra="forbid")

    type: StrictStr
    params: dict[str, Any] = Field(default_factory=dict)
    priority: Annotated[int, Field(strict=True)] = 0
    owner: Annotated[StrictStr, Field(min_length=1, max_length=200)] | None = None
    tags: list[Annotated[StrictStr, Field(min_length=1, max_length=64)]] = Field(default_factory=list, max_length=20)
    delay: Annotated[float, Field(strict=True)] = 0.0
    expires_in: Annotated[float, Field(strict=True)] | None = None


class CancelBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: Annotated[StrictStr, Field(max_length=500)] | None = None


def routes() -> list[Route]:
    return [
        Route("/v1/jobs", collection, methods=["GET", "POST"]),
        Route("/v1/jobs/{id}", read, methods=["GET"]),
        Route("/v1/jobs/{id}/cancel", cancel, methods=["POST"]),
        Route("/v1/jobs/{id}/result", result, methods=["GET"]),
        Route("/v1/jobs/{id}/partial/{seq:int}", partial, methods=["GET"]),
    ]


def _node(request: Request) -> Node:
    node: Node = request.app.state.node
    return node


async def collection(request: Request) -> Response:
    """One route, so that a 405 names both methods."""
    return await (submit if request.method == "POST" else list_jobs)(request)


async def submit(request: Request) -> Response:
    """202 with the snapshot of the new job; durable before it is answered."""
    node = _node(request)
    if node.ready is not None:
        raise Problem("NOT_READY", "no new jobs are taken now")
    body = _model(SubmitBody, await _json(request, node.settings.body_bytes))
    job_type = node.jobs.type(body.type)
    options = Options(
        owner=body.owner,
        priority=body.priority,
        tags=tuple(dict.fromkeys(body.tags)),
        delay=body.delay,
        expires_in=body.expires_in,
    )
    params = encode(body.params)
    check_options(params, options)
    job_type.params.check(body.params)
    job = await node.jobs.submit(job_type, params, options)
    return await _snapshot(node, job.id, 202, location=True)


async def read(request: Request) -> Response:
    return await _snapshot(_node(request), request.path_params["id"], 200)


async def cancel(request: Request) -> Response:
    """202 while it is being cancelled, 200 if it is cancelled already."""
    node = _node(request)
    text = await _body(request, node.settings.body_bytes)
    body = _model(CancelBody, _parsed(text) if text else {})
    job = await node.jobs.cancel(request.path_params["id"], body.reason)
    return await _snapshot(node, job.id, 200 if job.phase is Phase.CANCELLED else 202)


async def result(request: Request) -> Response:
    """The result as JSON; 202 while there is none yet, 409 if the job ended without one."""
    node = _node(request)
    record = await node.jobs.read(request.path_params["id"])
    if record.result is not None:
        return _answer(record.result)
    return await _snapshot(node, record.job.id, 409 if record.job.is_completed else 202)


async def partial(request: Request) -> Response:
    node = _node(request)
    job_id, seq = request.path_params["id"], request.path_params["seq"]
    await node.jobs.read(job_id)
    for kept in await node.jobs.results(job_id, min(seq, SEQ_LIMIT) - 1, 1):
        if kept.seq == seq:
            return _answer(kept.data)
    raise Problem("NOT_FOUND", "this job has no partial result of that seq")


async def list_jobs(request: Request) -> Response:
    """A page, newest first, by keyset: jobs that arrive meanwhile neither shift nor double what follows."""
    node = _node(request)
    query = _query(request)
    # One more than asked for tells whether there is a next page.
    found = await node.jobs.page(replace(query, limit=query.limit + 1))
    jobs = found[: query.limit]
    wall, epoch = node.clock.wall(), node.store.epoch
    cursor = _cursor(jobs[-1]) if len(found) > len(jobs) else None
    body = {"items": [shown.item(job, epoch, wall) for job in jobs], "next_cursor": cursor}
    headers = {}
    if cursor is not None:
        headers["Link"] = f'<{request.url.include_query_params(cursor=cursor)}>; rel="next"'
    return _answer(encode(body), headers=headers)


async def _snapshot(node: Node, job_id: str, status: int, *, location: bool = False) -> Response:
    record = await node.jobs.read(job_id)
    job = record.job
    kept = [(k.seq, k.key, k.data) for k in await node.jobs.results(job_id)] if job.results else []
    # Results may have been added between the two reads; the snapshot is of one seq.
    partials = [entry for entry in kept if entry[0] <= job.seq]
    wall = node.clock.wall()
    body = shown.snapshot(job, record.result, partials, node.store.epoch, wall)
    headers = {"Location": f"/v1/jobs/{job_id}"} if location else {}
    wait = shown.poll_after_ms(job, wall)
    if wait is not None:
        headers["Retry-After"] = str(math.ceil(wait / 1000))
    return _answer(encode(body), status, headers)


def _answer(text: bytes, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(text, status, {"Cache-Control": "no-store", **(headers or {})}, media_type="application/json")


async def _json(request: Request, limit: int) -> Any:
    return _parsed(await _body(request, limit))


def _parsed(text: bytes) -> Any:
    try:
        return decode(text)
    except NotJson as error:
        raise Problem("NOT_JSON", f"the body is not JSON: {error}") from None


async def _body(request: Request, limit: int) -> bytes:
    """The body, read no further than the limit, whatever its headers say."""
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > limit:
            raise Problem("TOO_LARGE", f"a body may have {limit} bytes")
        parts.append(part)
    return b"".join(parts)


def _model(model: type[M], value: Any) -> M:
    if not isinstance(value, dict):
        raise Problem("INVALID_PARAMS", "the body must be an object", errors=[FieldError("", "must be an object")])
    try:
        return model.model_validate(value)
    except ValidationError as error:
        errors = [FieldError(_pointer(e["loc"]), e["msg"]) for e in error.errors(include_url=False)]
        raise Problem("INVALID_PARAMS", "the body does not fit", errors=errors) from None


def _pointer(path: Iterable[int | str]) -> str:
    """A JSON pointer (RFC 6901) from the parts of a path."""
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in path)


def _query(request: Request) -> Query:
    asked = request.query_params
    status, cursor, created_after = asked.get("status"), asked.get("cursor"), asked.get("created_after")
    if status is not None and status not in tuple(Status):
        raise Problem("BAD_REQUEST", f"status is one of {', '.join(Status)}")
    return Query(
        status=Status(status) if status else None,
        type=asked.get("type"),
        owner=asked.get("owner"),
        tag=asked.get("tag"),
        q=asked.get("q"),
        created_after=_time(created_after) if created_after else None,
        before=_place(cursor) if cursor else None,
        limit=_limit(asked.get("limit")),
    )


def _limit(text: str | None) -> int:
    if text is None:
        return LIST_DEFAULT
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:9]) <= LIST_LIMIT:
        raise Problem("BAD_REQUEST", f"limit is a number from 1 to {LIST_LIMIT}")
    return int(text)


def _time(text: str) -> float:
    try:
        # A plus sign that nobody encoded arrives as a blank; a time without an offset is UTC, as all times of ours are.
        at = datetime.fromisoformat(re.sub(r" (\d\d:?\d\d)$", r"+\1", text))
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
    except ValueError:
        raise Problem("BAD_REQUEST", "created_after is a time as in RFC 3339, such as 2026-01-31T12:00:00Z") from None


def _cursor(job: Job) -> str:
    return base64.urlsafe_b64encode(encode([job.spec.created_at, job.id])).decode().rstrip("=")


def _place(cursor: str) -> tuple[float, str]:
    try:
        created_at, job_id = decode(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        return float(created_at), str(job_id)
    except (ValueError, TypeError, binascii.Error):
        raise Problem("BAD_REQUEST", "the cursor is not one of ours: take next_cursor as it is") from None
