"""One node: chooses the concrete classes, opens them in order, ticks them, closes them in order."""

import asyncio
import contextlib
import logging
import os
import socket
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from .bus.opener import open_bus
from .channels.hub import Hub
from .core.clock import Clock, SystemClock
from .core.errors import Errors
from .core.hook import Hook, check_secret, unknown_events
from .core.schedule import Schedule
from .core.states import Status
from .engine.batches import Batches
from .engine.cache import cache_totals
from .engine.contexts import Contexts
from .engine.foresight import Foresight
from .engine.jobs import Jobs
from .engine.journal import Journal
from .engine.loop_watch import LoopWatch
from .engine.others import Others
from .engine.params import FieldError, InvalidParams
from .engine.registry import Registry
from .engine.remembered import Remembered
from .engine.schedules import Schedules
from .engine.submitting import Terms
from .engine.tallying import Tallying
from .engine.throughput import Throughput
from .engine.upkeep import Upkeep
from .engine.worker import Worker
from .monitor.addresses import networks_of
from .monitor.alerts.config import load as load_alerts
from .monitor.alerts.face import get_alert_manager
from .monitor.alerts.watch import Alerts
from .monitor.consistency import get_monitor
from .monitor.history import History, Sources
from .monitor.metrics import Metrics
from .monitor.own import get_metrics
from .monitor.report_building import Report
from .monitor.report_live import live
from .monitor.rounds import Rounds
from .monitor.sending import Sender, wrong_url
from .monitor.tracing import Traces
from .monitor.webhooks import Webhooks
from .settings import Settings
from .store.contract import Store, StoreError
from .store.keyring import Keyring
from .store.observed import Observed
from .store.opener import open_store

log = logging.getLogger("jindu.node")

TICK = 0.5  # seconds between ticks
SPREAD = 1.0  # seconds over which connections are closed, where there are many
LEAVE_WITHIN = 1.0  # seconds that the last of them has to take its `bye`
COME_BACK_WITHIN = 3.0  # seconds over which clients of a node that ends are told to come back


class Node:
    """What runs in one process. Made by `open_node`; everything else reaches the pieces through it."""

    def __init__(self, registry: Registry, errors: Errors, settings: Settings, store: Store, clock: Clock) -> None:
        bus = self._bus = open_bus(settings.store)
        self.registry = registry
        self.settings = settings
        self.clock = clock
        self.store = store
        self.metrics = Metrics(bus, clock, errors)
        if isinstance(store, Observed):
            store.tell(self.metrics)
        self.keyring = Keyring(store, clock)
        self.webhooks = Webhooks(store, bus, clock, Sender(networks_of(settings.webhook_networks)))
        self.journal = Journal(store, bus, self.webhooks.told)
        self.advice = Foresight(store, registry, bus, clock, settings.concurrency, self.metrics)
        throughput = Throughput(bus, clock, self.advice.jobs_a_second)
        terms = Terms(settings.queue_limit, settings.keep_for, throughput, self.advice.plan)
        self.jobs = Jobs(registry, store, self.journal, clock, errors, terms)
        self.tallying = Tallying(self.journal, bus, clock, errors, Contexts(store, clock), store.shared)
        self.batches = Batches(store, self.journal, self.jobs, self.tallying, clock)
        self.schedules = Schedules(store, registry, self.jobs, clock)
        self.hub = Hub(store, bus, clock, settings.write_stall_seconds, self.metrics, self.journal.read, self.advice)
        self.remembered = Remembered(bus, clock, alone=store.shared is None)
        self.draining = False
        self._drain = asyncio.Lock()
        self._drained = False
        self.closed = False
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self.end: Callable[[], None] | None = None  # ends the server around this node, where we run it
        self.watchers: set[Callable[[], None]] = set()  # handles that wait for a job, to be told that nothing more comes
        self.crashed: BaseException | None = None
        self._since = clock.wall()
        self.consistency = get_monitor()
        self.report = live(
            store,
            clock,
            api=self.metrics.api_usage,
            cache=self.remembered.get_stats,
            consistency=self.consistency.get_stats,
            connections=lambda: self.hub.connections,
        )
        sources = Sources(self._counts, self._looks, self._traffic, self.consistency, get_metrics())
        self.alerts = Alerts(load_alerts(settings.alerts), store, get_alert_manager(), clock)
        self._traces = Traces(bus) if settings.traces else None
        self.history = History(self.metrics, sources, clock)
        self._rounds = Rounds(store, bus, self.consistency, settings.consistency_report_seconds)
        self._upkeep = Upkeep(store, self.journal, bus, clock, errors)
        self.loop_watch = LoopWatch(settings.loop_blocked_seconds, clock)
        self._others = Others(store, registry, self.batches, (self.keyring.load_again, self.webhooks.load))
        self._worker = Worker(
            registry, store, self.journal, bus, clock, settings.concurrency, settings.child_memory_bytes, self.advice
        )

    @property
    def ready(self) -> str | None:
        """None when requests should come here, else why not."""
        if self.draining:
            return "draining"
        if self.crashed is not None:
            return "internal error: restart the server"
        return self.store.broken

    @property
    def running(self) -> int:
        return self._worker.running

    @property
    def left_behind(self) -> int:
        """Bodies that ignored being asked to end; the end of the process ends them."""
        return self._worker.left_behind

    async def drain(self) -> None:
        """Take no new work, let what runs end within the grace, hand back the rest, tell clients when to come back."""
        self.draining = True
        async with self._drain:  # a second caller waits for the first, or does what a cancelled one did not
            if not self._drained:
                await self._worker.drain(max(self.settings.grace - 3, 0) if self._worker.running else 0)
                await self.hub.send_away(4200, "restart", COME_BACK_WITHIN, SPREAD)
                await self.hub.emptied(LEAVE_WITHIN)
                self._drained = True

    def send_handles_away(self) -> None:
        """Nothing more will be told: who still waits for a job of this node raises `NotOpen`."""
        self.closed = True
        for wake in tuple(self.watchers):
            wake()

    async def tick_forever(self) -> None:
        """Only the node runs periodic work."""
        while True:
            asleep = self.clock.monotonic()
            await asyncio.sleep(TICK)
            now = self.clock.monotonic()
            self.metrics.loop_lagged(now - asleep - TICK)
            self.hub.tick(now)
            self.journal.tick(now)
            self.webhooks.tick(now)
            try:
                if await self.history.tick(now):
                    await self.alerts.judge(self.history.samples)
                await self.hub.look(now)
                await self._others.tick(now)
                await self._upkeep.tick(now)
                await self.advice.tick(now)
                if not self.draining:
                    await self.schedules.tick()
                if await self._rounds.tick(now):
                    await self._pick_up()
            except StoreError as error:
                log.warning("upkeep waits for the store: %s", error)

    async def _counts(self) -> Mapping[Status, int]:
        counts: Mapping[Status, int] = await self.remembered.figures("counts", None, self.store.counts, counted=False)
        return counts

    def _looks(self) -> tuple[int, int]:
        """Looks at kept answers and into `get_cache` that found something, and all."""
        kept, (hits, looks) = self.remembered.get_stats(), cache_totals()
        return hits + kept["hits"], looks + kept["hits"] + kept["misses"]

    def _traffic(self) -> tuple[int, int]:
        """Connections that are open, and messages that ever left."""
        tallies = self.hub.traffic.by_transport(self.hub.links).values()
        return sum(tally.open for tally in tallies), sum(tally.sent.messages for tally in tallies)

    async def _pick_up(self) -> None:
        """Rows were set right: what runs nowhere, or waits, though the row had said otherwise, goes on."""
        await self._upkeep.recover()
        self._worker.wake()

    def check_webhook(self, hook: Hook | None) -> None:
        """Raises `InvalidParams` for what could never be told."""
        if hook is None:
            return
        wrong = wrong_url(hook.url, self.webhooks.sender.networks) or unknown_events(hook.events)
        if hook.secret is not None:
            wrong = wrong or check_secret(hook.secret)
        if wrong:
            raise InvalidParams([FieldError("/webhook", wrong)])

    async def begin(self, planned: Sequence[Schedule]) -> None:
        """Read what is kept, and take up what a dead process left, before anything runs."""
        await self.keyring.load()
        await self.webhooks.load()
        await self.history.tick(self.clock.monotonic())  # what happens from here on is seen by charts and rules
        await self._rounds.begin()
        await self.alerts.begin()
        await self._upkeep.recover()
        await self.advice.begin()
        await self.batches.recover()
        await self.schedules.begin(planned)

    def start(self, group: asyncio.TaskGroup) -> None:
        """Run what works in the background, each piece as a task of its own."""
        work = {
            "tallying": self.tallying.run,
            "alerts": self.alerts.run,
            "worker": self._worker.run,
            "webhooks": self.webhooks.run,
            "ticker": self.tick_forever,
        }
        self._tasks = {name: group.create_task(self.guard(run()), name=name) for name, run in work.items()}
        self.loop_watch.start()

    async def stop(self) -> None:
        """Drain, then end the pieces in the order in which nothing is lost; the store is closed by who opened it."""
        tasks = self._tasks
        await self.drain()
        await asyncio.wait([tasks["worker"]])
        self.tallying.stop()
        await asyncio.wait([tasks["tallying"]])
        tasks["ticker"].cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await tasks["ticker"]
        self.webhooks.stop()
        await asyncio.wait([tasks["webhooks"]])
        await self.alerts.stop(tasks["alerts"])
        await self.advice.close()
        self.loop_watch.stop()
        self.send_handles_away()
        self.hub.close()
        self.remembered.close()
        self.metrics.close()
        if self._traces is not None:
            self._traces.close()

    def introduce(self) -> None:
        """Where other nodes share the store: what this one says of itself, and what follows when another history begins."""
        if self.store.shared is not None:
            self.store.shared.describe(self.about)
            self.store.shared.on_epoch(self.hub.anew)

    def about(self) -> dict[str, Any]:
        """What this node says of itself to the others."""
        return {
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "since": self._since,
            "running": self.running,
            "concurrency": self.settings.concurrency,
            "connections": self.hub.connections,
            "draining": self.draining,
        }

    async def guard(self, work: Coroutine[Any, Any, None]) -> None:
        """Run one of the node's tasks; what ends it unasked makes the node not ready."""
        try:
            await work
        except Exception as error:
            self.crashed = error
            log.critical("the node cannot go on and should be restarted", exc_info=error)
            raise


@asynccontextmanager
async def open_node(
    registry: Registry,
    errors: Errors,
    settings: Settings,
    clock: Clock | None = None,
    *,
    planned: Sequence[Schedule] = (),
    report: Report | None = None,
) -> AsyncIterator[Node]:
    """Open, recover what a dead process left, run, and on leaving drain and close. `planned` are the schedules that the
    application declares, `report` what it has to say in the report. Raises `StoreRefused`,
    `AlertsRefused`, `NoTraces`."""
    clock = clock or SystemClock()
    store = await open_store(settings.store, clock, volatile=settings.allow_volatile)
    try:
        node = Node(registry, errors, settings, store, clock)
        if report is not None:
            node.report.take(report)
        raised: Exception | None = None
        async with asyncio.TaskGroup() as group:
            node.introduce()
            writer = group.create_task(node.guard(store.run()), name="writer")
            bus = group.create_task(node.guard(node._bus.run()), name="bus")
            await node.begin(planned)
            node.start(group)
            try:
                yield node
            except Exception as error:  # noqa: BLE001 - kept, to be raised as it is and not as a group of one
                raised = error
            finally:
                await node.stop()
                await store.close()
                await node._bus.close()
                await asyncio.wait([writer, bus])
    finally:
        await store.close()
    if raised is not None:
        raise raised
