"""Job types: what an author declared about a function, checked when it is declared."""

import inspect
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypedDict

from ..core.backoff import Retry
from ..core.batch import BATCH
from ..core.codec import decode_own
from ..core.durations import Duration, seconds
from ..core.errors import Errors
from ..core.plan import Plan, Stage
from .params import Params
from .sizes import Size, check_size, measured

DEFAULT_TIMEOUT = 300.0  # seconds, per attempt
DEFAULT_KEEP = 86_400.0  # seconds after the end, where neither author nor settings say otherwise
DEFAULT_CONCURRENCY = 5
DEFAULT_PACE = 10.0  # progress reports a second for one job


class RunIn(StrEnum):
    LOOP = "loop"
    THREAD = "thread"
    PROCESS = "process"


@dataclass(frozen=True)
class JobType:
    """A function and how it is run. Durations are in seconds."""

    name: str
    function: Callable[..., Any]
    params: Params
    plan: Plan
    declared: bool
    run_in: RunIn
    timeout: float
    keep_for: float | None  # None: as the settings say
    retry: Retry
    concurrency: int
    pace: float
    errors: Errors
    size: Size | None = None

    def size_of(self, params: bytes) -> float | None:
        """How much work a job of these parameters (JSON text) is; None if its author does not say. Never raises."""
        if self.size is None:
            return None
        return measured(self.name, self.size, lambda: self.params.check(decode_own(params)))


class JobOptions(TypedDict, total=False):
    """What an author may say about a job; see `declare` for the defaults."""

    name: str
    stages: Sequence[Stage | str]
    timeout: Duration
    retry: Retry | None
    concurrency: int
    keep_for: Duration
    run_in: str | None
    pace: float
    size: Size | None


def declare(
    function: Callable[..., Any],
    errors: Errors,
    *,
    name: str | None = None,
    stages: Sequence[Stage | str] = (),
    timeout: Duration = DEFAULT_TIMEOUT,
    retry: Retry | None = None,
    concurrency: int = DEFAULT_CONCURRENCY,
    keep_for: Duration | None = None,
    run_in: str | None = None,
    pace: float = DEFAULT_PACE,
    size: Size | None = None,
) -> JobType:
    """Make a job type; raises `TypeError` or `ValueError` with what to change."""
    title = name or function.__name__
    if title == BATCH:
        raise ValueError(f"no job may be called {BATCH!r}: batches are; give it another name=")
    if concurrency < 1:
        raise ValueError(f"job {title!r}: concurrency must be 1 or more, not {concurrency}")
    if pace < 0:
        raise ValueError(f"job {title!r}: pace is reports a second, 0 for no limit, not {pace}")
    return JobType(
        name=title,
        function=function,
        params=Params(title, function),
        plan=Plan.of(stages),
        declared=bool(stages),
        run_in=_place(title, function, run_in),
        timeout=seconds(timeout),
        keep_for=None if keep_for is None else seconds(keep_for),
        retry=retry or Retry(attempts=1),
        concurrency=concurrency,
        pace=pace,
        errors=errors,
        size=None if size is None else check_size(title, function, size),
    )


def _place(title: str, function: Callable[..., Any], wanted: str | None) -> RunIn:
    is_async = inspect.iscoroutinefunction(function)
    place = RunIn(wanted) if wanted else RunIn.LOOP if is_async else RunIn.THREAD
    if is_async and place is not RunIn.LOOP:
        raise TypeError(f'job {title!r}: a coroutine function runs on the loop; make it a plain def for run_in="{place}"')
    if not is_async and place is RunIn.LOOP:
        raise TypeError(f"job {title!r}: a plain def would block the loop; make it an async def")
    if place is RunIn.PROCESS and "<locals>" in function.__qualname__:
        raise TypeError(f"job {title!r}: a child process must be able to import it; move it to the top of its module")
    return place


class Registry:
    """The job types of one application, by name."""

    def __init__(self) -> None:
        self._types: dict[str, JobType] = {}
        self._paused: set[str] = set()
        self._listeners: set[Callable[[], None]] = set()

    def add(self, job_type: JobType) -> None:
        """Raises `ValueError` for a second type of the same name."""
        known = self._types.setdefault(job_type.name, job_type)
        if known is not job_type:
            raise ValueError(f"there is a job {job_type.name!r} already; give one of them another name=")

    def __getitem__(self, name: str) -> JobType:
        return self._types[name]

    def get(self, name: str) -> JobType | None:
        return self._types.get(name)

    def __iter__(self) -> Iterator[JobType]:
        return iter(self._types.values())

    def __len__(self) -> int:
        return len(self._types)

    def is_paused(self, name: str) -> bool:
        """Whether jobs of this type wait until `resume`: what runs goes on, what is submitted is kept."""
        return name in self._paused

    def pause(self, name: str) -> None:
        self._paused.add(name)

    def resume(self, name: str) -> None:
        self._paused.discard(name)
        for wake in tuple(self._listeners):
            wake()

    def set_paused(self, types: Collection[str]) -> None:
        """These are paused and no others: as all nodes agreed."""
        resumed = self._paused - set(types)
        self._paused = set(types)
        if resumed:
            for wake in tuple(self._listeners):
                wake()

    def listen(self, wake: Callable[[], None]) -> Callable[[], None]:
        """Call `wake` when a type may start jobs again; returns what ends it."""
        self._listeners.add(wake)
        return lambda: self._listeners.discard(wake)

    @property
    def names(self) -> list[str]:
        return sorted(self._types)
