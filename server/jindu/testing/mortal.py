"""A context that dies where it is told: what a body is given in place of its own, for one run of a trial.

Death is what `kill -9` leaves: what was committed by then, and nothing else. The body never gets beyond the place; a coroutine
is cancelled, a thread is ended by an exception that no `except Exception` catches.
"""

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, cast

from ..engine.context import Context
from ..engine.registry import JobType, RunIn
from ..engine.stages import StageHandle


class Killed(BaseException):
    """Ends a thread whose worker is dead."""


@dataclass(frozen=True, slots=True)
class Place:
    """Behind the stage or the step of this name."""

    kind: str
    name: str


class Fate:
    """Where the worker dies, how often, and the news of it. Made on the loop of the trial."""

    def __init__(self, place: Place, times: int) -> None:
        self.left = times
        self.struck = asyncio.Event()
        self._dead = threading.Event()
        self._place = place
        self._loop = asyncio.get_running_loop()

    def strikes(self, kind: str, name: str) -> bool:
        return self.left > 0 and Place(kind, name) == self._place

    def strike(self) -> None:
        """Said once a death, on the loop or from a thread."""
        self.left -= 1
        self._loop.call_soon_threadsafe(self.struck.set)

    async def die(self) -> None:
        self.strike()
        await asyncio.get_running_loop().create_future()  # until the task is cancelled

    def die_in_thread(self) -> None:
        self._dead.clear()
        self.strike()
        self._dead.wait()  # until then its failure could still be committed
        raise Killed

    def over(self) -> None:
        """The worker is dead: its threads may end."""
        self._dead.set()


class _Stage:
    def __init__(self, stage: StageHandle, fate: Fate) -> None:
        self._stage = stage
        self._fate = fate

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stage, name)

    def __enter__(self) -> "_Stage":
        self._stage.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stage.__exit__(kind, error, trace)
        if kind is None and self._fate.strikes("stage", self._stage.name):
            self._fate.die_in_thread()

    async def __aenter__(self) -> "_Stage":
        await self._stage.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stage.__aexit__(kind, error, trace)
        if kind is None and self._fate.strikes("stage", self._stage.name):
            await self._fate.die()


class _Context:
    def __init__(self, context: Context, fate: Fate) -> None:
        self._context = context
        self._fate = fate

    def __getattr__(self, name: str) -> Any:
        return getattr(self._context, name)

    def stage(self, name: str, total: int | None = None) -> _Stage:
        return _Stage(self._context.stage(name, total), self._fate)

    async def step(self, name: str, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        value = await self._context.step(name, function, *args, **kwargs)
        if self._fate.strikes("step", name):
            await self._fate.die()
        return value

    def step_sync(self, name: str, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        value = self._context.step_sync(name, function, *args, **kwargs)
        if self._fate.strikes("step", name):
            self._fate.die_in_thread()
        return value


def mortal(job_type: JobType, fate: Fate) -> Callable[..., Any]:
    """The function of a job type, whose context dies as `fate` says. Raises `ValueError` if nothing could strike it."""
    given = job_type.params.context_name
    if given is None or job_type.run_in is RunIn.PROCESS:
        raise ValueError(
            f"job {job_type.name!r} cannot be killed at a stage or step: it takes no Context, or runs in a process of its own"
        )
    own = job_type.function
    if job_type.run_in is RunIn.LOOP:

        async def body(**kwargs: Any) -> Any:
            return await own(**{**kwargs, given: cast(Context, _Context(kwargs[given], fate))})

    else:

        def body(**kwargs: Any) -> Any:  # type: ignore[misc]
            threading.current_thread().name = "jindu-mortal"
            return own(**{**kwargs, given: cast(Context, _Context(kwargs[given], fate))})

    return body
