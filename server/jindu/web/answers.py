"""Answers about jobs: the snapshot with the headers that repeat what its body says (HTTP_API)."""

import math
from collections.abc import Mapping
from typing import Annotated, Any, Literal, NotRequired

from pydantic import Field
from starlette.responses import Response
from typing_extensions import TypedDict

from ..core import snapshot as shown
from ..core.advice import poll_after_ms
from ..core.codec import encode
from ..core.job import Job
from ..core.shown import Batch, Seq, Snapshot
from ..node import Node
from ..store.contract import Record

Token = Annotated[str, Field(description="a capability to watch it while it is kept, for who has no key")]


class Accepted(Snapshot):
    """The answer to a submit: the snapshot of its job."""

    token: Token
    webhook_secret: NotRequired[Annotated[str, Field(description="what the webhook of the job is signed with")]]
    replayed: NotRequired[Annotated[Literal[True], Field(description="the same submit had made this job before")]]


class AcceptedBatch(Batch):
    """The answer to a submit of many: their batch."""

    token: Token
    replayed: NotRequired[Annotated[Literal[True], Field(description="the same submit had made this batch before")]]


class Unchanged(TypedDict):
    """The end of a wait in which nothing happened."""

    unchanged: Literal[True]
    seq: Seq
    poll_after_ms: int | None


FRESH = "private, no-cache"  # may be kept, but not shown without asking: the ETag makes asking cheap


def plain(text: bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """JSON text as an answer."""
    return Response(text, status, {"Cache-Control": "no-store", **(headers or {})}, media_type="application/json")


def value(body: Mapping[str, object], status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return plain(encode(body), status, headers)


async def snapshot(
    node: Node, record: Record, status: int = 200, headers: Mapping[str, str] | None = None, **more: Any
) -> Response:
    """The whole snapshot of a job or a batch, of one seq; `more` stands beside its fields."""
    job, wall = record.job, node.clock.wall()
    headers = {**(headers or {}), **later(node, job)}
    if job.is_batch:
        batch = shown.batch(job, record.result, node.store.epoch, wall, node.advice)
        node.consistency.check_against(batch, job)
        return value({**batch, **more}, status, headers)
    kept = [(k.seq, k.key, k.data) for k in await node.jobs.results(job.id)] if job.results else []
    # Results may have been added between the two reads; the snapshot is of one seq.
    partials = [entry for entry in kept if entry[0] <= job.seq]
    retried_by = (await node.jobs.retried([job])).get(job.id)
    body = shown.snapshot(job, record.result, partials, node.store.epoch, wall, retried_by, node.advice)
    node.consistency.check_against(body, job)
    return value({**body, **more}, status, headers)


async def unchanged(node: Node, job: Job) -> Response:
    """The end of a wait in which nothing happened."""
    wait = poll_after_ms(job, node.advice.of(job), node.clock.wall())
    body: Unchanged = {"unchanged": True, "seq": job.seq, "poll_after_ms": wait}
    return value(body, headers=later(node, job))


def later(node: Node, job: Job) -> dict[str, str]:
    """When asking again makes sense; nothing when the job has ended."""
    wait = poll_after_ms(job, node.advice.of(job), node.clock.wall())
    return {} if wait is None else {"Retry-After": str(math.ceil(wait / 1000))}


def etag(job: Job, epoch: str, retried_by: str | None) -> str:
    """Strong by contract: advice (`eta`, `queue`, `poll_after_ms`) is not counted. A retry by hand moves no seq, and shows."""
    return f'"{epoch}:{job.seq}{";r" if retried_by else ""}"'


def matches(asked: str, tag: str) -> bool:
    """If-None-Match (RFC 9110, compared weakly); in the query the quotes may be left out."""
    held = [one.strip().removeprefix("W/") for one in asked.split(",")]
    return "*" in held or tag in held or tag.strip('"') in held
