"""A node that foretells: real bodies, a real file, and a clock that moves when told."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from jindu import App, Context, Stage
from jindu.core.clock import ManualClock
from jindu.core.eta.history import ENOUGH
from jindu.engine.options import Options
from jindu.node import Node, open_node
from jindu.settings import Settings


class Shop:
    """The type `paint`: a stage that counts three strokes, then one that dries in silence. Each step is let go by the test."""

    def __init__(self, node: Node, clock: ManualClock, step: asyncio.Semaphore) -> None:
        self.node = node
        self.clock = clock
        self.step = step

    async def submit(self) -> str:
        return (await self.node.jobs.submit(self.node.jobs.type("paint"), b"{}", Options())).id

    async def until(self, job_id: str, true: Callable[[], bool]) -> None:
        while not true():
            await asyncio.sleep(0.001)

    def progress(self, job_id: str) -> float:
        job = self.node.journal.visible(job_id)
        return -1.0 if job is None else job.progress

    def stage(self, job_id: str) -> str:
        job = self.node.journal.visible(job_id)
        return "" if job is None else job.stage

    async def tick(self) -> None:
        await self.node.advice.tick(self.clock.monotonic())

    async def dry(self) -> str:
        """A job that has come to the silent stage: three strokes, of two seconds each."""
        job_id = await self.submit()
        await self.until(job_id, lambda: self.stage(job_id) == "strokes")
        for stroke in range(3):
            before = self.progress(job_id)
            self.clock.advance(2)
            self.step.release()
            if stroke < 2:
                await self.until(job_id, lambda before=before: self.progress(job_id) > before)  # type: ignore[misc]
        await self.until(job_id, lambda: self.stage(job_id) == "drying")
        return job_id

    async def whole(self) -> None:
        job_id = await self.dry()
        self.clock.advance(6)
        self.step.release()
        while not (await self.node.jobs.read(job_id)).job.is_completed:
            await asyncio.sleep(0.001)
        await self.tick()


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[Shop]:
    app, step = App(), asyncio.Semaphore(0)

    @app.job(stages=[Stage("strokes"), Stage("drying")], pace=0)
    async def paint(ctx: Context) -> None:
        async with ctx.stage("strokes") as stage:
            async for _ in stage.track(range(3)):
                await step.acquire()
        async with ctx.stage("drying"):
            await step.acquire()

    settings, clock = Settings(store=f"sqlite:///{folder}/jindu.db", grace=0), ManualClock()
    async with open_node(app.registry, app.errors, settings, clock) as node:
        yield Shop(node, clock, step)


@pytest.fixture
def learned(tmp_path: Path) -> Callable[[], Awaitable[Path]]:
    """A store with runs of six and six seconds."""

    async def made() -> Path:
        async with opened(tmp_path) as shop:
            for _ in range(ENOUGH):
                await shop.whole()
        return tmp_path

    return made


async def test_what_one_process_learned_the_next_one_tells(learned: Callable[[], Awaitable[Path]]) -> None:
    async with opened(await learned()) as shop:
        job_id = await shop.submit()
        await shop.until(job_id, lambda: shop.stage(job_id) == "strokes")
        job = shop.node.journal.visible(job_id)
        assert job is not None
        told = shop.node.advice.of(job).eta
        assert told is not None
        assert told["p50"] == pytest.approx(12, rel=0.15)
        assert told["p90"] < 15
        for _ in range(4):
            shop.step.release()


async def test_the_bar_goes_on_in_silence_and_is_never_whole_before_the_end(learned: Callable[[], Awaitable[Path]]) -> None:
    async with opened(await learned()) as shop:
        job_id = await shop.dry()
        seen = [shop.progress(job_id)]
        assert seen[0] == pytest.approx(50, abs=3)
        for _ in range(5):
            shop.clock.advance(1)
            await shop.tick()
            await shop.until(job_id, lambda: shop.progress(job_id) > seen[-1])
            seen.append(shop.progress(job_id))
        assert seen == sorted(seen)
        assert 80 < seen[-1] < 98
        job = shop.node.journal.visible(job_id)
        assert job is not None
        told = shop.node.advice.of(job).eta
        assert told is not None
        assert told["p50"] < 2.5, "it is not its own bar that it learns from"
        shop.step.release()
        while not (await shop.node.jobs.read(job_id)).job.is_completed:
            await asyncio.sleep(0.001)
