"""`/v1/types`, what can be submitted and what may start; `/v1/stats`, figures of this node."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from typing_extensions import TypedDict

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


class Stats(TypedDict):
    """Figures of this node as they are now. `left_behind`: bodies that ended for us and ignored it; `loop_blocked`: times that
    something kept the event loop for longer than the setting `loop_blocked_seconds`."""

    epoch: str
    ready: bool
    reason: str | None
    jobs: Counts
    running: int
    concurrency: int
    left_behind: int
    loop_blocked: int
    connections: int
    types: int


def routes() -> list[Route]:
    return [
        Route("/v1/types", needs_operator(types, of_all=False), methods=["GET"]),
        Route("/v1/types/{type}/pause", needs_operator(pause), methods=["POST"]),
        Route("/v1/types/{type}/resume", needs_operator(resume), methods=["POST"]),
        Route("/v1/stats", needs_operator(stats), methods=["GET"]),
    ]


async def types(request: Request) -> Response:
    """All job types by name; an owner's operator is shown how many of the owner's jobs there are."""
    node = asking.node(request)
    tally = await node.store.tally(caller(request).owner)
    body: TypeList = {"items": [_shown(node, node.registry[name], tally.get(name, NONE)) for name in node.registry.names]}
    return answers.value(body)


async def pause(request: Request) -> Response:
    """Nothing of this type starts until `resume`, or the next start of the server; what runs goes on."""
    return await _switched(request, paused=True)


async def resume(request: Request) -> Response:
    return await _switched(request, paused=False)


async def stats(request: Request) -> Response:
    """Figures as they are now. `left_behind`: bodies that ended for us and ignored it."""
    node = asking.node(request)
    body: Stats = {
        "epoch": node.store.epoch,
        "ready": node.ready is None,
        "reason": node.ready,
        "jobs": _by_name(await node.store.counts()),
        "running": node.running,
        "concurrency": node.settings.concurrency,
        "left_behind": node.left_behind,
        "loop_blocked": node.loop_watch.blocked,
        "connections": node.hub.connections,
        "types": len(node.registry),
    }
    return answers.value(body)


async def _switched(request: Request, *, paused: bool) -> Response:
    node = asking.node(request)
    job_type = node.jobs.type(request.path_params["type"])
    (node.registry.pause if paused else node.registry.resume)(job_type.name)
    tally = await node.store.tally()
    return answers.value(_shown(node, job_type, tally.get(job_type.name, NONE)))


def _by_name(counts: Mapping[Status, int]) -> Counts:
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
        "counts": _by_name(counts),
        "paused": node.registry.is_paused(job_type.name),
    }
