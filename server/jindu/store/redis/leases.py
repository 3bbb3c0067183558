"""The leases of this node: what it runs, renewed by a thread that no body can hold up, and told when one cannot be.

Worked through: a body keeps the event loop for twenty seconds. The thread renews on; the jobs stay ours. Or the process is
frozen for twenty seconds: the lease ended after ten, the job runs elsewhere. When we thaw, both the thread and the timer of the
loop see by our own clock that the time is up, and the runs are told before any body comes to its turn; what one of them still
writes meets the fence.
"""

import asyncio
import logging
import threading
from collections.abc import Callable
from typing import Any

import redis

from ...core.clock import Clock
from ...core.codec import encode
from ...core.ids import shard_of
from ...core.states import HELD, Phase
from ..contract import Moved
from .apart import Apart
from .lines import COMMON
from .link import Link

log = logging.getLogger("jindu.store")

LEASE = 10.0  # seconds
RENEW_EVERY = 3.0
STOP_BEFORE = 5.0  # seconds before the end of a lease that is not renewed; then its body is asked to end
LOOK_EVERY = 0.25
SOON = 0.5  # seconds until a renewal that failed is tried again

Lost = Callable[[str, bool], None]


class Leases:
    """What `boot` holds. `told` is called on the loop with a job and whether its lease is over for good (else: in doubt)."""

    def __init__(self, link: Link, boot: str, clock: Clock) -> None:
        self._link = link
        self._boot = boot
        self._clock = clock
        self._held: dict[str, tuple[str, int]] = {}  # type and run, by id
        self._kept: dict[str, float] = {}  # ids that wait for our claim: until when
        self._renewed_at: dict[str, float] = {}  # monotonic seconds, by id
        self._doubted: set[str] = set()
        self._told: Lost | None = None
        self._wished: Callable[[str], None] | None = None
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.TimerHandle | None = None
        self.describe: Callable[[], dict[str, Any]] = dict

    def listen(self, told: Lost, wished: Callable[[str], None]) -> None:
        """Who runs the jobs: `told` of a lease that is over or in doubt, `wished` that the end of a job is."""
        self._told, self._wished = told, wished

    # -- what is held ------------------------------------------------------------------------------------------

    def keep(self, job_ids: list[str]) -> None:
        """These wait for our claim, and for nobody else's."""
        now = self._clock.monotonic()
        self._kept = {id: until for id, until in self._kept.items() if until > now}
        self._kept.update(dict.fromkeys(job_ids, now + LEASE))

    def keep_not(self, job_ids: list[str]) -> None:
        for job_id in job_ids:
            self._kept.pop(job_id, None)

    def is_kept(self, moved: Moved) -> bool:
        """Whether this claims a job that was kept for us: then it counts only while it is kept."""
        return moved.before is not None and moved.before.phase is Phase.PENDING and moved.job.id in self._kept

    def moved(self, moved: Moved) -> None:
        """A change of ours is committed."""
        job, before = moved.job, moved.before
        if before is None or (job.phase is before.phase and job.run == before.run):
            return
        self._kept.pop(job.id, None)
        with self._lock:
            if job.phase in HELD and job.holder == self._boot:
                if job.id not in self._held or self._held[job.id][1] != job.run:
                    self._held[job.id] = (job.spec.type, job.run)
                    self._renewed_at[job.id] = self._clock.monotonic()
            else:
                self._forget(job.id)

    def let_go(self, job_id: str) -> None:
        """It is not renewed any more."""
        with self._lock:
            self._forget(job_id)

    def _forget(self, job_id: str) -> None:
        self._held.pop(job_id, None)
        self._renewed_at.pop(job_id, None)
        self._doubted.discard(job_id)

    # -- on the loop -------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Renew from now on. Called on the loop."""
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
            self._thread = threading.Thread(target=self._renew, name="jindu-leases", daemon=True)
            self._thread.start()
            self._look()

    async def stop(self) -> None:
        """Renew no more; when this returns nothing of ours is under way."""
        self._over.set()
        if self._timer is not None:
            self._timer.cancel()
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join, RENEW_EVERY)

    def _look(self) -> None:
        """What could not be renewed in time is told, by our own clock."""
        now = self._clock.monotonic()
        with self._lock:
            late = [id for id, at in self._renewed_at.items() if now - at >= LEASE - STOP_BEFORE and id not in self._doubted]
            self._doubted.update(late)
        for job_id in late:
            self._tell(job_id, over=False)
        if self._loop is not None and not self._over.is_set():
            self._timer = self._loop.call_later(LOOK_EVERY, self._look)

    def _tell(self, job_id: str, *, over: bool) -> None:
        if over:
            with self._lock:
                self._forget(job_id)
        if self._told is not None:
            self._told(job_id, over)

    def _heard(self, answers: list[bytes]) -> None:
        for answer in answers:
            job_id = answer[1:].decode()
            if answer[:1] in (b"L", b"D"):
                self._tell(job_id, over=answer[:1] == b"L")
            elif self._wished is not None:
                self._wished(job_id)

    # -- in the thread -----------------------------------------------------------------------------------------

    def type_of(self, job_id: str) -> str | None:
        """Of a job that is held."""
        held = self._held.get(job_id)
        return None if held is None else held[0]

    def renewals(self, seconds: float, about: bytes) -> list[tuple[str, list[Any]]]:
        """For each slot the arguments of `renew.lua`, for all that is held; the node's own place is in the common one."""
        with self._lock:
            held = list(self._held.items())
        parts: dict[str, list[Any]] = {COMMON: [seconds, self._boot, about]}
        for id, (type, run) in held:
            shard = shard_of(type)
            parts.setdefault(self._link.lines.slot(shard), [seconds, self._boot, b"-"]).extend((shard, type, id, run))
        return list(parts.items())

    def _renew(self) -> None:
        apart = Apart(self._link)
        wait = 0.0
        while not self._over.wait(wait):
            renewed = [self._renewed(apart, slot, args) for slot, args in self.renewals(LEASE, encode(self.describe()))]
            wait = RENEW_EVERY if all(renewed) else SOON
            apart.silent.clear()
        apart.close()

    def _renewed(self, apart: Apart, slot: str, args: list[Any]) -> bool:
        began = self._clock.monotonic()
        try:
            answer = apart.call("renew", slot, [self._link.epoch, *args])
        except (redis.RedisError, OSError) as error:
            log.debug("leases could not be renewed: %s", error)
            return False
        if answer[0] != b"OK":  # another history: the link sees to it
            return False
        lost = {name[1:].decode() for name in answer[1:] if name[:1] != b"W"}
        with self._lock:
            for job_id in args[5::4]:
                if job_id in self._renewed_at and job_id not in lost:
                    self._renewed_at[job_id] = max(began, self._renewed_at[job_id])
        if self._loop is not None and not self._loop.is_closed() and not self._over.is_set():
            self._loop.call_soon_threadsafe(self._heard, answer[1:])
        return True
