"""The author's context: what a body can say about its job. The same object in coroutines, threads and child processes."""

import asyncio
import inspect
from collections.abc import AsyncIterable, Callable, Iterable
from typing import Any, TypeVar

from ..core.codec import NotJson, decode, encode_strict
from ..core.durations import Duration, seconds
from ..core.events import Key
from ..core.plan import Plan
from . import limits
from .commands import CommandResult, run_command
from .port import JobStopped, Outcome, Port, Start
from .stages import Map, StageCalls, StageHandle, Track, shown_text
from .threads import in_thread

T = TypeVar("T")


class StageOrder(ValueError):
    """A stage that does not exist, or one at or before the current one, was entered."""


class LimitReached(ValueError):
    """More partial results, or larger ones, than a job may have."""


class Context:
    """Given to a body whose parameter is annotated with it.

    ``progress``, ``partial``, ``log`` return at once and may be called from coroutines and threads alike.
    """

    def __init__(self, start: Start, port: Port) -> None:
        self._start = start
        self._port = port
        self._position = -1
        self._current: StageHandle | None = None
        self._keys = set(start.keys)
        self._results = start.results
        self._result_bytes = start.result_bytes
        self._lines = start.lines
        self._calls = 0
        self._steps_used: set[str] = set()
        self._of_stages = StageCalls(self._enter_stage, port.expect, port.progress, self._stop_if_cancelled, start.classify)
        if not start.declared:
            self._current = self._stage_at(0, None)
            self._enter_stage(0)

    @property
    def job_id(self) -> str:
        return self._start.job_id

    @property
    def attempt(self) -> int:
        """1 for the first try; raised by an automatic retry."""
        return self._start.attempt

    @property
    def plan(self) -> Plan:
        return self._start.plan

    @property
    def cancelled(self) -> bool:
        """Whether the job was asked to stop; for loops in threads that cannot be interrupted."""
        return self._port.cancelled

    def stage(self, name: str, total: int | None = None) -> StageHandle:
        """A stage to enter by ``async with`` or ``with``. Stages go forward only; skipping is allowed.

        Raises `StageOrder` for an unknown name, and on entering one that is not ahead of the current.
        """
        try:
            self._current = self._stage_at(self.plan.position(name), total)
        except KeyError:
            names = ", ".join(stage.name for stage in self.plan.stages)
            raise StageOrder(f"no stage {name!r}; this job has {names}") from None
        return self._current

    def progress(self, percent: float, message: str | None = None) -> None:
        """Percent of the current stage, with a message for people. Never blocks, never raises."""
        if self._current is not None:
            self._current.progress(percent, message)
        else:
            self._port.progress(-1, 0, None if message is None else shown_text(message))

    def track(self, items: "Iterable[T] | AsyncIterable[T]", total: int | None = None) -> "Track[T]":
        """`StageHandle.track` of the current stage."""
        return self._stage_now().track(items, total)

    def map(self, function: Callable[[T], Any], items: Iterable[T], limit: int = 10) -> "Map[T]":
        """`StageHandle.map` of the current stage."""
        return self._stage_now().map(function, items, limit)

    def partial(self, value: Any, key: str | None = None) -> None:
        """Push a partial result, kept also when the job fails; once per key, whatever re-runs.

        Without a key the ordinal of the call is the key, so that a re-run does not repeat what people saw. Raises
        `core.codec.NotJson`, or `LimitReached` above 64 KiB, 1,000 results or 4 MiB a job.
        """
        self._calls += 1
        held: Key = self._calls if key is None else str(key)
        if held in self._keys:
            return
        encode_strict(held)  # a key without a stored form is refused here, not when it is committed
        data = encode_strict(value)
        if len(data) > limits.PARTIAL_BYTES:
            raise LimitReached(f"a partial result may have {limits.PARTIAL_BYTES} bytes, this one has {len(data)}")
        if self._results >= limits.RESULTS_PER_JOB:
            raise LimitReached(f"a job may have {limits.RESULTS_PER_JOB} partial results; join some into one")
        if self._result_bytes + len(data) > limits.RESULTS_BYTES_PER_JOB:
            raise LimitReached(f"the partial results of a job may have {limits.RESULTS_BYTES_PER_JOB} bytes in all")
        self._keys.add(held)
        self._results += 1
        self._result_bytes += len(data)
        self._port.partial(held, data)

    def log(self, line: str) -> None:
        """A line in the job's log. After 1,000 lines one more says so, and the rest is dropped."""
        if self._lines < limits.LINES_PER_JOB:
            self._port.log(shown_text(line))
        elif self._lines == limits.LINES_PER_JOB:
            self._port.log(f"further lines are dropped: a job may have {limits.LINES_PER_JOB}")
        self._lines += 1

    async def step(self, name: str, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """A checkpoint: once its value is committed the step is not run again, whatever crashes; its value is given back.

        A coroutine function is awaited, a plain one runs in a thread. The value comes back as JSON gives it (a tuple as a
        list), the first time too. The step in flight at a crash may run twice: hand `step_key` to outside services.
        """
        known = self._known_step(name)
        if known is not None:
            return decode(known)
        if inspect.iscoroutinefunction(function):
            value = await function(*args, **kwargs)
        else:
            outcome = await in_thread(function, *args, **kwargs)
            value = _value(outcome)
            if inspect.isawaitable(value):
                value = await value
        packed = self._packed_step(name, value)
        await self._port.save_step_async(name, packed)
        return decode(packed)

    def step_sync(self, name: str, function: Callable[..., T], /, *args: Any, **kwargs: Any) -> T:
        """`step` for bodies in threads and child processes."""
        known = self._known_step(name)
        if known is None:
            known = self._packed_step(name, function(*args, **kwargs))
            self._port.save_step(name, known)
        value: T = decode(known)
        return value

    def step_key(self, name: str) -> str:
        """The same text for this step of this job in every run: an idempotency key for outside services."""
        return f"{self.job_id}:{name}"

    async def command(
        self,
        *argv: str,
        timeout: Duration | None = None,
        input: str | bytes | None = None,
        cwd: str | None = None,
        env: dict[str, str] | None = None,
        check: bool = False,
    ) -> CommandResult:
        """Run an external program in a process group of its own; at the time-out or a cancel TERM, then KILL.

        Raises `CommandTimeout` after `timeout`, `CommandFailed` for another exit code than 0 if `check`.
        """
        limit = None if timeout is None else seconds(timeout)
        return await run_command(argv, timeout=limit, input=input, cwd=cwd, env=env, check=check)

    def _known_step(self, name: str) -> bytes | None:
        if name in self._steps_used:
            raise ValueError(f"step {name!r} was used already in this run; each step needs a name of its own")
        self._steps_used.add(name)
        return self._start.steps.get(name)

    def _packed_step(self, name: str, value: Any) -> bytes:
        try:
            packed = encode_strict(value)
        except NotJson as error:
            raise NotJson(f"the value of step {name!r} cannot be kept: {error}") from None
        if len(packed) > limits.STEP_BYTES:
            raise LimitReached(f"the value of a step may have {limits.STEP_BYTES} bytes, {name!r} has {len(packed)}")
        return packed

    def _stage_at(self, position: int, total: int | None) -> StageHandle:
        return StageHandle(self._of_stages, self.plan.name(position), position, total)

    def _stage_now(self) -> StageHandle:
        if self._current is None:
            raise StageOrder("enter a stage first: async with ctx.stage(name)")
        return self._current

    def _enter_stage(self, position: int) -> None:
        self._stop_if_cancelled()
        if position <= self._position:
            raise StageOrder(
                f"stage {self.plan.name(position)!r} is not ahead of {self.plan.name(self._position)!r}: stages go forward only"
            )
        self._position = position
        self._port.stage(position)

    def _stop_if_cancelled(self) -> None:
        if self._port.cancelled and not _on_loop():
            raise JobStopped


def _on_loop() -> bool:
    """A coroutine is stopped by its task's cancellation, at an await; only blocking code has to be told by raising."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _value(outcome: Outcome) -> Any:
    if outcome.error is not None:
        raise outcome.error
    return outcome.value
