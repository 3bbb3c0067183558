"""A connection that rests between requests is closed when uvicorn would close it, with one timer instead of one an answer."""

from collections.abc import Callable
from typing import Any, cast

import pytest
import uvicorn
from uvicorn.server import ServerState

from jindu.web.resting import Resting

REQUEST = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
REST = 5.0


class Timer:
    def __init__(self, at: float, call: Callable[[], None]) -> None:
        self.at, self.call, self.cancelled = at, call, False

    def cancel(self) -> None:
        self.cancelled = True


class Loop:
    """Time that goes on when it is told to."""

    def __init__(self) -> None:
        self.now = 100.0
        self.timers: list[Timer] = []

    def time(self) -> float:
        return self.now

    def call_later(self, seconds: float, call: Callable[[], None]) -> Timer:
        self.timers.append(Timer(self.now + seconds, call))
        return self.timers[-1]

    def create_task(self, coroutine: Any, **_: Any) -> Any:
        coroutine.close()  # answered by hand
        return FakeTask()

    def pass_time(self, seconds: float) -> None:
        end = self.now + seconds
        while due := [timer for timer in self.timers if not timer.cancelled and timer.at <= end]:
            first = min(due, key=lambda timer: timer.at)
            self.timers.remove(first)
            self.now = first.at
            first.call()
        self.now = end

    @property
    def waiting(self) -> int:
        return sum(not timer.cancelled for timer in self.timers)


class FakeTask:
    def add_done_callback(self, call: Any) -> None: ...


class Wire:
    """A transport to nowhere."""

    def __init__(self) -> None:
        self.closed = False

    def get_extra_info(self, name: str) -> None: ...

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True


async def nothing(scope: Any, receive: Any, send: Any) -> None: ...


@pytest.fixture
def loop() -> Loop:
    return Loop()


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
def protocol(loop: Loop, wire: Wire) -> Resting:
    config = uvicorn.Config(cast(Any, nothing), timeout_keep_alive=int(REST))
    config.load()
    made = Resting(config, ServerState(), {}, cast(Any, loop))
    made.connection_made(cast(Any, wire))
    return made


def exchange(protocol: Resting) -> None:
    protocol.data_received(REQUEST)
    answer(protocol)


def answer(protocol: Resting) -> None:
    protocol.cycle.response_complete = True
    protocol.on_response_complete()


def test_it_is_closed_when_it_has_rested_for_so_long(protocol: Resting, loop: Loop, wire: Wire) -> None:
    exchange(protocol)
    loop.pass_time(REST - 0.1)
    assert not wire.closed
    loop.pass_time(0.1)
    assert wire.closed


def test_each_request_begins_the_rest_anew_with_no_second_timer(protocol: Resting, loop: Loop, wire: Wire) -> None:
    for _ in range(20):
        exchange(protocol)
        loop.pass_time(1.0)
        assert loop.waiting == 1
    loop.pass_time(REST - 1.1)
    assert not wire.closed
    loop.pass_time(0.1)
    assert wire.closed


def test_a_request_that_takes_longer_than_a_rest_is_no_rest(protocol: Resting, loop: Loop, wire: Wire) -> None:
    exchange(protocol)
    protocol.data_received(REQUEST)
    loop.pass_time(10 * REST)
    assert not wire.closed
    answer(protocol)
    loop.pass_time(REST)
    assert wire.closed


@pytest.mark.parametrize("error", [None, ConnectionResetError()])
def test_nothing_waits_for_a_connection_that_is_gone(protocol: Resting, loop: Loop, error: Exception | None) -> None:
    exchange(protocol)
    protocol.connection_lost(error)
    assert not loop.waiting
