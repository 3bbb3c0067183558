"""The history of alerts. Each node has its own, for each measures itself; what was active on one that died passes on."""

import orjson

from ...core.alerts import Alert, Level
from .. import alerts as kept
from .forms import maybe, number
from .link import Link


async def keep(link: Link, boot: str, alert: Alert, now: float) -> None:
    body = orjson.dumps(
        (
            alert.id, alert.rule, alert.input, alert.level, alert.value, alert.peak, alert.threshold, alert.fired_at,
            alert.resolved_at, alert.told,
        )
    )  # fmt: skip
    until = number(now - kept.KEPT_SECONDS)
    await link.call("alerts", "keep", boot, alert.id, body, maybe(alert.resolved_at), until, kept.KEPT_ROWS)


async def newest(link: Link, boot: str, limit: int) -> list[Alert]:
    return [_alert(text) for text in await link.call("alerts", "read", boot, limit)]


def _alert(text: bytes) -> Alert:
    id, rule, input, level, *rest = orjson.loads(text)
    return Alert(id, rule, input, Level(level), *rest)
