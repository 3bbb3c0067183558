"""Why a job is not moving: each reason alone, in zh and en, with the figures people ask for."""

from dataclasses import replace

import pytest

from jindu.core import events as ev
from jindu.core.job import Job
from jindu.core.states import Kind, Phase
from jindu.engine.why import Circumstances, reasons
from support.histories import ERROR, NOW, event, in_phase, live, running, submitted

FREE = Circumstances(
    now=NOW, draining=False, running=0, limit=10, type_running=0, type_limit=5, paused=False, ahead=0, held=False
)


def told(job: Job, **around: object) -> dict[str, str]:
    found = reasons(job, replace(FREE, **around))  # type: ignore[arg-type]
    assert all(any("\u4e00" <= letter <= "\u9fff" for letter in reason.zh) for reason in found)
    return {reason.code: reason.en for reason in found}


@pytest.mark.parametrize(
    ("around", "expected"),
    [
        ({}, {"starting": "diagnose: about to start"}),
        ({"type_running": 4, "type_limit": 4}, {"type_limit": "diagnose: 4/4 running"}),
        ({"running": 10}, {"global_limit": "all types: 10/10 running"}),
        ({"ahead": 3}, {"behind": "diagnose: behind 3 of higher rank"}),
        ({"paused": True, "ahead": 3}, {"paused": "diagnose: paused"}),
        ({"draining": True}, {"draining": "the server is stopping; it goes on after the restart"}),
        ({"type_limit": None}, {"unknown_type": "diagnose: this server has no such job type"}),
    ],
)
def test_a_job_that_waits(around: dict[str, object], expected: dict[str, str]) -> None:
    assert told(submitted(), **around) == expected


def test_all_that_crowds_is_told_together() -> None:
    found = told(submitted(), type_running=5, running=10, ahead=2)
    assert list(found) == ["type_limit", "global_limit", "behind"]


def test_a_retry_says_when_and_then_waits_like_others() -> None:
    job = live(running(max_attempts=3), ev.RetryScheduled(NOW, NOW + 8, ERROR, keep_floor=False))
    assert told(job, ahead=3) == {"retrying": "retrying in 8 s"}
    assert told(job, now=NOW + 7.5) == {"retrying": "retrying in 1 s"}
    assert list(told(job, now=NOW + 8, ahead=3)) == ["behind"]


def test_a_delayed_job_says_when() -> None:
    job = replace(submitted(), due_at=NOW + 60)
    assert told(job, paused=True) == {"paused": "diagnose: paused", "delayed": "delayed, starts in 60 s"}


def test_what_moves_or_ended_has_no_reason() -> None:
    for phase in (Phase.RUNNING, Phase.COMPLETED, Phase.FAILED, Phase.CANCELLED):
        assert told(in_phase(phase), ahead=5, type_running=5) == {}


def test_a_body_that_ignores_its_end_is_told() -> None:
    assert told(in_phase(Phase.CANCELLING)) == {"still_running": "still running after cancel"}
    assert "after cancel" in told(in_phase(Phase.CANCELLED), held=True)["still_running"]
    assert "after time-out" in told(live(running(), event(Kind.FAIL)), held=True)["still_running"]
