"""Submitting a job, once or again by a key or the client's own id, and waiting a little for its end if that is preferred."""

import re
from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictStr
from starlette.requests import Request
from starlette.responses import Response

from ..core.codec import encode
from ..core.ids import CLIENT_ID
from ..core.job import Job
from ..engine.jobs import Options, check_options
from ..engine.options import LONGEST_WAIT, PRIORITY_LIMIT
from ..node import Node
from ..store.contract import Record
from . import access, answers, asking, waiting
from .problems import Problem
from .webhook_bodies import HookBody, Url, hook_of

KEY = re.compile(r"[!-~]{1,255}")
# Bounds that the engine checks are only told here.
Priority = Annotated[
    int,
    Field(strict=True, json_schema_extra={"minimum": -PRIORITY_LIMIT, "maximum": PRIORITY_LIMIT}),
    asking.WHOLE,
]
Tags = Annotated[list[Annotated[StrictStr, Field(min_length=1, max_length=64)]], Field(max_length=20)]


class SubmitBody(BaseModel):
    """The body of `POST /v1/jobs`. Durations in seconds; priority is seconds of head start."""

    model_config = ConfigDict(extra="forbid")

    type: StrictStr
    params: dict[str, Any] = Field(default_factory=dict)
    priority: Priority = 0
    owner: Annotated[StrictStr, Field(min_length=1, max_length=200)] | None = None
    tags: Tags = Field(default_factory=list)
    delay: Annotated[float, Field(strict=True, json_schema_extra={"minimum": 0, "maximum": LONGEST_WAIT})] = 0.0
    expires_in: (
        Annotated[float, Field(strict=True, json_schema_extra={"exclusiveMinimum": 0, "maximum": LONGEST_WAIT})] | None
    ) = None
    webhook: HookBody | Url | None = None

    def options(self, owner: str | None) -> Options:
        """`owner` is whose the job will be: the body's own wish was looked at before."""
        return Options(
            owner=owner,
            priority=self.priority,
            tags=tuple(dict.fromkeys(self.tags)),
            delay=self.delay,
            expires_in=self.expires_in,
            webhook=hook_of(self.webhook),
        )


class RetryBody(BaseModel):
    """`from` "start" leaves the committed steps of the old job behind."""

    model_config = ConfigDict(extra="forbid")

    from_: Literal["start"] | None = Field(None, alias="from")


async def submit(request: Request) -> Response:
    """202 with the snapshot of the new job; durable before it is answered."""
    return await _offered(request, key=key(request))


async def put(request: Request) -> Response:
    """The same with the client's own id: what was sent before is not done again."""
    job_id = request.path_params["id"]
    if not CLIENT_ID.fullmatch(job_id):
        raise Problem("INVALID_PARAMS", "an id of your own has 16 to 64 characters of A-Z, a-z, 0-9, _ and -")
    return await _offered(request, id=job_id)


async def retry(request: Request) -> Response:
    """202 with a new job made of one that failed or was cancelled; 200 with that same one when asked again."""
    node = open_node(request)
    body = asking.model(RetryBody, await asking.json_or_nothing(request))
    job, new = await node.jobs.retry(request.path_params["id"], from_start=body.from_ == "start")
    record = await node.jobs.read(job.id)
    headers = {"Location": f"/v1/jobs/{job.id}"}
    return await answers.snapshot(node, record, 202 if new else 200, headers, token=_token(node, job))


def open_node(request: Request) -> Node:
    """The node, if it takes new jobs."""
    node = asking.node(request)
    if node.ready is not None:
        raise Problem("NOT_READY", "no new jobs are taken now")
    return node


def key(request: Request) -> str | None:
    """The key as it is, or in the quotes that the draft of the standard asks for; the parameter wins over the header."""
    header, parameter = request.headers.get("idempotency-key"), request.query_params.get("idempotency_key")
    given = [_unquoted(text) for text in (parameter, header) if text is not None]
    if not all(map(KEY.fullmatch, given)):
        raise Problem("BAD_REQUEST", "an Idempotency-Key has 1 to 255 visible ASCII characters, such as a UUID")
    return given[0] if given else None


def _unquoted(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text


async def _offered(request: Request, *, key: str | None = None, id: str | None = None) -> Response:
    node = open_node(request)
    seconds = asking.preferred_wait(request)
    body = asking.model(SubmitBody, await asking.json(request))
    owner = access.owner_for(request, body.owner)
    job_type, options = node.jobs.type(body.type), replace(body.options(owner), key=key, id=id)
    params = encode(body.params)
    check_options(params, options)
    node.check_webhook(options.webhook)
    job_type.params.check(body.params)
    job, new = await node.jobs.offer(job_type, params, options)
    return await accepted(request, job, seconds, new=new)


async def accepted(request: Request, job: Job, seconds: int | None, *, new: bool) -> Response:
    """200 if the job or batch ended while the caller was ready to wait, else 202."""
    node = asking.node(request)
    headers = {"Location": f"/v1/{'batches' if job.is_batch else 'jobs'}/{job.id}"}
    if not new:
        headers["Idempotency-Replayed"] = "true"
    if seconds is not None:
        headers["Preference-Applied"] = f"wait={seconds}"
        admission = access.admission(request)
        if not await waiting.until(node, job.id, seconds, lambda now: now.is_completed, admission, batch=job.is_batch):
            raise access.unauthorized(given=True)
    if new and seconds is None:
        record = Record(job, None)  # as it was committed a moment ago
    else:
        record = await (node.batches if job.is_batch else node.jobs).read(job.id)
    done = seconds is not None and record.job.is_completed
    more: dict[str, Any] = {"token": _token(node, job), **({} if new else {"replayed": True})}
    if job.spec.webhook is not None:
        more["webhook_secret"] = job.spec.webhook.secret
    return await answers.snapshot(node, record, 200 if done else 202, headers, **more)


def _token(node: Node, job: Job) -> str:
    """A capability to watch this job or batch while it is kept; the same each time."""
    return node.keyring.token(f"{'batch' if job.is_batch else 'job'}:{job.id}")
