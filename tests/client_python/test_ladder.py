"""The ladder with a manual clock and scripted answers, where the shared vectors do not tell it: no socket, no waiting."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from client_python.stories import JOB, told
from client_python.world import Script, World
from jindu_client import FeedUpdate, NotFound, Update, WatchStopped
from jindu_client._commands import Answered, Closed, Opened, Refused
from jindu_client._held import Problem
from jindu_client._ladder import Remembered
from jindu_client._requests import Response, Unreachable

STORY = told(6)
HELLO = json.dumps({"type": "hello", "v": 1, "epoch": "E1", "ping": 20})
MUTE: Script = [(0.1, Opened())]
WHOLE: Script = [(0.1, Opened()), (0.2, HELLO), *((0.3, json.dumps(frame)) for frame in STORY.frames)]


def answered(body: Any, status: int = 200, **headers: str) -> Answered:
    return Answered(Response(status, headers, json.dumps(body).encode()))


def running(**more: Any) -> Answered:
    return answered({**STORY.snapshot(3), "poll_after_ms": 1000, **more})


def world(ws: Sequence[Script], look: Sequence[Script] = (), **more: Any) -> World:
    scripts = {"ws": ws, "look": look or [[(0.05, running())]], **more.pop("scripts", {})}
    return World(scripts, jobs=more.pop("jobs", (JOB,)), **more)


def is_end(output: object) -> bool:
    return isinstance(output, Update) and output.is_end


def test_a_live_link_forgives_the_misses_before_it() -> None:
    lived: Script = [(0, Opened()), (0, HELLO), (1, Closed(1006))]
    seen = world([MUTE, lived, MUTE, WHOLE]).play()
    assert len(seen.attempts["ws"]) == 4
    assert seen.attempts["stream"] == []


def test_a_server_that_is_down_is_dialled_again_and_again() -> None:
    dials: list[Script] = [[(0, Refused(None))]] * 9
    seen = world([*dials, WHOLE], [[(0, Answered(Unreachable("refused")))]], draw=0.99).play()
    assert len(seen.attempts["ws"]) == 10
    assert is_end(seen.outputs[-1])
    gaps = [later - at for at, later in zip(seen.attempts["ws"], seen.attempts["ws"][1:], strict=False)]
    assert max(gaps) <= 20
    assert gaps[0] < 0.5 < 5 < gaps[6], "it backs off"
    assert seen.attempts["stream"] == []


def test_a_close_code_of_the_server_before_hello_stops() -> None:
    seen = world([[(0, Opened()), (0, Closed(4009))]]).play()
    assert seen.finish is not None
    assert isinstance(seen.finish.error, WatchStopped)
    assert seen.finish.error.code == 4009


def test_a_job_that_is_not_there() -> None:
    seen = world([MUTE], [[(0, answered({"code": "NOT_FOUND", "title": "Not found"}, 404))]]).play()
    (output,) = seen.outputs
    assert isinstance(output, Problem)
    assert isinstance(output.error, NotFound)
    assert seen.now == 2.5


def test_polling_asks_with_the_etag_and_takes_304() -> None:
    first = answered({**STORY.snapshot(3), "poll_after_ms": 0}, etag='"E1:3"')
    same = answered(None, 304, **{"retry-after": "2"})
    seen = world([], [[(0, first)], [(0, same)], [(0, same)], [(0, answered(STORY.snapshot()))]], transports=["poll"]).play()
    assert [request.headers.get("if-none-match") for request in seen.asked] == [None, '"E1:3"', '"E1:3"', '"E1:3"']
    assert seen.attempts["look"] == [0, 0.1, 2.1, 4.1], "never without a pause, though the server said 0"
    assert is_end(seen.outputs[-1])


def test_polling_keeps_to_the_pace_that_was_asked_for() -> None:
    seen = world([], transports=["poll"], pace=0.2).play(until=21)
    assert [round(at) for at in seen.attempts["look"]] == [0, 5, 10, 15, 20]


def test_large_data_is_fetched_before_it_is_given_and_all_behind_it_waits() -> None:
    frames: list[dict[str, Any]] = [
        {"type": "result", "job": JOB, "seq": 2, "key": "big", "data_url": "/v1/jobs/J/partial/2"},
        {"type": "result", "job": JOB, "seq": 3, "key": "small", "data": 5},
        {"type": "complete", "job": JOB, "seq": 4, "state": {"status": "completed", "result_url": "/v1/jobs/J/result"}},
    ]
    wire: Script = [(0, Opened()), (0, HELLO), *((0, json.dumps(frame)) for frame in frames)]
    data: list[Script] = [
        [(0, Answered(Unreachable("reset")))],
        [(1, answered([1, 2]))],
        [(1, answered({"all": True}))],
    ]
    seen = world([wire], scripts={"data": data}).play()
    assert [(update.data, update.result, update.url) for update in seen.updates] == [
        ([1, 2], None, None),
        (5, None, None),
        (None, {"all": True}, None),
    ]
    assert [request.url for request in seen.asked] == ["http://jindu.test/v1/jobs/J/partial/2"] * 2 + [
        "http://jindu.test/v1/jobs/J/result"
    ]
    assert seen.holding.held[JOB].results == {"big": [1, 2], "small": 5}


def test_data_that_is_gone_is_an_error() -> None:
    wire: Script = [
        (0, Opened()),
        (0, HELLO),
        (0, json.dumps({"type": "result", "job": JOB, "seq": 2, "key": 1, "data_url": "/v1/x"})),
    ]
    seen = world([wire], scripts={"data": [[(0, answered({"code": "NOT_FOUND"}, 404))]]}).play()
    assert seen.finish is not None
    assert isinstance(seen.finish.error, NotFound)


def test_the_rung_is_remembered_for_ten_minutes() -> None:
    remembered, pings = Remembered(), [(float(at), json.dumps({"type": "ping"})) for at in range(10, 4000, 10)]
    stream: list[Script] = [[(0, Opened()), (0.1, HELLO), *pings]]
    first = world([MUTE], remembered=remembered, scripts={"stream": stream}).play(until=40)
    assert first.attempts["stream"] == [first.live[0][1] - 0.1]
    soon = world([WHOLE], remembered=remembered, scripts={"stream": stream}, now=300.0).play(until=400)
    assert (soon.attempts["stream"], soon.attempts["ws"]) == ([300.0], [330.0]), "on the stream, and the socket is probed"
    assert is_end(soon.outputs[-1])
    late = world([WHOLE], remembered=remembered, scripts={"stream": stream}, now=700.0).play()
    assert (late.attempts["ws"], late.attempts["stream"]) == ([700.0], [])


@pytest.mark.parametrize("page", [b"<html>please log in</html>", b"[]"], ids=["html", "json"])
def test_somebody_elses_page_is_no_answer(page: bytes) -> None:
    """A login page before the server answers everything with 200: HTTP does not work, so nothing is given up for it."""
    login: Script = [(0, Answered(Response(200, {}, page)))]
    seen = world([MUTE, MUTE, MUTE, WHOLE], [login]).play()
    assert seen.attempts["stream"] == []
    assert is_end(seen.outputs[-1])


@pytest.mark.parametrize("status", [401, 403])
def test_a_stream_that_the_server_refuses_is_refused_for_good(status: int) -> None:
    problem = answered({"code": "FORBIDDEN", "title": "No"}, status, **{"content-type": "application/problem+json"})
    seen = world([MUTE], scripts={"stream": [[(0, problem)]]}).play()
    assert seen.finish is not None
    assert seen.finish.error is not None
    assert seen.attempts["longpoll"] == []


def test_a_feed_stays_where_feeds_exist() -> None:
    """Without a lower rung there is none to step down to: it comes back, and is told that it stands anew."""

    def feeding() -> Script:
        stands = json.dumps({"type": "subscribed", "channels": {"jobs": 0}})
        moved = json.dumps({"type": "progress", "job": "X", "seq": 2, "state": {"status": "running"}, "feed": True})
        return [(0.1, Opened()), (0.2, HELLO), (0.3, stands), (0.4, moved), (1, Closed(1006))]

    seen = world([feeding()], jobs=(), feeds=["jobs"], transports=["ws", "stream"], look=[[(0, answered({}))]]).play(until=30)
    assert len(seen.attempts["ws"]) >= 3
    feeds = [output for output in seen.outputs if isinstance(output, FeedUpdate)]
    assert [(one.job, one.channel) for one in feeds[:2]] == [(None, "jobs"), ("X", None)]
    assert seen.attempts["look"] == [], "there is nothing to look at"


def test_both_lines_at_once_give_each_result_once() -> None:
    """While a probe proves itself two lines tell the same: seq removes doubles."""
    frames = [json.dumps(frame) for frame in STORY.frames]
    stream: Script = [(0, Opened()), (0, HELLO), *((30.0 + n / 10, frame) for n, frame in enumerate(frames[:-1]))]
    probe: Script = [(0, Opened()), (0, HELLO), *((0.05 + n / 10, frame) for n, frame in enumerate(frames))]
    seen = world([MUTE, MUTE, probe], scripts={"stream": [stream]}).play()
    results = [(one.key, one.data) for one in seen.updates if one.kind == "result"]
    assert results == [(frame["key"], frame["data"]) for frame in STORY.frames if frame["type"] == "result"]
    assert [one.seq for one in seen.updates] == sorted({one.seq for one in seen.updates})
    assert is_end(seen.outputs[-1])
