"""The manager of the earlier system: any function, five threads, an hour."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from examples.calibration.manager import AsyncCalibrationManager, get_async_calibration_manager

from jindu.core.clock import ManualClock


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def manager(clock: ManualClock) -> Iterator[AsyncCalibrationManager]:
    made = AsyncCalibrationManager(max_workers=2, task_ttl_seconds=60, clock=clock.monotonic)
    yield made
    made.shutdown()


def ended(manager: AsyncCalibrationManager, task_id: str) -> dict[str, Any]:
    while True:
        found = manager.get_task_status(task_id)
        assert found is not None
        if found["status"] in ("completed", "failed"):
            return found


@pytest.mark.parametrize(
    ("function", "args", "result"),
    [
        (lambda info_hash: info_hash.upper(), (), "ABC"),
        (lambda info_hash, more, *, end: info_hash + more + end, ("d",), "abcd!"),
        (lambda: "nothing asked", (), "nothing asked"),
        (max, (), "c"),
    ],
)
def test_any_function_runs(manager: AsyncCalibrationManager, function: Any, args: tuple[Any, ...], result: str) -> None:
    kwargs = {"end": "!"} if args else {}
    task_id = manager.submit_task("abc", function, *args, **kwargs)
    assert ended(manager, task_id) == {"task_id": task_id, "status": "completed", "info_hash": "abc", "result": result}


def test_what_a_function_raises_is_the_tasks_error(manager: AsyncCalibrationManager) -> None:
    def fails(info_hash: str) -> None:
        raise RuntimeError(f"no {info_hash}")

    found = ended(manager, manager.submit_task("abc", fails))
    assert (found["status"], found["error"]) == ("failed", "no abc")


def test_no_more_run_than_there_are_workers_and_submitting_does_not_wait(manager: AsyncCalibrationManager) -> None:
    gate, begun = threading.Event(), threading.Semaphore(0)

    def waits(info_hash: str) -> str:
        begun.release()
        gate.wait()
        return info_hash

    tasks = [manager.submit_task(str(number), waits) for number in range(3)]
    begun.acquire()
    begun.acquire()
    states = [manager.get_task_status(task_id) for task_id in tasks]
    assert [state and state["status"] for state in states] == ["running", "running", "pending"]
    gate.set()
    assert [ended(manager, task_id)["result"] for task_id in tasks] == ["0", "1", "2"]


def test_tasks_are_forgotten_after_their_time_and_open_ones_never(manager: AsyncCalibrationManager, clock: ManualClock) -> None:
    gate = threading.Event()
    open_one = manager.submit_task("open", lambda info_hash: gate.wait())
    done = manager.submit_task("done", lambda info_hash: info_hash)
    ended(manager, done)
    clock.advance(59)
    assert manager.get_task_status(done)
    assert manager.cleanup_old_tasks() == 0
    clock.advance(1)
    assert manager.get_task_status(done) is None
    assert manager.cleanup_old_tasks() == 1
    assert manager.get_task_status(open_one)
    gate.set()
    assert manager.get_task_status("nobody") is None


def test_there_is_one_manager_for_the_process() -> None:
    assert get_async_calibration_manager() is get_async_calibration_manager()
