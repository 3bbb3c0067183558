"""Metrics of applications: labels, time of the last change, threads, and what is refused (REQUIREMENTS F7)."""

import asyncio
import threading

import pytest

from jindu import get_metrics
from jindu.core.clock import ManualClock, rfc3339
from jindu.monitor.own import SERIES, AppMetrics


def test_each_series_has_its_labels_and_the_time_of_its_last_change() -> None:
    clock = ManualClock()
    own = AppMetrics(clock)
    orders, depth = own.counter("orders_total", "Orders", ["country"]), own.gauge("depth")
    orders.add(country="de")
    first = clock.wall()
    clock.advance(5)
    orders.add(2, country="fr")
    depth.set(7)
    depth.add(-2)
    own.histogram("size", bounds=(1, 10)).observe(4)
    shown = {(sample["name"], *sample["labels"].values()): sample for sample in own.samples()}
    assert {key: (sample["value"], sample["changed_at"]) for key, sample in shown.items()} == {
        ("orders", "de"): (1, rfc3339(first)),
        ("orders", "fr"): (2, rfc3339(clock.wall())),
        ("depth",): (5, rfc3339(clock.wall())),
        ("size",): (4, rfc3339(clock.wall())),
    }
    assert (shown["size",]["kind"], shown["size",]["count"]) == ("histogram", 1)
    assert own.counter("orders", labels=["country"]) is orders


def test_what_is_refused() -> None:
    own = AppMetrics()
    orders = own.counter("orders", labels=["country"])
    with pytest.raises(ValueError, match="has the labels country"):
        orders.add()
    with pytest.raises(ValueError, match="never falls"):
        orders.add(-1, country="de")
    with pytest.raises(TypeError, match="only a gauge is set"):
        orders.set(1, country="de")
    with pytest.raises(TypeError, match="only a histogram observes"):
        orders.observe(1, country="de")
    with pytest.raises(TypeError, match="it observes"):
        own.histogram("h").add()
    for name in ("jindu_x", "process_x", "a-b", "", "1a"):
        with pytest.raises(ValueError, match="a name has letters"):
            own.gauge(name)
    with pytest.raises(ValueError, match="cannot be a label"):
        own.gauge("g", labels=["owner"])
    with pytest.raises(ValueError, match="with other labels already"):
        own.counter("orders")


def test_labels_are_bounded() -> None:
    many = AppMetrics().counter("many", labels=["id"])
    for number in range(SERIES):
        many.add(id=str(number))
    with pytest.raises(ValueError, match="label what is few"):
        many.add(id="one more")
    many.add(id="0")


def test_no_count_is_lost_between_threads() -> None:
    own = AppMetrics()
    counted = own.counter("n")
    begin = threading.Barrier(8)

    def work() -> None:
        begin.wait()
        for _ in range(2_000):
            counted.add()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert own.samples()[0]["value"] == 16_000


async def test_a_call_is_timed_and_counted_however_it_ends() -> None:
    own = AppMetrics(clock := ManualClock())
    with own.call("deepseek"):
        await asyncio.sleep(0)
        clock.advance(2)
    with pytest.raises(ZeroDivisionError), own.call("deepseek"):
        raise ZeroDivisionError
    assert own.calls == (2, 2.0)
    calls = own.families[0]
    assert calls.values == {("deepseek", "ok"): 1, ("deepseek", "error"): 1}


def test_there_is_one_for_the_process() -> None:
    assert get_metrics() is get_metrics()
