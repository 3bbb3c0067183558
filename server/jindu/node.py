"""One node: chooses the concrete classes, opens them in order, ticks them, closes them in order."""

import asyncio
import contextlib
import logging
import os
import socket
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from .bus.opener import open_bus
from .channels.hub import Hub
from .core.clock import Clock, SystemClock
from .core.errors import Errors
from .engine.batches import Batches
from .engine.contexts import Contexts
from .engine.jobs import Jobs
from .engine.journal import Journal
from .engine.loop_watch import LoopWatch
from .engine.others import Others
from .engine.registry import Registry
from .engine.remembered import Remembered
from .engine.submitting import Terms
from .engine.tallying import Tallying
from .engine.throughput import Throughput
from .engine.upkeep import Upkeep
from .engine.worker import Worker
from .monitor.consistency import get_monitor
from .monitor.rounds import Rounds
from .settings import Settings
from .store.contract import Store, StoreError
from .store.keyring import Keyring
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
        self.keyring = Keyring(store, clock)
        self.journal = Journal(store, bus)
        terms = Terms(settings.queue_limit, settings.keep_for, Throughput(bus, clock))
        self.jobs = Jobs(registry, store, self.journal, clock, errors, terms)
        self.tallying = Tallying(self.journal, bus, clock, errors, Contexts(store, clock), store.shared)
        self.batches = Batches(store, self.journal, self.jobs, self.tallying, clock)
        self.hub = Hub(store, bus, clock, settings.write_stall_seconds)
        self.remembered = Remembered(bus, clock, alone=store.shared is None)
        self.draining = False
        self._drain = asyncio.Lock()
        self._drained = False
        self.closed = False
        self.watchers: set[Callable[[], None]] = set()  # handles that wait for a job, to be told that nothing more comes
        self.crashed: BaseException | None = None
        self._since = clock.wall()
        self.consistency = get_monitor()
        self._rounds = Rounds(store, bus, self.consistency, settings.consistency_report_seconds)
        self._upkeep = Upkeep(store, self.journal, bus, clock, errors)
        self.loop_watch = LoopWatch(settings.loop_blocked_seconds, clock)
        self._others = Others(store, registry, self.keyring, self.batches)
        self._worker = Worker(registry, store, self.journal, bus, clock, settings.concurrency, settings.child_memory_bytes)

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
            await asyncio.sleep(TICK)
            now = self.clock.monotonic()
            self.hub.tick(now)
            self.journal.tick(now)
            try:
                await self.hub.look(now)
                await self._others.tick(now)
                await self._upkeep.tick(now)
                if await self._rounds.tick(now):
                    await self._pick_up()
            except StoreError as error:
                log.warning("upkeep waits for the store: %s", error)

    async def _pick_up(self) -> None:
        """Rows were set right: what runs nowhere, or waits, though the row had said otherwise, goes on."""
        await self._upkeep.recover()
        self._worker.wake()

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
async def open_node(registry: Registry, errors: Errors, settings: Settings, clock: Clock | None = None) -> AsyncIterator[Node]:
    """Open, recover what a dead process left, run, and on leaving drain and close. Raises `StoreRefused`."""
    clock = clock or SystemClock()
    store = await open_store(settings.store, clock, volatile=settings.allow_volatile)
    try:
        node = Node(registry, errors, settings, store, clock)
        raised: Exception | None = None
        async with asyncio.TaskGroup() as group:
            node.introduce()
            writer = group.create_task(node.guard(store.run()), name="writer")
            bus = group.create_task(node.guard(node._bus.run()), name="bus")
            await node.keyring.load()
            await node._rounds.begin()
            await node._upkeep.recover()
            await node.batches.recover()
            tallying = group.create_task(node.guard(node.tallying.run()), name="tallying")
            worker = group.create_task(node.guard(node._worker.run()), name="worker")
            ticker = group.create_task(node.guard(node.tick_forever()), name="ticker")
            node.loop_watch.start()
            try:
                yield node
            except Exception as error:  # noqa: BLE001 - kept, to be raised as it is and not as a group of one
                raised = error
            finally:
                await node.drain()
                await asyncio.wait([worker])
                node.tallying.stop()
                await asyncio.wait([tallying])
                ticker.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await ticker
                node.loop_watch.stop()
                node.send_handles_away()
                node.hub.close()
                node.remembered.close()
                await store.close()
                await node._bus.close()
                await asyncio.wait([writer, bus])
    finally:
        await store.close()
    if raised is not None:
        raise raised
