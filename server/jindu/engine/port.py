"""What lies between a body and its job: the few calls a body can make, from wherever it runs.

A body on the event loop reaches its run directly, a thread through the loop's thread-safe door, a child process through a
pipe. The author's `Context` is the same over all three.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from ..core.contexts import Raised
from ..core.errors import JobError
from ..core.events import Key
from ..core.plan import Plan


class JobStopped(BaseException):
    """Raised in a thread's or child's body at the next stage or item after a cancel or time-out.

    Not an `Exception`, so that a body's own `except Exception` does not swallow it.
    """


class Port(Protocol):
    """All calls return at once, except `save_step` and `save_step_async`, which wait until the step is durable."""

    @property
    def cancelled(self) -> bool: ...

    def stage(self, position: int) -> None: ...

    def expect(self, items: int) -> None:
        """So many items are going to be counted."""
        ...

    def progress(self, position: int, within: float, message: str | None) -> None: ...

    def partial(self, key: Key, data: bytes) -> None: ...

    def log(self, line: str) -> None: ...

    def save_step(self, name: str, value: bytes) -> None: ...

    async def save_step_async(self, name: str, value: bytes) -> None: ...


class RunCalls(Protocol):
    """What a port in the server's process needs of the run it serves; all of it on the event loop."""

    @property
    def stopping(self) -> bool: ...

    def stage(self, position: int) -> None: ...

    def expect(self, items: int) -> None: ...

    def progress(self, position: int, within: float, message: str | None) -> None: ...

    def partial(self, key: Key, data: bytes) -> None: ...

    def line(self, text: str) -> None: ...

    async def save_step(self, name: str, value: bytes) -> None: ...


@dataclass(frozen=True, slots=True)
class Start:
    """What a body begins with: who it is, and what earlier runs of the job left behind."""

    job_id: str
    attempt: int
    plan: Plan
    declared: bool  # the author declared stages; else the one stage is entered for them
    keys: frozenset[Key]
    results: int
    result_bytes: int
    lines: int
    steps: Mapping[str, bytes]
    classify: Callable[[BaseException], JobError]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a body ended: `error` None and what it returned, or what it raised; `raised` tells of it where `error` only stands
    for what another process saw."""

    value: Any = None
    error: BaseException | None = None
    raised: Raised | None = None
