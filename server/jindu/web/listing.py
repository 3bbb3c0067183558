"""Lists of jobs, newest first, by keyset: jobs that arrive meanwhile neither shift nor double what follows."""

import base64
import binascii
from dataclasses import replace
from typing import Annotated

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response
from typing_extensions import TypedDict

from ..core import snapshot as shown
from ..core.codec import decode, encode
from ..core.job import Job
from ..core.shown import JobItem
from ..core.states import Status
from ..store.contract import Query
from . import access, answers, asking
from .problems import Problem

LIST_DEFAULT, LIST_LIMIT = 50, 1_000


class JobPage(TypedDict):
    """Jobs, newest first."""

    items: list[JobItem]
    next_cursor: Annotated[str | None, Field(description="the `cursor` of the next page; null on the last")]


class BatchPage(TypedDict):
    """Batches, newest first: as entries of a list, without their jobs."""

    items: list[JobItem]
    next_cursor: Annotated[str | None, Field(description="the `cursor` of the next page; null on the last")]


async def list_jobs(request: Request) -> Response:
    """A page, and the cursor of the next one if there is more."""
    return await _page(request, _query(request))


async def list_batches(request: Request) -> Response:
    """Batches, as jobs are listed."""
    return await _page(request, replace(_query(request), batches=True))


async def _page(request: Request, query: Query) -> Response:
    node, who = asking.node(request), access.caller(request)
    if not who.lists(query.batch):
        raise Problem("FORBIDDEN", "this needs a key with the scope watch, or a token for an owner")
    if who.owner is not None:
        if query.owner not in (None, who.owner):
            return answers.value({"items": [], "next_cursor": None})
        query = replace(query, owner=who.owner)
    # One more than asked for tells whether there is a next page.
    found = await node.jobs.page(replace(query, limit=query.limit + 1))
    jobs = found[: query.limit]
    wall, epoch = node.clock.wall(), node.store.epoch
    cursor = _cursor(jobs[-1]) if len(found) > len(jobs) else None
    retried = await node.jobs.retried(jobs)
    items = [shown.item(job, epoch, wall, retried.get(job.id), node.advice) for job in jobs]
    body: JobPage = {"items": items, "next_cursor": cursor}
    headers = {}
    if cursor is not None:
        headers["Link"] = f'<{request.url.include_query_params(cursor=cursor)}>; rel="next"'
    return answers.value(body, headers=headers)


def status(text: str | None) -> Status | None:
    if text is not None and text not in tuple(Status):
        raise Problem("BAD_REQUEST", f"status is one of {', '.join(Status)}")
    return Status(text) if text else None


def _query(request: Request) -> Query:
    asked = request.query_params
    cursor, created_after = asked.get("cursor"), asked.get("created_after")
    return Query(
        status=status(asked.get("status")),
        type=asked.get("type"),
        owner=asked.get("owner"),
        batch=asked.get("batch"),
        tag=asked.get("tag"),
        q=asked.get("q"),
        created_after=asking.time(created_after, "created_after") if created_after is not None else None,
        before=_place(cursor) if cursor else None,
        limit=asking.number(request, "limit", LIST_DEFAULT, 1, LIST_LIMIT),
    )


def _cursor(job: Job) -> str:
    return base64.urlsafe_b64encode(encode([job.spec.created_at, job.id])).decode().rstrip("=")


def _place(cursor: str) -> tuple[float, str]:
    try:
        created_at, job_id = decode(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        return float(created_at), str(job_id)
    except (ValueError, TypeError, binascii.Error):
        raise Problem("BAD_REQUEST", "the cursor is not one of ours: take next_cursor as it is") from None
