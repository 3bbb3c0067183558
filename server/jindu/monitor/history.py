"""The last hour as charts show it: a sample every few seconds, of what had been counted until then. In memory, and bounded.

Rates and means are of the time between two samples, worked out when somebody asks.
"""

from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass

from ..core.clock import Clock
from ..core.states import Status
from .consistency import StateConsistencyMonitor
from .metrics import Metrics
from .own import AppMetrics

EVERY = 5.0  # seconds between two samples
SPAN = 3_600.0  # seconds that are kept


@dataclass(frozen=True, slots=True)
class Totals:
    """What was counted until `at` (monotonic seconds; `wall` the same on the wall). Sums only rise; the last five stand as
    they are at that moment."""

    at: float
    wall: float
    submitted: float = 0
    completed: float = 0
    failed: float = 0
    cancelled: float = 0
    attempts: float = 0
    faults: float = 0
    answers: int = 0  # HTTP answers that were not held, and calls of platforms
    seconds: float = 0  # that these took together
    cache_hits: int = 0
    cache_looks: int = 0
    checks: int = 0
    issues: int = 0
    messages: int = 0
    eta_runs: float = 0  # jobs whose end had been told
    eta_held: float = 0  # the shares of their courses for which the careful guess held, together
    pushes: int = 0
    push_seconds: float = 0
    queued: int = 0
    running: int = 0
    active: int = 0  # accepted and not ended
    connections: int = 0


@dataclass(frozen=True, slots=True)
class Sources:
    """What is asked for a sample besides the metrics."""

    counts: Callable[[], Awaitable[Mapping[Status, int]]]
    cache: Callable[[], tuple[int, int]]  # hits, looks
    traffic: Callable[[], tuple[int, int]]  # connections open, messages ever sent
    consistency: StateConsistencyMonitor
    own: AppMetrics


class History:
    """`tick` is called by the node; each sample goes to who `listen`s, too."""

    def __init__(self, metrics: Metrics, sources: Sources, clock: Clock) -> None:
        self._metrics = metrics
        self._sources = sources
        self._clock = clock
        self._next = float("-inf")
        self.samples: deque[Totals] = deque(maxlen=int(SPAN / EVERY) + 1)

    async def tick(self, now: float) -> Totals | None:
        """A sample, if one is due. Raises `StoreError`; the next is due at its usual time then."""
        if now < self._next:
            return None
        self._next = now + EVERY
        sample = await self.take()
        self.samples.append(sample)
        return sample

    async def take(self) -> Totals:
        """What has been counted until now."""
        flow, sources = self._metrics.flow, self._sources
        counts = await sources.counts()
        ended = {status: sum(n for (_, how), n in flow.ended.values.items() if how == status.value) for status in Status}
        latency = self._metrics.latency.values.values()
        calls, call_seconds = sources.own.calls
        seen = sources.consistency.get_stats()
        hits, looks = sources.cache()
        connections, messages = sources.traffic()
        lag = self._metrics.lag.have()
        return Totals(
            at=self._clock.monotonic(),
            wall=self._clock.wall(),
            submitted=flow.submitted.total,
            completed=ended[Status.COMPLETED],
            failed=ended[Status.FAILED],
            cancelled=ended[Status.CANCELLED],
            attempts=flow.attempts.total,
            faults=flow.faults.total,
            answers=sum(spread.count for spread in latency) + calls,
            seconds=sum(spread.sum for spread in latency) + call_seconds,
            cache_hits=hits,
            cache_looks=looks,
            checks=seen["total_checks"],
            issues=seen["issues_found"],
            messages=messages,
            eta_runs=self._metrics.eta.runs.total,
            eta_held=self._metrics.eta.held,
            pushes=lag.count,
            push_seconds=lag.sum,
            queued=counts[Status.PENDING],
            running=counts[Status.RUNNING],
            active=counts[Status.PENDING] + counts[Status.RUNNING],
            connections=connections,
        )

    def steps(self, every: float) -> Iterator[tuple[Totals, Totals]]:
        """Samples about `every` seconds apart, each with the one before it, oldest first; the newest comes always."""
        if not self.samples:
            return
        before = self.samples[0]
        newest = self.samples[-1]
        for sample in tuple(self.samples):
            if sample.at - before.at >= every - EVERY / 2 or (sample is newest and sample is not before):
                yield before, sample
                before = sample
