"""`stage.map`: several at once, as they finish; failures come as errors."""

import asyncio
import threading
from collections import Counter
from typing import Any

import pytest

from jindu import App, Context, JobError


class Crowd:
    """Counts who is inside at once; from threads too."""

    def __init__(self) -> None:
        self.inside = 0
        self.most = 0
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        with self._lock:
            self.inside += 1
            self.most = max(self.most, self.inside)

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self.inside -= 1


async def test_several_run_at_once_and_the_limit_is_kept_and_reached(app: App) -> None:
    crowd, full = Crowd(), asyncio.Event()

    async def ask(number: int) -> int:
        with crowd:
            if crowd.inside == 3:
                full.set()
            await asyncio.wait_for(full.wait(), 5)
            await asyncio.sleep(0)
            return number * 2

    @app.job
    async def work(ctx: Context) -> list[Any]:
        return sorted([list(pair) async for pair in ctx.map(ask, range(10), limit=3)])

    async with app.open():
        assert await (await work.submit()).wait(5) == [[number, number * 2] for number in range(10)]
    assert crowd.most == 3


async def test_answers_come_in_the_order_they_finish(app: App) -> None:
    doors = [asyncio.Event() for _ in range(3)]

    async def wait(number: int) -> int:
        await doors[number].wait()
        return number

    @app.job
    async def work(ctx: Context) -> list[int]:
        order = []
        doors[2].set()
        async for number, _ in ctx.map(wait, range(3)):
            order.append(number)
            doors[{2: 0, 0: 1}.get(number, 1)].set()
        return order

    async with app.open():
        assert await (await work.submit()).wait(5) == [2, 0, 1]


FATAL = [SystemExit, KeyboardInterrupt, GeneratorExit, MemoryError, RecursionError, asyncio.CancelledError, StopAsyncIteration]


@pytest.mark.parametrize("sync", [False, True])
async def test_a_failed_item_comes_as_a_job_error_and_is_not_raised(app: App, sync: bool) -> None:
    errors = [None, ConnectionError, ValueError, lambda: JobError("AI_QUOTA_EXHAUSTED", retry_after=9), *FATAL]

    def fail(number: int) -> str:
        if (make := errors[number]) is not None:
            raise make()
        return "fine"

    async def fail_async(number: int) -> str:
        return fail(number)

    def told(answer: object) -> object:
        return [answer.code, answer.retry_after] if isinstance(answer, JobError) else answer

    @app.job(name="thread")
    def in_thread(ctx: Context) -> list[Any]:
        return sorted([number, told(answer)] for number, answer in ctx.map(fail, range(len(errors))))

    @app.job(name="loop")
    async def on_loop(ctx: Context) -> list[Any]:
        return sorted([[number, told(answer)] async for number, answer in ctx.map(fail_async, range(len(errors)))])

    async with app.open() as node:
        answers = await (await (in_thread if sync else on_loop).submit()).wait(5)
        assert [answer for _, answer in answers[:4]] == [
            "fine",
            ["NETWORK_ERROR", None],
            ["INTERNAL_ERROR", None],
            ["AI_QUOTA_EXHAUSTED", 9],
        ]
        assert [answer for _, answer in answers[4:]] == [["INTERNAL_ERROR", None]] * len(FATAL)
        assert node.ready is None


async def test_plain_functions_run_in_threads_at_once(app: App) -> None:
    meeting = threading.Barrier(3, timeout=5)

    def meet(number: int) -> bool:
        meeting.wait()
        return threading.current_thread() is not threading.main_thread()

    @app.job(name="loop")
    async def on_loop(ctx: Context) -> list[bool]:
        return [answer async for _, answer in ctx.map(meet, range(3), limit=3)]

    @app.job(name="thread")
    def in_thread(ctx: Context) -> list[bool]:
        return [answer for _, answer in ctx.map(meet, range(3), limit=3)]

    async with app.open():
        assert await (await on_loop.submit()).wait(5) == [True] * 3
        assert await (await in_thread.submit()).wait(5) == [True] * 3


async def test_a_lambda_around_a_coroutine_function_is_awaited(app: App) -> None:
    async def ask(number: int, factor: int) -> int:
        if number == 2:
            raise ConnectionError
        return number * factor

    @app.job
    async def work(ctx: Context) -> list[Any]:
        return sorted([[number, answer] async for number, answer in ctx.map(lambda n: ask(n, 10), range(3))])

    async with app.open():
        assert await (await work.submit()).wait(5) == [[0, 0], [1, 10], [2, {"error": "NETWORK_ERROR"}]]


async def test_the_sync_twin_keeps_its_limit(app: App) -> None:
    crowd, full = Crowd(), threading.Event()

    def ask(number: int) -> int:
        with crowd:
            if crowd.inside == 2:
                full.set()
            assert full.wait(5)
            return number

    @app.job
    def work(ctx: Context) -> list[int]:
        return sorted(answer for _, answer in ctx.map(ask, range(8), limit=2))

    async with app.open():
        assert await (await work.submit()).wait(5) == list(range(8))
    assert crowd.most == 2


async def test_each_item_moves_the_bar(app: App) -> None:
    async def ask(number: int) -> None: ...

    @app.job(pace=0)
    async def work(ctx: Context) -> list[float]:
        seen = []
        async for _ in ctx.map(ask, range(4), limit=1):
            job = node.journal.head(ctx.job_id)
            assert job is not None
            seen.append(job.progress)
        return seen

    async with app.open() as node:
        assert await (await work.submit()).wait(5) == [25.0, 50.0, 75.0, 99.9]


@pytest.mark.parametrize("where", ["waiting for answers", "in the block"])
async def test_a_cancel_ends_the_children(app: App, where: str) -> None:
    counts: Counter[str] = Counter()
    started, all_ended, for_ever = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def child(number: int) -> int:
        if number == 0 and where == "in the block":
            return 0
        counts["begun"] += 1
        try:
            started.set()
            await for_ever.wait()
        finally:
            counts["ended"] += 1
            if counts["ended"] == counts["begun"]:
                all_ended.set()
        return number

    @app.job
    async def work(ctx: Context) -> None:
        async for _ in ctx.map(child, range(5), limit=5):
            await for_ever.wait()

    async with app.open():
        job = await work.submit()
        await asyncio.wait_for(started.wait(), 5)
        await job.cancel()
        with pytest.raises(JobError, match="JOB_CANCELLED"):
            await job.wait(5)
        await asyncio.wait_for(all_ended.wait(), 5)
    assert counts["begun"] == counts["ended"] > 3


async def test_a_cancel_ends_the_sync_twin_and_starts_no_further_item(app: App) -> None:
    started, let_go = asyncio.Event(), threading.Event()
    loop, begun = asyncio.get_running_loop(), []

    def child(number: int) -> None:
        begun.append(number)
        loop.call_soon_threadsafe(started.set)
        assert let_go.wait(5)

    @app.job
    def work(ctx: Context) -> None:
        for _ in ctx.map(child, range(50), limit=2):
            pass

    async with app.open():
        job = await work.submit()
        await asyncio.wait_for(started.wait(), 5)
        await job.cancel()
        with pytest.raises(JobError, match="JOB_CANCELLED"):
            await job.wait(5)
        let_go.set()
    assert len(begun) <= 2


@pytest.mark.parametrize("limit", [0, -1])
async def test_a_limit_below_one_is_refused(app: App, limit: int) -> None:
    @app.job
    async def work(ctx: Context) -> str:
        try:
            ctx.map(str, [1], limit=limit)
        except ValueError as error:
            return str(error)
        return ""

    async with app.open():
        assert "1 or more" in await (await work.submit()).wait(5)


async def test_nothing_to_map_is_no_answer(app: App) -> None:
    @app.job
    async def work(ctx: Context) -> int:
        return len([pair async for pair in ctx.map(str, [])])

    @app.job
    def twin(ctx: Context) -> int:
        return len(list(ctx.map(str, [])))

    async with app.open():
        assert await (await work.submit()).wait(5) == 0
        assert await (await twin.submit()).wait(5) == 0
