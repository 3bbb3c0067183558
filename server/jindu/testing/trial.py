"""A job on trial: a real store in a folder of its own, a worker that can be killed, a clock that jumps."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Generic, ParamSpec, TypeVar

from ..core.codec import decode_own
from ..core.durations import Duration, seconds
from ..core.frames import state_frame
from ..core.job import Job
from ..engine.registry import Registry
from ..functions import JobFunction
from ..handles import Handle, Update
from ..node import Node, open_node
from ..settings import Settings
from .jumping import LoopClock, run
from .mortal import Fate, Place, mortal
from .story import Story

P = ParamSpec("P")
R = TypeVar("R")


class Trial(Generic[P, R]):
    """Runs one job to its end, at once however long it waits, and tells its story.

        told = Trial(diagnose).kill_after(step="summary").run(brand="X", platforms=["a"])
        assert told.status == "completed" and told.deaths == 1

    Everything is real but the time and the death: the store is SQLite in a folder of its own, and a killed worker leaves just
    what was committed. Plain functions run in real threads, where time passes as on the wall. `settings` are for the node.
    """

    def __init__(self, job: JobFunction[P, R], **settings: Any) -> None:
        self._job = job
        self._settings = settings
        self._place: Place | None = None
        self._times = 0
        self._cancel_at: float | None = None

    def kill_after(self, *, stage: str | None = None, step: str | None = None, times: int = 1) -> "Trial[P, R]":
        """Kill the worker as soon as this stage was left, or this step is committed, and let another go on; `times` times.

        The job must take a Context and run on the loop or in a thread. Raises `ValueError` unless one of the two is named, and
        for a stage that the job has not.
        """
        if (stage is None) == (step is None):
            raise ValueError("name either a stage or a step")
        if stage is not None and stage not in [known.name for known in self._job.type.plan.stages]:
            raise ValueError(f"job {self._job.type.name!r} has no stage {stage!r}")
        self._place = Place("stage", stage) if stage is not None else Place("step", step or "")
        self._times = times
        return self

    def cancel_after(self, delay: Duration) -> "Trial[P, R]":
        """Ask for its end this long after the submit."""
        self._cancel_at = seconds(delay)
        return self

    def run(self, *args: P.args, **kwargs: P.kwargs) -> Story:
        """Submit with these parameters and follow to the end. Raises what `submit` raises, `AssertionError` if the place to
        die was never reached, and `RuntimeError` where a loop runs already: call it from a plain `def test_…`."""
        with tempfile.TemporaryDirectory(prefix="jindu-trial-") as folder:
            return run(self._lived(Path(folder), args, kwargs))

    async def _lived(self, folder: Path, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Story:
        fate = None if self._place is None else Fate(self._place, self._times)
        loop = asyncio.get_running_loop()
        begun, updates, committed, job_id, deaths = loop.time(), list[Update](), list[Job](), "", 0
        while not (updates and updates[-1].kind in ("complete", "error")):
            async with self._worker(folder / f"{deaths}.db", fate) as node:
                deaf = node.hub.feed(lambda notice: committed.append(notice.job) if notice.job else None)
                job_id = job_id or (await self._job.submit(*args, **kwargs)).id
                died = await self._followed(node, job_id, updates, fate, begun)
                deaf()
                if died:
                    await node.store.backup(folder / f"{deaths + 1}.db")  # what a death leaves: what is committed by now
                    deaths += 1
        assert fate is None or fate.left == 0, f"{self._place} was reached {deaths} times, not {self._times}"
        states = [decode_own(state_frame(job))["state"] for job in committed if job.id == job_id]
        story = Story(job_id, updates, deaths, loop.time() - begun, states)
        story.check()
        return story

    @asynccontextmanager
    async def _worker(self, store: Path, fate: Fate | None) -> AsyncIterator[Node]:
        app, job_type = self._job._app, self._job.type
        registry = Registry()
        for known in app.registry:
            registry.add(replace(known, function=mortal(known, fate)) if known is job_type and fate is not None else known)
        given = {**app.settings.arguments, "grace": 0, "loop_blocked_seconds": 0, **self._settings}
        settings = Settings(**{**given, "store": f"sqlite:///{store}"})
        clock = LoopClock(asyncio.get_running_loop())
        async with open_node(registry, app.errors, settings, clock) as node:
            with app.serving(node):
                try:
                    yield node
                finally:
                    if fate is not None:
                        fate.over()

    async def _followed(self, node: Node, job_id: str, updates: list[Update], fate: Fate | None, begun: float) -> bool:
        """Add what is told to `updates`, until the end or until the worker dies; whether it died."""

        async def follow() -> None:
            async for update in Handle[Any](node, job_id).updates():
                if not updates or update.seq > updates[-1].seq:
                    updates.append(update)

        async with asyncio.TaskGroup() as group:
            following = group.create_task(follow())
            waits = [following]
            if fate is not None:
                fate.struck.clear()
                waits.append(group.create_task(_happens(fate.struck)))
            cancelling = None if self._cancel_at is None else group.create_task(self._cancelled(node, job_id, begun))
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            died = not following.done()
            for task in (*waits, *([] if cancelling is None else [cancelling])):
                task.cancel()
        return died

    async def _cancelled(self, node: Node, job_id: str, begun: float) -> None:
        loop = asyncio.get_running_loop()
        await asyncio.sleep(max(0.0, begun + (self._cancel_at or 0.0) - loop.time()))
        with suppress(Exception):  # it has ended, or was cancelled in the life before
            await node.jobs.cancel(job_id, None)


async def _happens(event: asyncio.Event) -> None:
    await event.wait()
