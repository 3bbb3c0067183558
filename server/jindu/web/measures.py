"""`/metrics` for Prometheus, `/v1/connections` and `/v1/stats/history` for operators and their pages."""

import asyncio
from importlib import import_module
from typing import Annotated

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from typing_extensions import TypedDict

from ..channels.traffic import Link, Tally
from ..core.clock import rfc3339
from ..core.shown import Time
from ..monitor.history import Totals
from . import answers, asking, gauges
from .access import needs_operator
from .observing import templates

SHOWN_DEFAULT, SHOWN_LIMIT = 100, 1_000
STEP_DEFAULT = 60  # seconds between two points of a chart
STEP_LEAST, STEP_MOST = 5, 600


class TransportTraffic(TypedDict):
    """Connections of one transport: open now, ever, with a reader that is behind now; and what left over them."""

    open: int
    total: int
    slow: int
    messages: int
    bytes: int
    conflated: Annotated[int, Field(description="states that newer ones overtook before they left")]


class Transports(TypedDict):
    """`longpoll` are requests for one job that wait, `poll` those of `/v1/poll`."""

    ws: TransportTraffic
    stream: TransportTraffic
    longpoll: TransportTraffic
    poll: TransportTraffic


class ConnectionShown(TypedDict):
    """One connection that is open. `lag`: seconds that the write under way has taken; 0: its reader takes what is sent."""

    id: str
    transport: str
    address: Annotated[str | None, Field(description="where it comes from, as the server sees it")]
    since: Time
    lag: float
    slow: bool
    messages: int
    bytes: int
    conflated: int
    channels: int


class Connections(TransportTraffic):
    """All connections of this node together; `items` are those that are open, the slowest first."""

    resumed: Annotated[int, Field(description="subscriptions that went on from a cursor")]
    stalled: Annotated[int, Field(description="readers that were dropped because they took nothing")]
    push_lag: Annotated[float | None, Field(description="mean seconds from a commit to its being written to sockets")]
    by_transport: Transports
    items: list[ConnectionShown]


class Series(TypedDict):
    """Columns of equal length, one value for each of `at`; null where nothing happened that it could be the mean of."""

    at: list[Time]
    submitted: Annotated[list[float], Field(description="jobs a minute")]
    completed: Annotated[list[float], Field(description="jobs a minute")]
    failed: Annotated[list[float], Field(description="jobs a minute")]
    cancelled: Annotated[list[float], Field(description="jobs a minute")]
    latency: Annotated[list[float | None], Field(description="mean seconds of HTTP answers and calls of platforms")]
    push_lag: Annotated[list[float | None], Field(description="mean seconds from a commit to sockets")]
    messages: Annotated[list[float], Field(description="messages a minute to clients")]
    queued: list[int]
    running: list[int]
    connections: list[int]


class ChartHistory(TypedDict):
    """The last hour of this node, or as long as it has run. `step`: seconds between two values, about."""

    step: int
    series: Series


def routes() -> list[Route]:
    return [
        Route("/metrics", needs_operator(metrics), methods=["GET"]),
        Route("/v1/connections", needs_operator(connections), methods=["GET"]),
        Route("/v1/stats/history", needs_operator(history), methods=["GET"]),
    ]


async def metrics(request: Request) -> Response:
    """All metrics of this node, in the format that `Accept` asks for."""
    await asyncio.to_thread(import_module, "prometheus_client")  # not held while nobody scrapes
    from ..monitor.exposition import exposition

    node = asking.node(request)
    for method, route in templates(request.app.routes):
        node.metrics.declare_route(method, route)
    body, media_type = exposition(await gauges.gathered(node), request.headers.get("accept", ""))
    return Response(body, headers={"Content-Type": media_type, "Cache-Control": "no-store"})


async def connections(request: Request) -> Response:
    """Who is connected, and what left for them."""
    node = asking.node(request)
    limit = asking.number(request, "limit", SHOWN_DEFAULT, 1, SHOWN_LIMIT)
    links = sorted(node.hub.links, key=lambda link: (-link.lag, link.since))
    tallies = node.hub.traffic.by_transport(links)
    whole = Tally()
    for tally in tallies.values():
        whole.open, whole.total, whole.slow = whole.open + tally.open, whole.total + tally.total, whole.slow + tally.slow
        whole.sent.add(tally.sent)
    body: Connections = {
        **_traffic(whole),
        "resumed": int(node.metrics.resumes.total),
        "stalled": int(node.metrics.stalls.total),
        "push_lag": node.metrics.lag.mean(),
        "by_transport": {
            "ws": _traffic(tallies["ws"]),
            "stream": _traffic(tallies["stream"]),
            "longpoll": _traffic(tallies["longpoll"]),
            "poll": _traffic(tallies["poll"]),
        },
        "items": [_shown(link) for link in links[:limit]],
    }
    return answers.value(body)


async def history(request: Request) -> Response:
    """The charts of the last hour, in columns."""
    step = asking.number(request, "step", STEP_DEFAULT, STEP_LEAST, STEP_MOST)
    steps = list(asking.node(request).history.steps(step))
    body: ChartHistory = {
        "step": step,
        "series": {
            "at": [rfc3339(now.wall) for _, now in steps],
            "submitted": [_a_minute(before, now, "submitted") for before, now in steps],
            "completed": [_a_minute(before, now, "completed") for before, now in steps],
            "failed": [_a_minute(before, now, "failed") for before, now in steps],
            "cancelled": [_a_minute(before, now, "cancelled") for before, now in steps],
            "latency": [_mean(now.seconds - before.seconds, now.answers - before.answers) for before, now in steps],
            "push_lag": [_mean(now.push_seconds - before.push_seconds, now.pushes - before.pushes) for before, now in steps],
            "messages": [_a_minute(before, now, "messages") for before, now in steps],
            "queued": [now.queued for _, now in steps],
            "running": [now.running for _, now in steps],
            "connections": [now.connections for _, now in steps],
        },
    }
    return answers.value(body)


def _a_minute(before: Totals, now: Totals, name: str) -> float:
    apart = now.at - before.at
    return round((getattr(now, name) - getattr(before, name)) * 60 / apart, 3) if apart > 0 else 0.0


def _mean(whole: float, number: float) -> float | None:
    return whole / number if number > 0 else None


def _traffic(tally: Tally) -> TransportTraffic:
    sent = tally.sent
    return {
        "open": tally.open, "total": tally.total, "slow": tally.slow, "messages": sent.messages, "bytes": sent.bytes,
        "conflated": sent.conflated,
    }  # fmt: skip


def _shown(link: Link) -> ConnectionShown:
    return {
        "id": link.id,
        "transport": link.origin.transport,
        "address": link.origin.address,
        "since": rfc3339(link.since),
        "lag": round(link.lag, 3),
        "slow": link.slow,
        "messages": link.sent.messages,
        "bytes": link.sent.bytes,
        "conflated": link.sent.conflated,
        "channels": link.channels,
    }
