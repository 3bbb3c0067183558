"""`/v1/batches`: many jobs in one request and one transaction, with the progress of all as one (REQUIREMENTS C7)."""

import asyncio
from collections.abc import Sequence
from typing import Annotated, Any

import orjson
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictStr
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ..core.access import CANCELLING, CHANGING, WATCHING
from ..core.codec import encode
from ..core.shown import ProblemBody
from ..core.states import Phase
from ..engine.batches import MEMBERS, Order, Wanted
from ..engine.jobs import UnknownType, check_options
from ..engine.params import FieldError, InvalidParams
from . import access, answers, asking, changing, jobs, listing, problems, reading, submitting
from .problems import Problem

LOOKED_AT_ONCE = 50  # jobs checked before others get a turn of the loop


class BatchBody(BaseModel):
    """The body of `POST /v1/batches`. Each of `jobs` is a body as `POST /v1/jobs` takes it; `owner` is of those that name
    none. With `atomic` one that cannot be accepted refuses all."""

    model_config = ConfigDict(extra="forbid")

    jobs: Annotated[list[Any], Field(min_length=1, max_length=MEMBERS)]
    atomic: StrictBool = False
    owner: Annotated[StrictStr, Field(min_length=1, max_length=200)] | None = None


def routes() -> list[Route]:
    return [
        jobs.by_method("/v1/batches", {"GET": listing.list_batches, "POST": access.needs(CHANGING, submit)}),
        Route("/v1/batches/{id}", access.on_one(WATCHING, reading.read_batch), methods=["GET"]),
        Route("/v1/batches/{id}/cancel", access.on_one(CANCELLING, cancel), methods=["POST"]),
    ]


async def submit(request: Request) -> Response:
    """202 with the batch; it and its jobs are durable, in one transaction, before it is answered."""
    node = submitting.open_node(request)
    key, seconds = submitting.key(request), asking.preferred_wait(request)
    value = await asking.json(request, node.settings.batch_bytes)
    body = asking.model(BatchBody, value)
    body.owner = access.owner_for(request, body.owner)
    looked_at = await _looked_at(request, body)
    rejected = [(index, job) for index, job in enumerate(looked_at) if not isinstance(job, Wanted)]
    if rejected and (body.atomic or len(rejected) == len(looked_at)):
        raise Problem("INVALID_PARAMS", _refusal(body), errors=list(_pointers(rejected)))
    owners = {job.options.owner for job in looked_at if isinstance(job, Wanted)}
    owner = owners.pop() if len(owners) == 1 else body.owner
    asked = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    batch, new = await node.batches.offer(Order(looked_at, asked, owner, key))
    return await submitting.accepted(request, batch, seconds, new=new)


async def cancel(request: Request) -> Response:
    """Cancel a batch and all its jobs that are open: 202, or 200 if it is cancelled already."""
    node = asking.node(request)
    body = asking.model(changing.CancelBody, await asking.json_or_nothing(request))
    batch = await node.batches.cancel(request.path_params["id"], body.reason)
    record = await node.batches.read(batch.id)
    return await answers.snapshot(node, record, 200 if record.job.phase is Phase.CANCELLED else 202)


async def _looked_at(request: Request, body: BatchBody) -> list[Wanted | ProblemBody]:
    """Each job ready to be made, or the problem that it is rejected with."""
    found: list[Wanted | ProblemBody] = []
    for place, value in enumerate(body.jobs):
        if place % LOOKED_AT_ONCE == LOOKED_AT_ONCE - 1:
            await asyncio.sleep(0)
        try:
            found.append(_wanted(request, value, body.owner))
        except (Problem, InvalidParams, UnknownType) as error:
            found.append(problems.body(problems.as_problem(error), path=request.url.path))
    return found


def _wanted(request: Request, value: Any, owner: str | None) -> Wanted:
    body = asking.model(submitting.SubmitBody, value)
    options = body.options(access.owner_for(request, body.owner or owner))
    job_type, params = asking.node(request).jobs.type(body.type), encode(body.params)
    check_options(params, options)
    asking.node(request).check_webhook(options.webhook)
    job_type.params.check(body.params)
    return Wanted(job_type, params, options)


def _refusal(body: BatchBody) -> str:
    why = "the batch is atomic" if body.atomic else "none of its jobs can be accepted"
    return f"nothing was made: {why}; correct the jobs that are named"


def _pointers(rejected: Sequence[tuple[int, Any]]) -> Sequence[FieldError]:
    """What is wrong with each rejected job, as pointers into the body of the batch."""
    told = []
    for index, error in rejected:
        inner = error.get("errors") or [{"pointer": "", "detail": error["detail"]}]
        told += [FieldError(f"/jobs/{index}{one['pointer']}", one["detail"]) for one in inner]
    return told
