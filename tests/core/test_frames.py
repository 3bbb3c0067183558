"""Every frame of PROTOCOL section 2, field by field, and how frames become messages."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jindu.core import events as ev
from jindu.core import frames
from jindu.core.advice import Told
from jindu.core.catalogue import CATALOGUE
from jindu.core.job import Job
from jindu.core.states import Kind
from support.histories import ERROR, JOB, NOW, event, live, lives, running, submitted

OPEN_STATE = [
    "status", "stage", "progress", "is_completed", "message", "attempt", "max_attempts", "results", "retry_at", "cancelling",
    "updated_at", "eta", "queue", "stale_after",
]  # fmt: skip
INLINE = 32 * 1024
MESSAGE = 48 * 1024


def shown(job: Job, result: bytes | None = None) -> Any:
    return orjson.loads(frames.state_frame(job, result))


def test_a_progress_frame_field_by_field() -> None:
    job = live(
        running(max_attempts=3), ev.StageEntered(NOW, 1), ev.Progressed(NOW + 1.5, 34.56, "第 3 个平台"), event(Kind.RESULT)
    )
    assert shown(job) == {
        "type": "progress",
        "job": JOB,
        "seq": 5,
        "state": {
            "status": "running",
            "stage": "think",
            "progress": 34.6,
            "is_completed": False,
            "message": "第 3 个平台",
            "attempt": 1,
            "max_attempts": 3,
            "results": 1,
            "retry_at": None,
            "cancelling": False,
            "updated_at": "2027-01-15T08:00:01.500Z",
            "eta": None,
            "queue": None,
            "stale_after": 30,
        },
    }


def test_a_complete_frame_carries_the_result_and_no_error() -> None:
    frame = shown(live(running(), event(Kind.RETURN)), b'{"score":88}')
    assert list(frame) == ["type", "job", "seq", "state"]
    assert frame["type"] == "complete"
    assert list(frame["state"]) == [*OPEN_STATE, "result"]
    assert frame["state"]["result"] == {"score": 88}
    assert (frame["state"]["status"], frame["state"]["progress"], frame["state"]["is_completed"]) == ("completed", 100.0, True)
    assert frame["state"]["stale_after"] is None


@pytest.mark.parametrize("kind", [Kind.FAIL, Kind.CANCEL])
def test_an_error_frame_carries_the_friendly_error_and_how_far_it_came(kind: Kind) -> None:
    ending = event(kind)
    frame = shown(live(running(), ev.Progressed(NOW, 42.0), ending))
    assert frame["type"] == "error"
    assert list(frame["state"]) == [*OPEN_STATE, "error", "reached"]
    assert frame["state"]["error"] == ending.error  # type: ignore[union-attr]
    assert (frame["state"]["progress"], frame["state"]["reached"]) == (0.0, 42.0)


def test_a_job_that_waits_for_its_retry_says_when() -> None:
    state = shown(live(running(), ev.RetryScheduled(NOW, NOW + 9, ERROR, keep_floor=False)))["state"]
    assert (state["status"], state["attempt"], state["retry_at"]) == ("pending", 2, "2027-01-15T08:00:09.000Z")


def test_a_result_frame_carries_the_state_only_when_it_is_the_newest_change() -> None:
    job = live(running(), event(Kind.RESULT))
    alone = orjson.loads(frames.result_frame(JOB, 3, "品牌", b'{"n":1}'))
    assert alone == {"type": "result", "job": JOB, "seq": 3, "key": "品牌", "data": {"n": 1}}
    newest = orjson.loads(frames.result_frame(JOB, 3, 0, b"null", job))
    assert list(newest) == ["type", "job", "seq", "key", "data", "state"]
    assert list(newest["state"]) == OPEN_STATE


@pytest.mark.parametrize(("size", "inline"), [(INLINE, True), (INLINE + 1, False)])
def test_data_above_32_kib_goes_by_url(size: int, inline: bool) -> None:
    text = b'"' + b"x" * (size - 2) + b'"'
    result = orjson.loads(frames.result_frame(JOB, 7, "k", text))
    state = shown(live(running(), event(Kind.RETURN)), text)["state"]
    if inline:
        assert (len(result["data"]), len(state["result"])) == (size - 2, size - 2)
        assert "data_url" not in result
        assert "result_url" not in state
    else:
        assert result["data_url"] == f"/v1/jobs/{JOB}/partial/7"
        assert state["result_url"] == f"/v1/jobs/{JOB}/result"
        assert "data" not in result
        assert "result" not in state


def test_a_feed_frame_is_marked_has_its_head_once_and_never_a_result() -> None:
    job = live(submitted(owner="lena"), ev.Changed(NOW, 0, ("a", "b")), event(Kind.CLAIM), event(Kind.RETURN))
    first, again = (orjson.loads(frames.feed_frame(job, first=one)) for one in (True, False))
    assert list(first) == ["type", "job", "seq", "state", "feed", "head"]
    assert first["feed"] is True
    assert first["head"] == {"type": "diagnose", "owner": "lena", "tags": ["a", "b"], "created_at": "2027-01-15T08:00:00.000Z"}
    assert "head" not in again
    assert "result" not in first["state"]
    assert orjson.loads(frames.gone_frame(JOB)) == {"type": "gone", "job": JOB, "feed": True}


def test_frames_of_the_connection_field_by_field() -> None:
    assert frames.hello(epoch="e", conn="c", ping=20, now=NOW) == {
        "type": "hello", "v": 1, "epoch": "e", "conn": "c", "ping": 20, "now": "2027-01-15T08:00:00.000Z", "auth": "ok",
    }  # fmt: skip
    assert frames.subscribed({"job:A": 3}) == {"type": "subscribed", "channels": {"job:A": 3}}
    assert frames.reset(JOB) == {"type": "reset", "job": JOB}
    told = Told({"p50": 3.0, "p90": 9.0}, {"position": 2, "wait": None})
    assert orjson.loads(frames.hint_frame(running(), told)) == {
        "type": "hint", "job": JOB, "queue": {"position": 2, "wait": None}, "eta": {"p50": 3.0, "p90": 9.0}
    }  # fmt: skip
    assert frames.ping() == {"type": "ping"}
    assert frames.bye(4200, "restart", retry_ms=3170) == {
        "type": "bye", "code": 4200, "retry_ms": 3170, "why": "restart", "stop": False,
    }  # fmt: skip


def test_a_problem_frame_speaks_both_languages_and_names_its_channel() -> None:
    kind = CATALOGUE["NOT_READY"]
    frame = frames.problem("NOT_READY", "job:A")
    assert frame == {
        "type": "problem",
        "code": "NOT_READY",
        "channel": "job:A",
        "title": kind.title,
        "message": kind.message,
        "action": "wait",
        "temporary": True,
        "retry_ms": 3000,
    }
    assert "channel" not in frames.problem("BAD_REQUEST")


@given(lives())
def test_a_state_without_result_is_small(life: list[tuple[ev.Event, Job]]) -> None:
    job = life[-1][1]
    state = frames.state(job)
    state.pop("error", None)
    assert len(orjson.dumps(state)) - len(orjson.dumps(job.message)) <= 320


FRAMES = st.lists(
    st.integers(2, MESSAGE).map(lambda size: b"1" * size) | st.binary(min_size=1, max_size=60).map(lambda b: b.hex().encode())
)


@given(FRAMES)
def test_messages_stay_below_48_kib_and_keep_the_order(encoded: list[bytes]) -> None:
    messages = list(frames.pack(encoded))
    assert all(len(message) <= MESSAGE for message in messages)
    unpacked = [one for message in messages for one in (message[1:-1].split(b",") if message[:1] == b"[" else [message])]
    assert unpacked == encoded


def test_one_frame_stays_an_object_and_several_become_an_array() -> None:
    assert list(frames.pack([])) == []
    assert list(frames.pack([b'{"a":1}'])) == [b'{"a":1}']
    assert list(frames.pack([b'{"a":1}', b'{"b":2}'])) == [b'[{"a":1},{"b":2}]']


def test_frames_are_packed_as_tightly_as_the_limit_allows() -> None:
    half = b"x" * ((MESSAGE - 3) // 2)
    assert len(list(frames.pack([half, half]))) == 1
    assert len(list(frames.pack([half, half + b"xx"]))) == 2


def test_the_largest_frame_there_can_be_fits_one_message() -> None:
    data = b'"' + b"x" * (INLINE - 2) + b'"'
    job = live(running(), ev.Progressed(NOW, 5.0, "\x01" * 900), ev.ResultKept(NOW, "k" * 200, data))
    assert len(frames.result_frame(JOB, job.seq, "k" * 200, data, job)) <= MESSAGE
