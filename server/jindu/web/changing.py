"""Changing and removing jobs that are there."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StrictStr
from starlette.requests import Request
from starlette.responses import Response
from typing_extensions import TypedDict

from ..core.durations import seconds
from ..core.states import ENDS, Phase, Status
from . import access, answers, asking
from .problems import Problem
from .submitting import Priority, Tags

PRUNE_TAKES = frozenset({"older_than", "status", "lang"})


class CancelBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: Annotated[StrictStr, Field(max_length=500)] | None = None


class ChangeBody(BaseModel):
    """What is left out stays as it is."""

    model_config = ConfigDict(extra="forbid")

    priority: Priority = 0
    tags: Tags = Field(default_factory=list)


class Pruned(TypedDict):
    """How many jobs were removed."""

    removed: Annotated[int, Field(ge=0)]


async def cancel(request: Request) -> Response:
    """202 while it is being cancelled, 200 if it is cancelled already."""
    node = asking.node(request)
    body = asking.model(CancelBody, await asking.json_or_nothing(request))
    job = await node.jobs.cancel(request.path_params["id"], body.reason)
    record = await node.jobs.read(job.id)
    return await answers.snapshot(node, record, 200 if job.phase is Phase.CANCELLED else 202)


async def change(request: Request) -> Response:
    """200 with the changed job."""
    node = asking.node(request)
    body = asking.model(ChangeBody, await asking.json(request))
    given = body.model_fields_set
    job = await node.jobs.change(
        request.path_params["id"],
        priority=body.priority if "priority" in given else None,
        tags=tuple(dict.fromkeys(body.tags)) if "tags" in given else None,
    )
    return await answers.snapshot(node, await node.jobs.read(job.id))


async def remove(request: Request) -> Response:
    """204; the id is not used again."""
    await asking.node(request).jobs.remove(request.path_params["id"])
    return Response(status_code=204, headers={"Cache-Control": "no-store"})


async def prune(request: Request) -> Response:
    """Remove what ended long enough ago. A parameter that is not known could have been meant to spare jobs: it is refused."""
    asked = request.query_params
    if unknown := sorted(set(asked) - PRUNE_TAKES):
        raise Problem("BAD_REQUEST", f"{', '.join(unknown)} is not known here; take older_than and status")
    ends = sorted(phase.value for phase in ENDS)
    status = asked.get("status")
    if status is not None and status not in ends:
        raise Problem("BAD_REQUEST", f"only what has ended can be removed: status is one of {', '.join(ends)}")
    ended, owner = Status(status) if status else None, access.caller(request).owner
    body: Pruned = {"removed": await asking.node(request).jobs.prune(_age(asked.get("older_than")), ended, owner)}
    return answers.value(body)


def _age(text: str | None) -> float:
    try:
        return seconds(text or "")
    except ValueError:
        detail = "older_than is how long ago the jobs ended, in seconds or as 7d or 1h30m; 0 takes all that has ended"
        raise Problem("BAD_REQUEST", detail) from None
