"""`/v1/stats`: figures of this node, of its job types, and of its applications."""

from typing import Annotated

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from typing_extensions import TypedDict

from ..core.clock import rfc3339
from ..core.shown import Counts
from ..core.states import Status
from ..monitor.flow import Flow, success_rate
from ..monitor.instruments import Spreads
from ..monitor.own import Sample, get_metrics
from ..node import Node
from . import answers, asking
from .access import needs_operator
from .foretold import EtaOfType, foretold
from .types import by_name


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


class Share(TypedDict):
    """How slots are used and how it ended, since this node started: `limit` slots, `active` attempts, jobs `done`, `failed` and
    `cancelled`, and the `success_rate` of those that were not cancelled, null before the first."""

    limit: int
    active: int
    done: int
    failed: int
    cancelled: int
    success_rate: float | None


class OfType(Share):
    """Of one job type: how many wait, and mean seconds of waiting, and of an attempt, null before the first. `error_rate`: of
    attempts that failed, tried again or not."""

    type: str
    queued: int
    mean_wait: float | None
    mean_run: float | None
    error_rate: float | None
    paused: bool


class Commits(TypedDict):
    """What the store made durable: groups of changes, mean seconds of a group, mean changes in one."""

    groups: int
    mean_seconds: float | None
    mean_size: float | None


class Answers(TypedDict):
    """HTTP answers and requests that were refused; mean seconds until an answer began, held ones apart."""

    answers: int
    refused: int
    limited: int
    mean_seconds: float | None


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
    """Figures of this node as they are now. `left_behind`: bodies that ended for us and ignored it; `loop_blocked`: times that
    something kept the event loop for longer than the setting `loop_blocked_seconds`; `loop_lag`: mean seconds that it comes
    late; `queued`: jobs that wait; `metrics`: those of applications. In `nodes` all that share the store."""

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
    queued: int
    mean_wait: float | None
    totals: Share
    by_type: list[OfType]
    loop_lag: float | None
    push_lag: float | None
    http: Answers
    store: Commits
    alerts: Annotated[int, Field(description="alerts that are active")]
    eta: list[EtaOfType]
    metrics: list[Sample]
    nodes: list[NodeFigures]


def routes() -> list[Route]:
    return [Route("/v1/stats", needs_operator(stats), methods=["GET"])]


async def stats(request: Request) -> Response:
    """Figures as they are now."""
    node = asking.node(request)
    flow = node.metrics.flow
    jobs = await node.remembered.figures("counts", None, node.store.counts)
    body: Stats = {
        "epoch": node.store.epoch,
        "ready": node.ready is None,
        "reason": node.ready,
        "jobs": by_name(jobs),
        "running": node.running,
        "concurrency": node.settings.concurrency,
        "left_behind": node.left_behind,
        "loop_blocked": node.loop_watch.blocked,
        "connections": node.hub.connections,
        "types": len(node.registry),
        "consistency": _consistency(node),
        "cache": _cache(node),
        "queued": jobs.get(Status.PENDING, 0),
        "mean_wait": _mean(flow.wait),
        "totals": _share(flow, None, node.settings.concurrency),
        "by_type": await _by_type(node),
        "loop_lag": node.metrics.loop_lag.mean(),
        "push_lag": node.metrics.lag.mean(),
        "http": {
            "answers": int(node.metrics.requests.total),
            "refused": int(node.metrics.problems.total),
            "limited": int(node.metrics.limits.total),
            "mean_seconds": _mean(node.metrics.latency),
        },
        "store": {
            "groups": node.metrics.commit.have().count,
            "mean_seconds": node.metrics.commit.mean(),
            "mean_size": node.metrics.group.mean(),
        },
        "alerts": len(node.alerts.active),
        "eta": foretold(node),
        "metrics": get_metrics().samples(),
        "nodes": await _nodes(node),
    }
    return answers.value(body)


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


async def _by_type(node: Node) -> list[OfType]:
    flow = node.metrics.flow
    tally = await node.remembered.figures("tally", None, node.store.tally)
    return [
        {
            "type": name,
            "queued": tally.get(name, {}).get(Status.PENDING, 0),
            "mean_wait": flow.wait.mean(name),
            "mean_run": flow.run.mean(name),
            "error_rate": flow.faults.get(name) / flow.attempts.get(name) if flow.attempts.get(name) else None,
            "paused": node.registry.is_paused(name),
            **_share(flow, name, node.registry[name].concurrency),
        }
        for name in node.registry.names
    ]


def _share(flow: Flow, type: str | None, limit: int) -> Share:
    """Of one type, or of all together."""

    def ended(status: Status) -> int:
        return int(sum(n for (of, how), n in flow.ended.values.items() if how == status.value and type in (None, of)))

    done, failed = ended(Status.COMPLETED), ended(Status.FAILED)
    return {
        "limit": limit,
        "active": flow.active[type] if type is not None else flow.active.total(),
        "done": done,
        "failed": failed,
        "cancelled": ended(Status.CANCELLED),
        "success_rate": success_rate(done, failed),
    }


def _mean(spreads: Spreads) -> float | None:
    """Of all labels together."""
    number = sum(spread.count for spread in spreads.values.values())
    return sum(spread.sum for spread in spreads.values.values()) / number if number else None


def _consistency(node: Node) -> Consistency:
    """What the consistency monitor has seen since the process started."""
    seen = node.consistency.get_stats()
    return {"checks": seen["total_checks"], "issues": seen["levels"], "ratio": seen["consistency_ratio"]}


def _cache(node: Node) -> Kept:
    kept = node.remembered.get_stats()
    return {"hits": kept["hits"], "misses": kept["misses"], "hit_rate": kept["hit_rate"], "size": kept["size"]}
