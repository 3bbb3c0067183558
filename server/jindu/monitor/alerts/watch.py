"""The alerts of one node: rules held against what was measured, people told, the history kept."""

import asyncio
import logging
import platform
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ...core.alerts import Alert
from ...core.clock import Clock
from ...core.ids import random_id
from ...store.alerts import AlertStore
from ...store.contract import Store, StoreError
from ..history import Totals
from .config import AlertConfig, AlertsRefused
from .face import AlertManager
from .measured import Measured, measure
from .outbox import Outbox
from .rules import DEFAULT_RULES, Move, Watched
from .sinks import Callbacks, NotTold, Post, made
from .told import Told, What

log = logging.getLogger("jindu.alerts")

IN_MEMORY = 200  # alerts that resolved, where the store keeps none
LEAVE_WITHIN = 3.0  # seconds that the last messages have when the node ends


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of a test message on one way; `detail` says why it did not arrive."""

    sink: str
    kind: str
    ok: bool
    detail: str | None


class Alerts:
    """`judge` is called for each sample of the history; `run` tells people until `stop`."""

    def __init__(self, config: AlertConfig, store: Store, manager: AlertManager, clock: Clock) -> None:
        """Raises `AlertsRefused`."""
        self._clock = clock
        self._kept = store if isinstance(store, AlertStore) else None
        self._post = Post()
        self.rules = [Watched(rule) for rule in config.rules]
        self.active: dict[str, Alert] = {}
        """By rule."""
        self._over: deque[Alert] = deque(maxlen=IN_MEMORY)
        self.node = platform.node() or "jindu"
        try:
            sinks = [made(terms, self._post, clock) for terms in config.sinks]
        except ValueError as error:
            raise AlertsRefused(f"the alerts file: the secret of a webhook is not one of Standard Webhooks ({error})") from None
        self.outboxes = [Outbox(sink, clock) for sink in (*sinks, Callbacks(lambda: manager.callbacks))]

    async def begin(self) -> None:
        """Take up the alerts that were active when an earlier process ended. Raises `StoreError`."""
        if self._kept is None:
            return
        rules = {watched.rule.name: watched for watched in self.rules}
        for alert in await self._kept.alerts(IN_MEMORY):
            if not alert.active:
                continue
            if (watched := rules.get(alert.rule)) is not None and alert.rule not in self.active:
                watched.restore(self._clock.monotonic(), told=alert.told)
                self.active[alert.rule] = alert
            else:  # there is no such rule any more
                await self._end(alert)

    async def judge(self, samples: Sequence[Totals]) -> None:
        """Hold every rule against the last minutes. What the store refuses to keep is told all the same."""
        now = self._clock.monotonic()
        for watched in self.rules:
            measured = measure(watched.rule.input, samples, watched.rule.window)
            moves = watched.judge(measured, now)
            if Move.FIRED in moves:
                self.active[watched.rule.name] = self._fired(watched, measured)
            if (alert := self.active.get(watched.rule.name)) is not None:
                await self._moved(watched, alert, measured, moves)

    async def history(self, limit: int) -> Sequence[Alert]:
        """Alerts that are over, the newest first. Raises `StoreError`."""
        if self._kept is None:
            return list(self._over)[::-1][:limit]
        return [alert for alert in await self._kept.alerts(limit + len(self.active)) if not alert.active][:limit]

    async def test(self) -> list[Tried]:
        """Tell everybody, on every way and now, that this is a test; what became of it on each."""
        return list(await asyncio.gather(*(self._try(outbox) for outbox in self.outboxes)))

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            for outbox in self.outboxes:
                group.create_task(outbox.run(), name=f"alerts to {outbox.sink.name}")

    async def stop(self, running: "asyncio.Task[None]") -> None:
        """Let `run` end, with what waits tried once."""
        for outbox in self.outboxes:
            outbox.stop()
        await asyncio.wait([running], timeout=LEAVE_WITHIN)
        running.cancel()
        await asyncio.wait([running])
        await self._post.close()

    async def _moved(self, watched: Watched, alert: Alert, measured: Measured, moves: Sequence[Move]) -> None:
        value = alert.value if measured.value is None else measured.value
        now = replace(alert, peak=watched.rule.worse(alert.peak, value), told=watched.told)
        if Move.RANG in moves:
            self._tell("firing", now)
        if Move.RESOLVED in moves:
            await self._end(replace(now, value=value))
        elif moves or now != alert:
            self.active[alert.rule] = now
            await self._keep(now)

    async def _end(self, alert: Alert) -> None:
        self.active.pop(alert.rule, None)
        over = replace(alert, resolved_at=self._clock.wall())
        if alert.told:
            self._tell("resolved", over)
        self._over.append(over)
        await self._keep(over)

    async def _keep(self, alert: Alert) -> None:
        if self._kept is None:
            return
        try:
            await self._kept.keep_alert(alert, self._clock.wall())
        except StoreError as error:
            log.warning("an alert (%s) could not be kept: %s", alert.rule, error)

    async def _try(self, outbox: Outbox) -> Tried:
        level = outbox.sink.levels[0]
        rules = [*(watched.rule for watched in self.rules), *DEFAULT_RULES]
        rule = next((rule for rule in rules if rule.level == level), rules[0])
        now = self._clock.wall()
        alert = Alert(random_id(), rule.name, rule.input, level, rule.threshold, rule.threshold, rule.threshold, now, now, True)
        detail = None
        try:
            await outbox.sink.send([Told("test", alert, self.node)])
        except NotTold as error:
            detail = str(error)
        return Tried(outbox.sink.name, outbox.sink.kind, detail is None, detail)

    def _fired(self, watched: Watched, measured: Measured) -> Alert:
        rule, value = watched.rule, measured.value or 0.0
        now = self._clock.wall()
        return Alert(random_id(), rule.name, rule.input, rule.level, value, value, rule.threshold, now)

    def _tell(self, what: What, alert: Alert) -> None:
        for outbox in self.outboxes:
            outbox.put(Told(what, alert, self.node))
