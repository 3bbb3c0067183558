"""The speed helpers: concurrency, cache, rates; bounds hold in every order of things (REQUIREMENTS E1, E2)."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jindu import ConcurrencyController, LRUCache, RateLimiter, get_cache
from jindu.core.clock import ManualClock
from support.jumping import LoopClock, run

# Concurrency.


@given(limit=st.integers(1, 4), lengths=st.lists(st.integers(0, 5), max_size=20), failing=st.sets(st.integers(0, 19)))
def test_no_more_run_at_once_than_may(limit: int, lengths: list[int], failing: set[int]) -> None:
    controller = ConcurrencyController(max_concurrent=limit)
    running, begun = 0, list[int]()

    async def work(number: int) -> int:
        nonlocal running
        running += 1
        begun.append(number)
        assert running <= limit
        await asyncio.sleep(lengths[number])
        running -= 1
        if number in failing:
            raise LookupError(number)
        return number

    async def all_of_them() -> list[Any]:
        calls = [controller.execute(work(n), task_name="work") for n in range(len(lengths))]
        return await asyncio.gather(*calls, return_exceptions=True)

    ends = run(all_of_them())
    assert begun == list(range(len(lengths)))
    assert [end if isinstance(end, int) else end.args[0] for end in ends] == begun
    failed = len([n for n in begun if n in failing])
    stats = controller.get_stats()
    assert (stats["completed"], stats["failed"], stats["total"]) == (len(begun) - failed, failed, len(begun))
    assert (stats["active"], stats["waiting"], stats["running"]) == (0, 0, {})
    assert stats["peak"] <= limit
    assert stats["success_rate"] == (1.0 if not begun else (len(begun) - failed) / len(begun))


def test_while_they_run_and_when_one_is_cancelled() -> None:
    async def story() -> None:
        controller = ConcurrencyController(2)
        gate = asyncio.Event()
        calls = [asyncio.create_task(controller.execute(gate.wait(), task_name=name)) for name in ("a", "a", "b", "c")]
        await asyncio.sleep(1)
        shown = controller.get_stats()
        assert (shown["active"], shown["waiting"], shown["running"]) == (2, 2, {"a": 2})
        calls[0].cancel()  # runs
        calls[3].cancel()  # waits: its coroutine is ended unstarted, without a warning
        await asyncio.sleep(1)
        gate.set()
        ends = await asyncio.gather(*calls, return_exceptions=True)
        assert [isinstance(end, asyncio.CancelledError) for end in ends] == [True, False, False, True]
        shown = controller.get_stats()
        assert (shown["completed"], shown["cancelled"], shown["active"], shown["waiting"]) == (2, 1, 0, 0)

    run(story())


# Cache.

KEYS = st.sampled_from("abcde")
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("set"), KEYS, st.integers(0, 3)),
        st.tuples(st.just("get"), KEYS, st.none()),
        st.tuples(st.just("delete"), KEYS, st.none()),
        st.tuples(st.just("wait"), st.none(), st.integers(1, 12)),
    ),
    max_size=60,
)


@given(size=st.integers(1, 4), steps=STEPS)
def test_the_cache_is_its_model(size: int, steps: list[tuple[str, Any, Any]]) -> None:
    """Least recently used goes first; what is `ttl` seconds old is not there."""
    clock = ManualClock()
    cache: LRUCache[str, int] = LRUCache(max_size=size, ttl=10, clock=clock)
    model: OrderedDict[str, tuple[int, float]] = OrderedDict()
    hits = misses = 0
    for what, key, value in steps:
        for old in [name for name, (_, at) in model.items() if clock.monotonic() >= at + 10]:
            del model[old]
        if what == "wait":
            clock.advance(value)
        elif what == "set":
            model.pop(key, None)
            if len(model) >= size:
                model.popitem(last=False)
            model[key] = (value, clock.monotonic())
            cache.set(key, value)
        elif what == "get":
            there = key in model
            hits, misses = hits + there, misses + (not there)
            if there:
                model.move_to_end(key)
            assert cache.get(key, "none") == (model[key][0] if there else "none")
        else:
            assert cache.delete(key) == (model.pop(key, None) is not None)
    stats = cache.get_stats()
    assert (stats["hits"], stats["misses"]) == (hits, misses)
    assert stats["hit_rate"] == (hits / (hits + misses) if hits + misses else 0.0)


def test_what_is_heavier_than_the_cache_is_not_kept() -> None:
    cache: LRUCache[str, bytes] = LRUCache(max_size=10, weigh=len)
    cache.set("a", b"123456")
    cache.set("b", b"1234")
    cache.set("c", b"12345678901")
    assert [name in cache for name in "abc"] == [True, True, False]
    cache.set("a", b"12345678901")
    assert "a" not in cache
    cache.clear()
    assert len(cache) == 0


def test_one_cache_of_the_process_for_each_time_to_live() -> None:
    assert get_cache() is get_cache(ttl=300)
    assert get_cache(ttl=60) is not get_cache()
    assert get_cache().get_stats()["max_size"] == 1000


@pytest.mark.parametrize("make", [lambda: LRUCache(0), lambda: LRUCache(ttl=0), lambda: ConcurrencyController(0),
    lambda: RateLimiter(0), lambda: RateLimiter(time_window=0), lambda: RateLimiter(time_window=float("inf"))])  # fmt: skip
def test_bounds_that_make_no_sense_are_refused(make: Any) -> None:
    with pytest.raises(ValueError):
        make()


# Rates.


def never_too_many(times: list[float], calls: int, window: float) -> bool:
    """Whether of any window, open at its end, no more than so many are in it; a billionth of a second is rounding."""
    return all(later - sooner >= window - 1e-9 for sooner, later in zip(times, times[calls:], strict=False))


@given(
    calls=st.integers(1, 4),
    window=st.sampled_from([1.0, 7.5, 60.0]),
    tries=st.lists(st.tuples(st.sampled_from("xy"), st.floats(0, 40)), max_size=60),
)
def test_no_window_lets_too_many_pass(calls: int, window: float, tries: list[tuple[str, float]]) -> None:
    clock = ManualClock()
    limiter = RateLimiter(max_requests=calls, time_window=window, clock=clock)
    passed: dict[str, list[float]] = {"x": [], "y": []}
    for client, pause in tries:
        clock.advance(pause)
        now = clock.monotonic()
        free = limiter.check(client) == 0
        assert limiter.try_acquire(client) == free
        recent = [at for at in passed[client] if now < at + window]
        assert free == (len(recent) < calls)  # and none is refused without need
        if free:
            passed[client].append(now)
    assert all(never_too_many(times, calls, window) for times in passed.values())
    stats = limiter.get_stats()
    assert stats["allowed"] == sum(map(len, passed.values()))
    assert stats["refused"] == len(tries) - stats["allowed"]


@given(calls=st.integers(1, 4), pauses=st.lists(st.floats(0, 20), max_size=30), cancelled=st.sets(st.integers(0, 29)))
def test_execute_waits_its_turn_in_order(calls: int, pauses: list[float], cancelled: set[int]) -> None:
    async def story() -> tuple[list[float], list[int]]:
        limiter = RateLimiter(calls, 10, clock=LoopClock())
        times, order = list[float](), list[int]()

        async def call(number: int) -> None:
            times.append(asyncio.get_running_loop().time())
            order.append(number)

        tasks = []
        for number, pause in enumerate(pauses):
            await asyncio.sleep(pause)
            tasks.append(asyncio.create_task(limiter.execute(call(number))))
            await asyncio.sleep(0)
            if number in cancelled:
                tasks[-1].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        stats = limiter.get_stats()
        assert (stats["allowed"], stats["waiting"]) == (len(order), 0)
        return times, order

    times, order = run(story())
    assert order == sorted(order)
    assert set(range(len(pauses))) - set(order) <= cancelled
    assert never_too_many(times, calls, 10)


def test_clients_do_not_stand_in_each_others_way_and_are_forgotten() -> None:
    clock = ManualClock()
    limiter = RateLimiter(clock=clock)
    assert [limiter.try_acquire(f"c{n}") for n in range(100)] == [True] * 100
    assert limiter.get_stats()["clients"] == 100
    clock.advance(200)
    assert limiter.get_stats()["clients"] == 0


def test_who_waits_comes_before_who_only_asks() -> None:
    async def story() -> None:
        limiter = RateLimiter(1, 10, clock=LoopClock())

        async def nothing() -> float:
            return asyncio.get_running_loop().time()

        began: float = await limiter.execute(nothing())
        waiting: Awaitable[float] = asyncio.create_task(limiter.execute(nothing()))
        await asyncio.sleep(1)
        assert limiter.check() == 9
        assert not limiter.try_acquire()
        assert await waiting == began + 10
        assert limiter.get_stats()["waited"] == 1

    run(story())


async def test_what_the_work_raises_passes() -> None:
    async def failing() -> None:
        raise LookupError("no")

    for helper in (RateLimiter(), ConcurrencyController()):
        with pytest.raises(LookupError):
            await helper.execute(failing())
