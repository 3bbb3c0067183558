"""One job in motion: its head, its visible value, and the changes between them that the store has not answered yet."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from ..core.events import Event
from ..core.job import Job
from ..store.contract import Moved, StoreError, Told

Waiter: TypeAlias = "asyncio.Future[Job] | None"


@dataclass(slots=True, eq=False)
class Entry:
    moved: Moved
    waiter: Waiter
    orphaned: bool = False  # made from a change that was refused


@dataclass(slots=True, eq=False)
class Line:
    """`told` is called when the oldest change of its queue is settled."""

    id: str
    head: Job | None
    visible: Job | None
    told: Told = field(init=False)
    queue: list[Entry] = field(default_factory=list)  # short: a deque that is empty is larger than all the rest
    waiting_for_space: list[tuple[Event, Waiter]] = field(default_factory=list)
    overtaken: list[tuple[Event, Waiter]] | None = None  # what waits until the job is read anew
    holder: "Hold | None" = None


@dataclass(slots=True, eq=False)
class Hold:
    """The right of one run to write to its job; its job stays in memory meanwhile. `run` is the fence."""

    id: str
    run: int
    lost: Callable[[], None]


def tell_all(lines: Sequence[Line], error: StoreError | None) -> None:
    """What was changed together is settled together."""
    for line in lines:
        line.told(error)


def fulfil(waiter: Waiter, job: Job) -> None:
    if waiter is not None and not waiter.done():
        waiter.set_result(job)


def fail(waiter: Waiter, error: BaseException) -> None:
    if waiter is not None and not waiter.done():
        waiter.set_exception(error)
