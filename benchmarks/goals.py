"""The goals of issue 5, one line each: what was asked, what was found, how it compares, and under which conditions."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from .contenders import OURS
from .loads.fan_out import LIMIT
from .loads.sample import Sample
from .plan import (
    BARE,
    BATCHED,
    BROADCAST,
    BURST,
    BURSTS,
    CHECK,
    DASHBOARD,
    DISK,
    FEW,
    IDLE,
    KEPT,
    MANY,
    PACED,
    STATUS,
    SUBMIT,
    UNCHANGED,
)

Found = Mapping[str, Sequence[Sample]]


@dataclass(frozen=True, slots=True)
class Row:
    """One goal. `met` None where nothing can be said, as without the peer it compares with."""

    name: str
    goal: str
    figure: str
    ratio: str
    met: bool | None
    conditions: str


class Missing(LookupError):
    """A measurement that a row needs was not made."""


class Figures:
    """Medians over the rounds of a run."""

    def __init__(self, found: Found) -> None:
        self.found = found

    def of(self, name: str, pick: Callable[[Sample], float | None] = lambda sample: sample.us) -> float:
        """Raises `Missing`."""
        values = [value for sample in self.found.get(name, ()) if (value := pick(sample)) is not None and value == value]
        if not values:
            raise Missing(name)
        return median(values)

    def ratio(
        self, load: str, who: str, pick: Callable[[Sample], float | None] = lambda sample: sample.us, us: str = OURS
    ) -> float | None:
        """The median over the rounds of (who / ours), each of one round; None if either is missing."""
        ours, theirs = self.found.get(f"{load}: {us}", ()), self.found.get(f"{load}: {who}", ())
        values = [
            b / a for one, two in zip(ours, theirs, strict=False) if (a := pick(one)) and (b := pick(two)) and a == a and b == b
        ]
        return median(values) if values else None

    def ratios(self, load: str, wanted: Mapping[str, float], us: str = OURS) -> tuple[str, bool | None]:
        """`who x as much as we` for each, and whether all reach what is wanted."""
        told, met, all_there = [], True, True
        for who, least in wanted.items():
            value = self.ratio(load, who, us=us)
            if value is None:
                told.append(f"{who} not installed")
                all_there = False
            else:
                told.append(f"{who} {value:.2f}x")
                met = met and value >= least
        return ", ".join(told), met if all_there or not met else None

    def conditions(self, name: str) -> str:
        samples = self.found.get(name, ())
        return samples[0].conditions if samples else ""


def rows(found: Found) -> list[Row]:
    """A line for every goal; one whose measurements are missing says so."""
    figures, lines = Figures(found), []
    for name, goal, judge in GOALS:
        try:
            lines.append(judge(figures, name, goal))
        except Missing as missing:
            lines.append(Row(name, goal, "not measured", "", None, f"{missing} is missing"))
    return lines


def _broadcast(f: Figures, name: str, goal: str) -> Row:
    us = f.of(f"{BROADCAST}: {OURS}")
    wanted = {"nchan": 1.0, "Node ws": 1.5, "plain Starlette": 2.0, "python-socketio": 10.0, LIMIT: 0.0}
    told, met = f.ratios(BROADCAST, wanted)
    return Row(name, goal, f"{us:.1f} us", told, _both(us <= 6, met), f.conditions(f"{BROADCAST}: {OURS}"))


def _burst(f: Figures, name: str, goal: str) -> Row:
    costs = [f.of(f"{BURST}: {burst}") for burst in BURSTS]
    p99 = f.of(f"{BROADCAST}: {OURS}", lambda s: s.p99_ms)
    told, bursts = " / ".join(f"{cost:.2f}" for cost in costs), " / ".join(map(str, BURSTS))
    figure = f"{told} us a watcher at bursts of {bursts}; p99 {p99:.0f} ms"
    return Row(
        name,
        goal,
        figure,
        f"{costs[0] / costs[-1]:.1f}x less",
        costs[-1] < costs[0] / 2 and p99 < 100,
        f.conditions(f"{BURST}: 4"),
    )


def _jobs(load: str, most: float, wanted: Mapping[str, float]) -> Callable[[Figures, str, str], Row]:
    def judge(f: Figures, name: str, goal: str) -> Row:
        us, arrived = f.of(f"{load}: {OURS}"), f.of(f"{load}: {OURS}", lambda s: s.more["arrived"])
        told, met = f.ratios(load, wanted)
        figure = f"{us:.0f} us, {arrived:.0%} arrived"
        return Row(name, goal, figure, told, _both(us <= most and arrived > 0.99, met), f.conditions(f"{load}: {OURS}"))

    return judge


def _memory(f: Figures, name: str, goal: str) -> Row:
    def mib(sample: Sample) -> float:
        return float(sample.more["mib"])

    ours = f.of(f"{MANY}: {OURS}", mib)
    peers = [
        (who, f.ratio(MANY, who, mib))
        for who in ("BullMQ + QueueEvents + ws", "SAQ + Starlette", "python-socketio", "reference")
    ]
    told = ", ".join(f"{who} {value:.1f}x" for who, value in peers if value)
    return Row(name, goal, f"{ours:.0f} MiB", told, ours <= 70, "PSS of all processes while they work")


def _dashboard(f: Figures, name: str, goal: str) -> Row:
    us = f.of(f"{DASHBOARD}: {OURS}")
    return Row(name, goal, f"{us:.2f} us", "", us <= 2, f.conditions(f"{DASHBOARD}: {OURS}"))


def _latency(f: Figures, name: str, goal: str) -> Row:
    p50, p99 = (f.of(f"{PACED}: {OURS}", pick) for pick in (lambda s: s.p50_ms, lambda s: s.p99_ms))
    disk50, disk99 = (f.of(f"{DISK}: write + fdatasync", pick) for pick in (lambda s: s.p50_ms, lambda s: s.p99_ms))
    told = f"bare write + fdatasync {disk50:.1f} / {disk99:.1f} ms"
    return Row(name, goal, f"{p50:.1f} / {p99:.1f} ms", told, p50 < 5 and p99 < 20, f.conditions(f"{PACED}: {OURS}"))


def _idle(f: Figures, name: str, goal: str) -> Row:
    kib, rate = f.of(f"{IDLE}: {OURS}", lambda s: s.more["kib"]), f.of(f"{IDLE}: {OURS}", lambda s: s.rate)
    peers = [
        (who, f.ratio(IDLE, who, lambda s: s.more["kib"])) for who in ("nchan", "Node ws", "plain Starlette", "python-socketio")
    ]
    told = ", ".join(f"{who} {value:.2f}x" for who, value in peers if value)
    return Row(
        name, goal, f"{kib:.1f} KiB, {rate:,.0f} a second", told, kib <= 12 and rate >= 2000, f.conditions(f"{IDLE}: {OURS}")
    )


def _submit(ours: str) -> Callable[[Figures, str, str], Row]:
    def judge(f: Figures, name: str, goal: str) -> Row:
        us = f.of(f"{SUBMIT}: {ours}")
        told, met = f.ratios(SUBMIT, {"saq": 2.0, "arq": 2.0}, ours)
        return Row(name, goal, f"{us:.0f} us, {1e6 / us:,.0f} a CPU second", told, met, f.conditions(f"{SUBMIT}: {ours}"))

    return judge


def _read(load: str) -> Callable[[Figures, str, str], Row]:
    def judge(f: Figures, name: str, goal: str) -> Row:
        us = f.of(f"{load}: {OURS}")
        told, met = f.ratios(load, {BARE: 0.8})
        return Row(name, goal, f"{us:.0f} us", told, met, f.conditions(f"{load}: {OURS}"))

    return judge


def _check(f: Figures, name: str, goal: str) -> Row:
    us = f.of(f"{CHECK}: {OURS}")
    return Row(name, goal, f"{us:.1f} us", "", us < 10, f.conditions(f"{CHECK}: {OURS}"))


def _kept(f: Figures, name: str, goal: str) -> Row:
    changes = {load: f.of(f"{KEPT}: {load}") / f.of(f"{load}: {OURS}") - 1 for load in (MANY, SUBMIT, STATUS)}
    figure = ", ".join(f"{load} {change:+.0%}" for load, change in changes.items())
    return Row(name, goal, figure, "", max(changes.values()) <= 0.1, "the same loads over a store that is full of ended jobs")


def _both(figure: bool, met: bool | None) -> bool | None:
    return False if not figure or met is False else met


_MANY = {"BullMQ + QueueEvents + ws": 2.0, "python-socketio": 4.0, "reference": 1.0}
_FEW = {"BullMQ + QueueEvents + ws": 1.0, "python-socketio": 1.0, "plain Starlette + aiosqlite": 1.0, "reference": 1.0}
GOALS: Sequence[tuple[str, str, Callable[[Figures, str, str], Row]]] = (
    (
        "one job's update to 1,000 watchers, whole server, durable",
        "at most 6.0 us a delivery; nchan 1x, Node ws 1.5x, plain Starlette 2x, python-socketio 10x of ours",
        _broadcast,
    ),
    (
        "updates faster than sockets drain",
        "cost per update falls with the burst; p99 staleness under 100 ms at saturation",
        _burst,
    ),
    (
        "1,000 jobs, a watcher each, 10 updates a second each",
        "at most 50 us an update; BullMQ 2x, python-socketio 4x, reference 1x of ours; 100 % arrive",
        _jobs(MANY, 50, _MANY),
    ),
    (
        "200 jobs, the same",
        "at most 120 us an update; BullMQ, python-socketio, plain Starlette + aiosqlite, reference 1x of ours",
        _jobs(FEW, 120, _FEW),
    ),
    ("memory, 1,000 jobs with watchers", "at most 70 MiB", _memory),
    ("one socket watching 1,000 jobs (dashboard)", "at most 2 us a delivered state", _dashboard),
    ("update to client, p50 / p99 at 5,000 updates a second", "under 5 / 20 ms with synchronous=FULL", _latency),
    ("idle watcher", "at most 12 KB each; 10,000 connect at 2,000 a second or more", _idle),
    ("submit over HTTP, durable", "SAQ's and arq's enqueue at least 2x of ours", _submit(OURS)),
    ("the same, many in one request", "SAQ's and arq's enqueue at least 2x of ours", _submit(BATCHED)),
    ("GET status, live job", "a bare Starlette JSON route at least 0.8x of ours", _read(STATUS)),
    ("GET status, 304", "a bare Starlette 304 at least 0.8x of ours", _read(UNCHANGED)),
    ("status check (consistency monitor)", "under 10 us", _check),
    ("100,000 kept jobs in the store", "none of the above changes by more than 10 %", _kept),
)
