"""`/v1/types`: what can be submitted and what may start."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from typing_extensions import TypedDict

from ..core.codec import encode
from ..core.shown import Counts, Json, Seconds, Texts
from ..core.states import Status
from ..engine.registry import JobType
from ..node import Node
from . import answers, asking
from .access import caller, needs_operator

NONE = dict.fromkeys(Status, 0)


class StagePlanned(TypedDict):
    """A stage as it was declared; `weight` is its share of the whole."""

    name: str
    title: Texts
    weight: float


class Limits(TypedDict):
    """Of one type: jobs at once, seconds of an attempt, attempts, seconds that a job is kept after its end."""

    concurrency: int
    timeout: Seconds
    max_attempts: int
    keep_for: Seconds


class TypeShown(TypedDict):
    """What can be submitted."""

    type: str
    params: Annotated[Json, Field(description="JSON Schema of the parameters", json_schema_extra={"type": "object"})]
    stages: list[StagePlanned]
    limits: Limits
    counts: Counts
    paused: bool


class TypeList(TypedDict):
    """All job types by name."""

    items: list[TypeShown]


def routes() -> list[Route]:
    return [
        Route("/v1/types", needs_operator(types, of_all=False), methods=["GET"]),
        Route("/v1/types/{type}/pause", needs_operator(pause), methods=["POST"]),
        Route("/v1/types/{type}/resume", needs_operator(resume), methods=["POST"]),
    ]


async def types(request: Request) -> Response:
    """All job types by name; an owner's operator is shown how many of the owner's jobs there are."""
    node = asking.node(request)
    owner = caller(request).owner

    async def made() -> bytes:
        tally = await node.store.tally(owner)
        body: TypeList = {"items": [_shown(node, node.registry[name], tally.get(name, NONE)) for name in node.registry.names]}
        return encode(body)

    paused = [name for name in node.registry.names if node.registry.is_paused(name)]
    return answers.plain(await node.remembered.figures(" ".join(["types", *paused]), owner, made))


async def pause(request: Request) -> Response:
    """Nothing of this type starts until `resume`, or the next start of the server; what runs goes on. With Redis it holds on
    all nodes, and outlives them."""
    return await _switched(request, paused=True)


async def resume(request: Request) -> Response:
    return await _switched(request, paused=False)


async def _switched(request: Request, *, paused: bool) -> Response:
    node = asking.node(request)
    job_type = node.jobs.type(request.path_params["type"])
    if node.store.shared is not None:
        await node.store.shared.pause(job_type.name, paused=paused)
    (node.registry.pause if paused else node.registry.resume)(job_type.name)
    tally = await node.store.tally()
    return answers.value(_shown(node, job_type, tally.get(job_type.name, NONE)))


def by_name(counts: Mapping[Status, int]) -> Counts:
    """How many there are of each status."""
    return {
        "pending": counts.get(Status.PENDING, 0),
        "running": counts.get(Status.RUNNING, 0),
        "completed": counts.get(Status.COMPLETED, 0),
        "failed": counts.get(Status.FAILED, 0),
        "cancelled": counts.get(Status.CANCELLED, 0),
    }


def _shown(node: Node, job_type: JobType, counts: Mapping[Status, int]) -> TypeShown:
    stages: list[StagePlanned] = [
        {"name": stage.name, "title": stage.titles(), "weight": stage.weight} for stage in job_type.plan.stages
    ]
    return {
        "type": job_type.name,
        "params": job_type.params.schema,
        "stages": stages,
        "limits": {
            "concurrency": job_type.concurrency,
            "timeout": job_type.timeout,
            "max_attempts": job_type.retry.attempts,
            "keep_for": node.jobs.keep_for(job_type),
        },
        "counts": by_name(counts),
        "paused": node.registry.is_paused(job_type.name),
    }
