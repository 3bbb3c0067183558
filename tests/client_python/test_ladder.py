"""The ladder with a manual clock and scripted answers: no socket, no waiting, every second counted."""

import json
import random
from collections.abc import Callable
from typing import Any

import pytest

from client_python.stories import JOB, told
from jindu_client import NotFound, WatchStopped
from jindu_client._ladder import watching
from jindu_client._requests import Api, Request, Response, Unreachable
from jindu_client._session import Problem, Session
from jindu_client._steps import (
    Closed,
    Command,
    Dial,
    Emit,
    Fetch,
    HangUp,
    Heard,
    Opened,
    Receive,
    Refused,
    Send,
    Silence,
    Sleep,
    Steps,
    Tell,
)  # fmt: skip
from jindu_client._watch import Watch

STORY = told(6)
HELLO = json.dumps({"type": "hello", "v": 1, "epoch": "E1", "ping": 20})
Wire = list[tuple[float, Heard]]  # seconds after dialling, and what is heard then


class World:
    """A driver whose clock moves only by waiting. `dials`: what each connection hears; the last one again and again."""

    def __init__(self, dials: list[Wire], http: Callable[[Request], Response | Unreachable]) -> None:
        self.now = 0.0
        self.http = http
        self.dials = dials
        self.dialled: list[float] = []
        self.fetched: list[float] = []
        self.slept: list[float] = []
        self.links: list[str] = []
        self.outputs: list[Any] = []
        self._wire: list[tuple[float, Heard]] = []

    def play(self, program: Steps[None], until: float = 3600) -> "World":
        answer: Any = None
        try:
            while self.now <= until:
                answer = self.do(program.send(answer))
        except StopIteration:
            pass
        finally:
            program.close()
        return self

    def do(self, command: Command) -> Any:
        match command:
            case Dial():
                wire = self.dials[min(len(self.dialled), len(self.dials) - 1)]
                self.dialled.append(self.now)
                self._wire = [(self.now + after, heard) for after, heard in wire]
            case Receive(timeout):
                return self.hear(timeout)
            case Fetch(request):
                self.fetched.append(self.now)
                return self.http(request)
            case Sleep(seconds):
                self.slept.append(seconds)
                self.now += seconds
            case Tell(link):
                self.links.append(link)
            case Emit(output):
                self.outputs.append(output)
            case HangUp():
                self._wire = []
            case Send():
                pass
        return None

    def hear(self, timeout: float) -> Heard:
        if self._wire and self._wire[0][0] <= self.now + timeout:
            at, heard = self._wire.pop(0)
            self.now = max(self.now, at)
            return heard
        self.now += timeout
        return Silence()


def watch(world: World) -> World:
    session = Session([JOB], rng=random.Random(1))
    return world.play(watching(Watch(session, Api("http://jindu.test"), lambda: world.now, random.Random(1))))


def snapshot(body: Any, status: int = 200, **headers: str) -> Callable[[Request], Response]:
    return lambda request: Response(status, headers, json.dumps(body).encode())


def running() -> Callable[[Request], Response]:
    return snapshot({**STORY.snapshot(3), "poll_after_ms": 1000})


def whole() -> Wire:
    return [(0.1, Opened()), (0.2, HELLO), *((0.3, json.dumps(frame)) for frame in STORY.frames)]


MUTE: Wire = [(0.1, Opened())]


def test_live_from_the_first_attempt_without_any_look() -> None:
    world = watch(World([whole()], running()))
    assert world.outputs[-1].is_end
    assert world.fetched == []
    assert world.links == ["connecting", "live"]


def test_a_slow_hello_is_bridged_by_one_look() -> None:
    world = watch(World([[(0.1, Opened()), (6, HELLO), (7, json.dumps(STORY.frames[-1]))]], running()))
    assert world.fetched == [2.5]
    assert [output.kind for output in world.outputs][-1] == "complete"
    assert len(world.dialled) == 1


def test_twice_mute_steps_down_and_probes_after_thirty_seconds() -> None:
    world = watch(World([MUTE, MUTE, whole()], running()))
    first, second, probe = world.dialled
    assert (first, 8.0 <= second <= 8.5) == (0, True)
    assert probe == pytest.approx(second + 8 + 30)
    polls = [at for at in world.fetched if second + 8 < at <= probe]
    assert len(polls) == 30  # each second, as the server asked
    assert world.links[-1] == "live"
    assert world.outputs[-1].is_end


def test_failing_probes_grow_rarer_and_polling_goes_on_meanwhile() -> None:
    world = watch(World([MUTE], running()))
    gaps = [round(later - at - 8) for at, later in zip(world.dialled[1:], world.dialled[2:], strict=False)]
    assert gaps == [30, 60, 120, 300, *[600] * (len(gaps) - 4)]
    assert len(gaps) > 4
    probe = world.dialled[3]
    assert len([at for at in world.fetched if probe <= at <= probe + 8]) >= 7


@pytest.mark.parametrize("status", [400, 403, 404, 426, None])
def test_a_refused_upgrade_while_http_works_polls_at_once(status: int | None) -> None:
    ended = snapshot(STORY.snapshot())
    answers = iter([running(), running(), ended])
    world = watch(World([[(0.1, Refused(status))]], lambda request: next(answers)(request)))
    assert len(world.dialled) == (1 if status else 2)
    assert world.outputs[-1].is_end
    assert [output.seq for output in world.outputs] == sorted({output.seq for output in world.outputs})


def test_a_live_link_forgives_the_misses_before_it() -> None:
    lived: Wire = [(0, Opened()), (0, HELLO), (1, Closed(1006))]
    world = watch(World([MUTE, lived, MUTE, whole()], running()))
    assert len(world.dialled) == 4
    assert "polling" not in world.links


@pytest.mark.parametrize("status", [429, 503])
def test_a_restart_or_a_limit_is_no_reason_to_poll(status: int) -> None:
    world = watch(World([[(0, Refused(status))], whole()], snapshot({}, 503, **{"retry-after": "4"})))
    assert world.slept == [4]
    assert world.links == ["connecting", "waiting", "connecting", "live"]


def test_a_server_that_is_down_is_dialled_again_and_again() -> None:
    dials: list[Wire] = [[(0, Refused(None))]] * 9
    world = watch(World([*dials, whole()], lambda request: Unreachable("refused")))
    assert len(world.dialled) == 10
    assert world.outputs[-1].is_end
    assert max(world.slept) <= 20
    assert "polling" not in world.links


def test_sent_away_before_hello_is_no_reason_to_poll() -> None:
    bye = json.dumps({"type": "bye", "code": 4200, "retry_ms": 3170, "why": "restart", "stop": False})
    world = watch(World([[(0, Opened()), (0, bye)]] * 3 + [whole()], running()))
    assert world.slept == [3.17] * 3
    assert "polling" not in world.links


def test_silence_cuts_a_dead_link() -> None:
    world = watch(World([[(0, Opened()), (0, HELLO), (1, json.dumps(STORY.frames[0]))], whole()], running()))
    assert world.dialled[1] - 46 <= 0.5
    assert world.outputs[-1].is_end


def test_the_close_code_stops_it() -> None:
    with pytest.raises(WatchStopped) as raised:
        watch(World([[(0, Opened()), (0, Closed(4009))]], running()))
    assert raised.value.code == 4009


def test_a_job_that_is_not_there() -> None:
    world = watch(World([MUTE], snapshot({"code": "NOT_FOUND", "title": "Not found"}, 404)))
    (output,) = world.outputs
    assert isinstance(output, Problem)
    assert isinstance(output.error, NotFound)
    assert world.now == 2.5


def test_polling_asks_with_the_etag_and_takes_304() -> None:
    seen: list[str | None] = []

    def http(request: Request) -> Response:
        seen.append(request.headers.get("if-none-match"))
        if len(seen) == 4:
            return snapshot(STORY.snapshot())(request)
        if request.headers.get("if-none-match"):
            return Response(304, {"retry-after": "2"}, b"")
        return Response(200, {"etag": '"E1:3"'}, json.dumps(STORY.snapshot(3)).encode())

    world = watch(World([[(0, Refused(404))]], http))
    assert seen == [None, '"E1:3"', '"E1:3"', '"E1:3"']
    assert world.slept == [0.1, 2, 2]  # never without a pause, though the server said 0
    assert world.outputs[-1].is_end


def test_large_data_is_fetched_before_it_is_given() -> None:
    frames: list[dict[str, Any]] = [
        {"type": "result", "job": JOB, "seq": 2, "key": "big", "data_url": "/v1/jobs/J/partial/2"},
        {"type": "complete", "job": JOB, "seq": 3, "state": {"status": "completed", "result_url": "/v1/jobs/J/result"}},
    ]
    answers = {"/v1/jobs/J/partial/2": [1, 2], "/v1/jobs/J/result": {"all": True}}
    failing = iter([True, False, False])

    def http(request: Request) -> Response | Unreachable:
        if next(failing):
            return Unreachable("reset")
        return snapshot(answers[request.url.removeprefix("http://jindu.test")])(request)

    world = watch(World([[(0, Opened()), (0, HELLO), *((0, json.dumps(frame)) for frame in frames)]], http))
    assert [(output.data, output.result, output.url) for output in world.outputs] == [
        ([1, 2], None, None),
        (None, {"all": True}, None),
    ]
