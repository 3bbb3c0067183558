"""`/v1/alerts`: which rules there are and where they stand, what is active, what was, and whether messages arrive."""

from typing import Annotated, Literal

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from typing_extensions import TypedDict

from ..core.alerts import Alert, Level
from ..core.clock import rfc3339
from ..core.shown import Texts, Time
from ..monitor.alerts.outbox import Outbox
from ..monitor.alerts.rules import Watched
from ..monitor.alerts.told import Told
from . import answers, asking
from .access import needs_operator

LIST_DEFAULT, LIST_LIMIT = 50, 1_000


class AlertShown(TypedDict):
    """One alert; `value` is what was measured when it fired, `peak` the worst since. `told`: messages were sent."""

    id: str
    rule: str
    input: str
    level: Level
    value: float
    peak: float
    threshold: float
    fired_at: Time
    resolved_at: Time | None
    told: bool
    title: Texts
    text: Texts


class RuleShown(TypedDict):
    """One rule and where it stands. `value` is of the last look, null if nothing happened; `samples` how many it is of, null
    where it is counted. Durations in seconds."""

    name: str
    input: str
    side: Literal["above", "below"]
    threshold: float
    clear: float
    level: Level
    window: float
    least: int
    hold: float
    cooldown: float
    state: Literal["quiet", "pending", "firing"]
    value: float | None
    samples: int | None


class SinkShown(TypedDict):
    """One way on which people are told; `failed` says why the last message did not arrive."""

    name: str
    kind: str
    levels: list[Level]
    waiting: Annotated[int, Field(description="messages that wait")]
    failed: str | None


class AlertList(TypedDict):
    """Alerts of this node: `active` the gravest first, `history` what is over, newest first."""

    active: list[AlertShown]
    history: list[AlertShown]
    rules: list[RuleShown]
    sinks: list[SinkShown]


class TestedSink(TypedDict):
    """What became of a test message."""

    sink: str
    kind: str
    ok: bool
    detail: str | None


class Tested(TypedDict):
    """Of each way."""

    items: list[TestedSink]


def routes() -> list[Route]:
    return [
        Route("/v1/alerts", needs_operator(alerts), methods=["GET"]),
        Route("/v1/alerts/test", needs_operator(test), methods=["POST"]),
    ]


async def alerts(request: Request) -> Response:
    """What is wrong, what was, and what is looked at."""
    found = asking.node(request).alerts
    limit = asking.number(request, "limit", LIST_DEFAULT, 1, LIST_LIMIT)
    grave = list(Level)
    body: AlertList = {
        "active": [
            _shown(alert, found.node)
            for alert in sorted(found.active.values(), key=lambda alert: (-grave.index(alert.level), alert.fired_at))
        ],
        "history": [_shown(alert, found.node) for alert in await found.history(limit)],
        "rules": [_rule(watched) for watched in found.rules],
        "sinks": [_sink(outbox) for outbox in found.outboxes],
    }
    return answers.value(body)


async def test(request: Request) -> Response:
    """Send a test message on every way, and say what became of it."""
    tried = await asking.node(request).alerts.test()
    body: Tested = {
        "items": [{"sink": one.sink, "kind": one.kind, "ok": one.ok, "detail": one.detail} for one in tried],
    }
    return answers.value(body)


def _shown(alert: Alert, node: str) -> AlertShown:
    told = Told("firing" if alert.active else "resolved", alert, node)
    return {
        "id": alert.id, "rule": alert.rule, "input": alert.input, "level": alert.level, "value": alert.value,
        "peak": alert.peak, "threshold": alert.threshold, "fired_at": rfc3339(alert.fired_at),
        "resolved_at": rfc3339(alert.resolved_at), "told": alert.told,
        "title": {"zh": told.title["zh"], "en": told.title["en"]}, "text": {"zh": told.text["zh"], "en": told.text["en"]},
    }  # fmt: skip


def _rule(watched: Watched) -> RuleShown:
    rule = watched.rule
    return {
        "name": rule.name, "input": rule.input, "side": "above" if rule.above else "below", "threshold": rule.threshold,
        "clear": rule.clear, "level": rule.level, "window": rule.window, "least": rule.least, "hold": rule.hold,
        "cooldown": rule.cooldown, "state": watched.state.value, "value": watched.value,
        "samples": None if watched.samples == float("inf") else int(watched.samples),
    }  # fmt: skip


def _sink(outbox: Outbox) -> SinkShown:
    sink = outbox.sink
    return {
        "name": sink.name, "kind": sink.kind, "levels": [Level(level) for level in sink.levels],
        "waiting": len(outbox.waiting), "failed": outbox.failed,
    }  # fmt: skip
