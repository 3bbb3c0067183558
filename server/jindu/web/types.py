"""`/v1/types`, what can be submitted and what may start; `/v1/stats`, figures of this node."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from typing_extensions import TypedDict

from ..core.clock import rfc3339
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


class Levels(TypedDict):
    """Checks by how far what was checked disagreed with itself: no issue, one, two, three or more."""

    consistent: int
    minor_issue: int
    major_issue: int
    critical: int


class Consistency(TypedDict):
    """The consistency monitor since the start; `ratio` of the checks that found nothing, from 0 to 1."""

    checks: int
    issues: Levels
    ratio: float


class Kept(TypedDict):
    """Answers that are kept until something is committed that changes them: looks that found one, and that did not."""

    hits: int
    misses: int
    hit_rate: float
    size: int


class NodeFigures(TypedDict):
    """One node that shares the store, as it said of itself at most ten seconds ago. `boot` names its start; `here`: it is the
    one that answers."""

    boot: str
    host: str
    pid: int
    since: Annotated[str, Field(json_schema_extra={"format": "date-time"})]
    running: int
    concurrency: int
    connections: int
    draining: bool
    here: bool


class Stats(TypedDict):
    """Figures of this node as they are now, and in `nodes` of all that share its store. `left_behind`: bodies that ended for us
    and ignored it; `loop_blocked`: times that something kept the event loop for longer than the setting
    `loop_blocked_seconds`."""

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
    consistency: Consistency
    cache: Kept
    nodes: list[NodeFigures]


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


async def stats(request: Request) -> Response:
    """Figures as they are now. `left_behind`: bodies that ended for us and ignored it."""
    node = asking.node(request)
    body: Stats = {
        "epoch": node.store.epoch,
        "ready": node.ready is None,
        "reason": node.ready,
        "jobs": _by_name(await node.remembered.figures("counts", None, node.store.counts)),
        "running": node.running,
        "concurrency": node.settings.concurrency,
        "left_behind": node.left_behind,
        "loop_blocked": node.loop_watch.blocked,
        "connections": node.hub.connections,
        "types": len(node.registry),
        "consistency": _consistency(node),
        "cache": _cache(node),
        "nodes": await _nodes(node),
    }
    return answers.value(body)


async def _switched(request: Request, *, paused: bool) -> Response:
    node = asking.node(request)
    job_type = node.jobs.type(request.path_params["type"])
    if node.store.shared is not None:
        await node.store.shared.pause(job_type.name, paused=paused)
    (node.registry.pause if paused else node.registry.resume)(job_type.name)
    tally = await node.store.tally()
    return answers.value(_shown(node, job_type, tally.get(job_type.name, NONE)))


def _consistency(node: Node) -> Consistency:
    """What the consistency monitor has seen since the process started."""
    seen = node.consistency.get_stats()
    return {"checks": seen["total_checks"], "issues": seen["levels"], "ratio": seen["consistency_ratio"]}


async def _nodes(node: Node) -> list[NodeFigures]:
    """Where several nodes share the store all of them, else this one."""
    shared = node.store.shared
    others = [] if shared is None else [one for one in await shared.nodes() if one.boot != node.store.boot]
    shown = [(node.store.boot, node.about()), *((one.boot, one.about) for one in others)]
    return [
        {
            "boot": boot,
            "host": about["host"],
            "pid": about["pid"],
            "since": rfc3339(about["since"]),
            "running": about["running"],
            "concurrency": about["concurrency"],
            "connections": about["connections"],
            "draining": about["draining"],
            "here": boot == node.store.boot,
        }
        for boot, about in sorted(shown, key=lambda one: (one[1]["since"], one[0]))
    ]


def _cache(node: Node) -> Kept:
    kept = node.remembered.get_stats()
    return {"hits": kept["hits"], "misses": kept["misses"], "hit_rate": kept["hit_rate"], "size": kept["size"]}


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
